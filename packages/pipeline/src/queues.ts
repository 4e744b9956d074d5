import {
  type DatasetState,
  datasetOf,
  type Job,
  jobIdOf,
  type Priority,
  STAGES,
  type StageName,
} from '@geosluice/jobs';
import { ErrorCode, type JobsOptions, Queue } from 'bullmq';
import type { QueueCounts, Queues } from './api.ts';
import { asPipelineError } from './error.ts';
import type { Keys } from './keys.ts';
import type { FailedJob } from './ledger/codec.ts';
import type { Client } from './redis.ts';
import { runScript, script } from './script.ts';

/** BullMQ takes jobs without a priority before all others, and then lower numbers first. */
const PRIORITIES: Record<Priority, number> = { interactive: 0, bulk: 10, reconcile: 20 };
/** A thousand parts of one file that a person asked for go behind whatever else people ask for, and before all in bulk. */
const INTERACTIVE_PART = 5;
/** Longer than a job runs that is about to sleep. */
const WOKEN_MS = 3_600_000;
const CHUNK = 500;
/** Nobody reads BullMQ's own streams of events, ten thousand of which it would keep for each queue. */
const BULLMQ_EVENTS = 100;

/** Takes jobs out of a failed set, and never one that waits or runs again under the same id. */
const DROP_FAILED = script(`
local dropped = 0
for i = 1, #ARGV do
  if redis.call('ZREM', KEYS[1] .. ':failed', ARGV[i]) == 1 then
    local job = KEYS[1] .. ':' .. ARGV[i]
    redis.call('DEL', job, job .. ':logs', job .. ':dependencies', job .. ':processed', job .. ':failed',
      job .. ':unsuccessful')
    dropped = dropped + 1
  end
end
return dropped
`);

/** Where a job stands; null where the queue does not hold it. */
export type JobStanding = 'waiting' | 'active' | 'delayed' | 'failed' | null;

export interface InternalQueues extends Queues {
  /** `delayMs`: not before then. */
  add(jobs: readonly Job[], delayMs?: number): Promise<void>;
  of(stage: StageName): Queue;
  standing(stage: StageName, id: string): Promise<JobStanding>;
  dropFailed(jobs: readonly FailedJob[]): Promise<void>;
  /** Moves a stored failed job back, with fresh attempts. @returns false where it is not there */
  retryFailed(stage: StageName, id: string): Promise<boolean>;
  /** Runs a job now that sleeps, or does not let it lie down where it runs; no other job is touched. */
  wake(stage: StageName, id: string): Promise<void>;
  /** To be called when a job has just been put to sleep: wakes it where that was asked for while it ran. */
  wakeIfAsked(stage: StageName, id: string): Promise<void>;
  /** Jobs of all stages that wait to be begun; what waits for a time of its own in discover and register is left out. */
  backlog(): Promise<number>;
  close(): Promise<void>;
}

/**
 * Options of every job. Attempts and back-off are the runner's to decide, so BullMQ gets a number that it never reaches.
 * The failed ones of a dataset stay, as its dead letter; a list job has none: its next scan is its retry. Nor has a part
 * job: its dead letter is the upload job's.
 */
export function jobOptionsOf(job: Job): JobsOptions {
  const list = job.stage === 'discover' && job.kind === 'list';
  const part = job.kind === 'part';
  const asked = PRIORITIES[job.options.priority ?? (list ? 'bulk' : 'interactive')];
  const priority = part ? Math.max(asked, INTERACTIVE_PART) : asked;
  return {
    jobId: jobIdOf(job),
    ...(priority === 0 ? {} : { priority }),
    attempts: 1_000_000,
    backoff: { type: 'geosluice' },
    removeOnComplete: true,
    removeOnFail: list || part,
    stackTraceLimit: 3,
  };
}

