import type { Log, Stage, StageName } from '@geosluice/jobs';
import { SILENT } from '@geosluice/jobs';
import type { Job as BullJob } from 'bullmq';
import type { Pipeline } from '../api.ts';
import { type Internals, internalsOf } from '../internals.ts';
import type { Backoff } from './backoff.ts';
import { createHold, type HoldOptions } from './hold.ts';
import { createIsolation } from './isolation.ts';
import type { JobRun } from './job-run.ts';
import type { RunnerMetrics } from './metrics.ts';
import { createOpening } from './opening.ts';
import { createProcessor, RetryLater } from './process-job.ts';
import { createRunLog } from './run-log.ts';
import { PollingWorker } from './worker.ts';

export interface StageRunnerOptions<S extends StageName> {
  /** From openPipeline; stays open when the runner closes. */
  pipeline: Pipeline;
  stage: S;
  run: Stage<S>;
  /** Jobs this worker runs at once. */
  concurrency: number;
  /** Jobs all workers of the stage run at once; unlimited where absent. The last to start decides. */
  globalConcurrency?: number;
  /** Runs of one job before it is dead; 8 where absent. */
  attempts?: number;
  /** 1 s to 5 minutes where absent. */
  backoff?: Backoff;
  /** How long the queue rests while its counterpart is down: 5 s to 5 minutes where absent. */
  hold?: Partial<HoldOptions>;
  /** A job whose worker is silent for so long is given to another; 30,000 where absent. */
  lockDurationMs?: number;
  /** Workers that may die over one job; 5 where absent. */
  maxCrashes?: number;
  /** List jobs rest while more jobs than this wait in all stages, so that a million files come in slices; 20,000. */
  maxBacklog?: number;
  log?: Log;
  metrics?: Partial<RunnerMetrics>;
  /** For tests: called at `ended`, `recorded`, `added` and `dead`. */
  probe?: (point: string) => void;
}

export interface StageRunner {
  readonly stage: StageName;
  /** Milliseconds since the worker last proved that it fetches jobs. More than a minute means: restart the process. */
  lastPolledMs(): number;
  /** Jobs under way in this worker. */
  active(): number;
  /** Stops fetching, aborts what runs, waits up to `graceMs` for it, and hands the rest back to the queue. */
  close(options: { graceMs: number }): Promise<void>;
}

const DEFAULT_BACKOFF: Backoff = { baseMs: 1_000, maxMs: 300_000 };
const DEFAULT_HOLD: HoldOptions = { baseMs: 5_000, maxMs: 300_000, probeMs: 30_000 };
/** Idle workers ask so often for jobs, and so often while the queue is held. */
const POLL_SECONDS = 5;
const CLOSE_MS = 5_000;

