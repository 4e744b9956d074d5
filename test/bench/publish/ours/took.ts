import { Redis } from 'ioredis';

/** When jobs of a queue began and ended, from the stream that BullMQ writes; all by the clock of Redis. */
export interface Took {
  /** Seconds from the first begin to the last end. */
  seconds: number;
  /** Milliseconds of each job from its begin to its end. */
  jobs: number[];
}

/** Of the stream: id, then fields and values in turn. */
type Entry = readonly [id: string, fields: readonly string[]];

const MOST_EVENTS = 1_000_000;

/** @param entries oldest first; a job whose begin is not among them is not counted */
export function tookOf(entries: readonly Entry[]): Took {
  const begun = new Map<string, number>();
  const jobs: number[] = [];
  let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const [id, fields] of entries) {
    const field = (name: string): string =>
      fields[fields.findIndex((one, at) => at % 2 === 0 && one === name) + 1] ?? '';
    const [at, job] = [Number(id.split('-')[0]), field('jobId')];
    if (field('event') === 'active') {
      // who is taken up again has begun already
      if (!begun.has(job)) begun.set(job, at);
      first = Math.min(first, at);
    }
    if (field('event') === 'completed') {
      const from = begun.get(job);
      if (from !== undefined) jobs.push(at - from);
      last = Math.max(last, at);
    }
  }
  return { seconds: (last - first) / 1000, jobs };
}

export interface Following {
  /** Once all jobs have ended. @throws Error where begins or ends of some are not in the stream */
  took(jobs: number): Promise<Took>;
  stop(): void;
}

/** Has a queue keep its whole stream from now on; its last hundred entries are all that a deployment keeps. */
export async function followJobs(url: string, prefix: string, queue: string): Promise<Following> {
  const redis = new Redis(url);
  const stream = `{${prefix}}:${queue}:events`;
  await redis.hset(`{${prefix}}:${queue}:meta`, 'opts.maxLenEvents', MOST_EVENTS);
  const [before] = await redis.xrevrange(stream, '+', '-', 'COUNT', 1);
  return {
    async took(jobs) {
      const took = tookOf(await redis.xrange(stream, before === undefined ? '-' : `(${before[0]}`, '+'));
      if (took.jobs.length !== jobs) throw new Error(`the stream told of ${took.jobs.length} whole jobs of ${jobs}`);
      return took;
    },
    stop: () => redis.disconnect(),
  };
}
