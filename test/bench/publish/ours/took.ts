import { Redis } from 'ioredis';

/** When jobs of a queue began and ended, from the stream that BullMQ keeps; all by the clock of Redis. */
export interface Took {
  /** Seconds from the first begin to the last end. */
  seconds: number;
  /** Milliseconds of each job from its begin to its end. */
  jobs: number[];
}

/** @param entries of the stream, oldest first: id, then fields and values in turn */
export function tookOf(entries: ReadonlyArray<readonly [id: string, fields: readonly string[]]>): Took {
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
      jobs.push(at - (begun.get(job) ?? at));
      last = Math.max(last, at);
    }
  }
  return { seconds: (last - first) / 1000, jobs };
}

export async function readTook(url: string, prefix: string, queue: string): Promise<Took> {
  const redis = new Redis(url);
  try {
    return tookOf(await redis.xrange(`{${prefix}}:${queue}:events`, '-', '+'));
  } finally {
    redis.disconnect();
  }
}