export function createQueues(redis: Client, keys: Keys, onError: (error: Error) => void): InternalQueues {
  const queues = new Map(
    STAGES.map((stage) => {
      const queue = new Queue(stage, {
        ...{ connection: redis, prefix: keys.root, skipVersionCheck: true },
        streams: { events: { maxLen: BULLMQ_EVENTS } },
      });
      queue.on('error', onError);
      return [stage, queue] as const;
    }),
  );
  const of = (stage: StageName): Queue => {
    const queue = queues.get(stage);
    if (queue === undefined) throw new Error(`no queue is named ${stage}`);
    return queue;
  };
  const promote = async (stage: StageName, id: string): Promise<void> => {
    const job = await of(stage).getJob(id);
    await job?.promote().catch((error: unknown) => {
      // it does not sleep any more
      if ((error as { code?: number }).code !== ErrorCode.JobNotInState) throw error;
    });
  };
  const dropFailed: InternalQueues['dropFailed'] = async (jobs) => {
    for (const stage of STAGES) {
      const ids = jobs.filter((job) => job.stage === stage).map(({ id }) => id);
      if (ids.length > 0) await runScript(redis, DROP_FAILED, [`${keys.root}:${stage}`], ids);
    }
  };

  return {
    of,
    dropFailed,
    async add(jobs, delayMs) {
      try {
        for (const stage of STAGES) {
          const own = jobs.filter((job) => job.stage === stage);
          for (let from = 0; from < own.length; from += CHUNK) {
            const slice = own.slice(from, from + CHUNK);
            await dropFailed(slice.map((job) => ({ stage, id: jobIdOf(job) })));
            const delay = delayMs === undefined ? {} : { delay: delayMs };
            const opts = (data: Job): JobsOptions => ({ ...jobOptionsOf(data), ...delay });
            await of(stage).addBulk(slice.map((data) => ({ name: data.kind, data, opts: opts(data) })));
          }
        }
      } catch (error) {
        throw asPipelineError(error);
      }
    },
    async counts() {
      const each = await Promise.all(STAGES.map(async (stage) => [stage, await countsOf(redis, keys, stage)] as const));
      return Object.fromEntries(each) as Record<StageName, QueueCounts>;
    },
    async standing(stage, id) {
      const state = await of(stage).getJobState(id);
      if (state === 'waiting' || state === 'prioritized' || state === 'waiting-children') return 'waiting';
      return state === 'active' || state === 'delayed' || state === 'failed' ? state : null;
    },
    async retryFailed(stage, id) {
      if ((await redis.zscore(keys.failed(stage), id)) === null) return false;
      const job = await of(stage).getJob(id);
      if (job === undefined) return false;
      // its starts stay: the runs that failed may have left something behind
      await job.retry('failed', { resetAttemptsMade: true });
      return true;
    },
    async wake(stage, id) {
      // the mark first: a job that has not lain down yet looks for it once it has
      await redis.set(keys.woken(stage, id), '1', 'PX', WOKEN_MS);
      await promote(stage, id);
    },
    async wakeIfAsked(stage, id) {
      if ((await redis.del(keys.woken(stage, id))) === 1) await promote(stage, id);
    },
    async backlog() {
      const pipeline = redis.pipeline();
      for (const stage of STAGES) {
        pipeline.llen(`${keys.root}:${stage}:wait`).zcard(`${keys.root}:${stage}:prioritized`);
        // of many removals most have not begun, and keep nothing from coming in
        if (stage !== 'discover' && stage !== 'register') pipeline.zcard(`${keys.root}:${stage}:delayed`);
      }
      const answers = (await pipeline.exec()) ?? [];
      return answers.reduce((sum, [, count]) => sum + Number(count ?? 0), 0);
    },
    async close() {
      await Promise.all([...queues.values()].map((queue) => queue.close()));
    },
  };
}

/** BullMQ keeps a delayed job under its milliseconds times this. */
const DELAYED_SCALE = 4_096;

/** All of it at one moment, by Redis's own clock. */
const COUNTS = script(`
local q = KEYS[1]
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local held = tonumber(redis.call('HGET', KEYS[2], 'until') or '0') - now
local due = string.format('(%.0f', (now + 1) * ${DELAYED_SCALE})
return {
  redis.call('LLEN', q .. ':wait'), redis.call('ZCARD', q .. ':prioritized'), redis.call('ZCARD', q .. ':delayed'),
  redis.call('ZCOUNT', q .. ':delayed', '-inf', due), redis.call('LLEN', q .. ':active'),
  redis.call('ZCARD', q .. ':failed'), redis.call('HEXISTS', q .. ':meta', 'paused'), math.max(0, held)
}
`);

async function countsOf(redis: Client, keys: Keys, stage: StageName): Promise<QueueCounts> {
  try {
    const answer = await runScript(redis, COUNTS, [`${keys.root}:${stage}`, keys.hold(stage)], []);
    const [waiting, prioritized, delayed, due, active, failed, paused, heldForMs] = (answer as unknown[]).map(Number);
    return { waiting, prioritized, delayed, due, active, failed, paused: paused === 1, heldForMs } as QueueCounts;
  } catch (error) {
    throw asPipelineError(error);
  }
}

/** The state of a dataset while this job waits or runs. */
export function stateWhile(job: Job): DatasetState | null {
  if (datasetOf(job) === undefined || job.stage === 'discover' || job.kind === 'part') return null;
  if (job.kind === 'remove') return 'removing';
  return job.stage === 'upload' ? 'uploading' : job.stage === 'publish' ? 'publishing' : 'registering';
}