/** Starts a worker of one stage. It runs until it is closed. */
export async function runStage<S extends StageName>(options: StageRunnerOptions<S>): Promise<StageRunner> {
  const { pipeline, stage, log = SILENT, lockDurationMs = 30_000, metrics = {} } = options;
  const internals = internalsOf(pipeline);
  const { redis, keys, queues } = internals;
  const queue = queues.of(stage);
  const runs = new Map<string, JobRun<S>>();
  let closing: Promise<void> | null = null;

  if (options.globalConcurrency === undefined) await queue.removeGlobalConcurrency();
  else await queue.setGlobalConcurrency(options.globalConcurrency);

  const hold = { ...DEFAULT_HOLD, ...options.hold };
  const process = createProcessor<S>({
    ...{ stage, run: options.run, internals, queue, log, metrics, runs },
    hold: createHold(redis, keys, stage, hold),
    open: createOpening(redis, keys, stage, hold),
    runLog: createRunLog(redis, keys, stage),
    isolation: createIsolation(),
    attempts: options.attempts ?? 8,
    backoff: options.backoff ?? DEFAULT_BACKOFF,
    maxCrashes: options.maxCrashes ?? 5,
    maxBacklog: options.maxBacklog ?? 20_000,
    probe: options.probe ?? (() => {}),
    closing: () => closing !== null,
  });
  const under = new Set<Promise<void>>();
  const connection = internals.connect('worker');
  const worker = new PollingWorker(
    stage,
    async (job, token) => {
      const running = process(job, token ?? '');
      under.add(running);
      await running.finally(() => under.delete(running));
    },
    {
      ...{ connection, prefix: keys.root, concurrency: options.concurrency, lockDuration: lockDurationMs },
      stalledInterval: Math.max(250, lockDurationMs / 2),
      // BullMQ would fail a job at its second stall; crashes are counted here instead
      maxStalledCount: 1_000_000,
      drainDelay: POLL_SECONDS,
      maximumRateLimitDelay: POLL_SECONDS * 1_000,
      runRetryDelay: 1_000,
      // makes the worker heed the hold; the number itself is never reached
      limiter: { max: 1_000_000_000, duration: 1_000 },
      settings: { backoffStrategy: (_made, _type, error) => (error instanceof RetryLater ? error.delayMs : 1_000) },
    },
  );
  worker.on('error', (error) => log.warn({ stage, error: error.message }, 'Worker:Run:Error'));
  worker.on('stalled', () => metrics.stalled?.({ stage }));
  worker.on('failed', (job) => {
    if (job !== undefined) dropIfPast(internals, stage, job).catch(() => {});
  });
  let renewedAt = performance.now();
  worker.on('locksRenewed', ({ jobIds }) => {
    renewedAt = performance.now();
    for (const id of jobIds) {
      const run = runs.get(id);
      if (run !== undefined) run.lockSeen = renewedAt;
    }
  });
  worker.on('lockRenewalFailed', (ids) => {
    for (const id of ids) runs.get(id)?.interrupt('lock-lost');
  });
  // while Redis does not answer, a renewal neither fails nor succeeds
  const watch = setInterval(() => {
    const limit = performance.now() - lockDurationMs;
    for (const run of runs.values()) if (run.lockSeen < limit) run.interrupt('lock-lost');
  }, lockDurationMs / 4);
  watch.unref();
  await worker.waitUntilReady();
  log.info({ stage, concurrency: options.concurrency }, 'Worker:Run:Start');

  const close = async (graceMs: number): Promise<void> => {
    await worker.pause(true);
    for (const run of runs.values()) run.interrupt('shutdown');
    await within(graceMs, Promise.allSettled([...under]));
    for (const run of runs.values()) run.abandon();
    if (!(await within(CLOSE_MS, worker.close()))) log.warn({ stage }, 'Worker:Close:Forced');
    clearInterval(watch);
    connection.disconnect();
    log.info({ stage }, 'Worker:Close:Done');
  };

  return {
    stage,
    active: () => runs.size,
    lastPolledMs() {
      // a worker with its hands full does not fetch; then it lives as long as it renews its locks
      const last = runs.size > 0 ? Math.max(worker.polledAt, renewedAt) : worker.polledAt;
      return performance.now() - last;
    },
    async close({ graceMs }) {
      closing ??= close(graceMs);
      await closing;
    },
  };
}

/** A new generation may be taken between the ledger's word that a job is dead and BullMQ's: then it is history already. */
async function dropIfPast({ ledger, queues }: Internals, stage: StageName, job: BullJob): Promise<void> {
  const { dataset } = job.data as { dataset?: string };
  const view = dataset === undefined ? null : await ledger.view(dataset);
  const id = job.id ?? '';
  if (view === null || (view.failed?.stage === stage && view.failed.id === id)) return;
  await queues.dropFailed([{ stage, id }]);
}

/** @returns whether it ended in time */
async function within(ms: number, what: Promise<unknown>): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => resolve(false), ms);
  what.then(
    () => resolve(true),
    () => resolve(true),
  );
  return await promise.finally(() => clearTimeout(timer));
}
