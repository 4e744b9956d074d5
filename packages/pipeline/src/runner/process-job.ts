import {
  describeLocation,
  type Job,
  type Log,
  mainJobIdOf,
  type Outcome,
  Reject,
  SETTLED,
  type Stage,
  type StageName,
} from '@geosluice/jobs';
import { type Job as BullJob, type Queue, RateLimitError, UnrecoverableError, WaitingError } from 'bullmq';
import { isAway } from '../error.ts';
import type { Internals } from '../internals.ts';
import type { Recorded, RecordOptions } from '../ledger/ledger.ts';
import type { StartView } from '../ledger/view.ts';
import { checkOutcome, endOf, patchOf } from './advance.ts';
import { type Backoff, fullHouseMs, retryDelayMs } from './backoff.ts';
import { decideError, type Verdict } from './decide-error.ts';
import { decideStart } from './decide-start.ts';
import { asleep, delayed, putBack } from './hand-back.ts';
import type { Hold } from './hold.ts';
import type { Isolation } from './isolation.ts';
import { JobRun } from './job-run.ts';
import type { RunnerMetrics, RunOutcome } from './metrics.ts';
import type { Opened, OpeningRun } from './opening.ts';
import { readDocument } from './read-document.ts';
import type { RunLog } from './run-log.ts';

export interface ProcessorParts<S extends StageName> {
  stage: S;
  run: Stage<S>;
  internals: Internals;
  queue: Queue;
  hold: Hold;
  open(run: OpeningRun): Promise<Opened>;
  runLog: RunLog;
  isolation: Isolation;
  attempts: number;
  backoff: Backoff;
  maxCrashes: number;
  maxBacklog: number;
  log: Log;
  metrics: Partial<RunnerMetrics>;
  probe: (point: string) => void;
  /** Runs under way, by id of their job; the life of the worker looks at them. */
  runs: Map<string, JobRun<S>>;
  closing(): boolean;
}

/** BullMQ puts the job back after this long; the attempt is burnt. */
export class RetryLater extends Error {
  readonly delayMs: number;
  constructor(message: string, delayMs: number, stack: string | undefined) {
    super(message);
    this.name = 'RetryLater';
    this.delayMs = delayMs;
    if (stack !== undefined) this.stack = stack;
  }
}

/** A content that changed under the eyes of a stage is looked at again after this. */
const CHANGED_MS = 2_000;
/** What goes wrong with a part is of no account once the file is whole, or given up. */
const OF_PART = { upTo: 'uploading' } as const satisfies RecordOptions;

/** Takes one job from BullMQ's hands to one of its ends: completed, delayed, back in the queue, or failed. */
export function createProcessor<S extends StageName>(
  parts: ProcessorParts<S>,
): (bull: BullJob, token: string) => Promise<void> {
  return async (bull, token) => {
    const jobId = bull.id ?? '';
    if (parts.closing()) return await putBack(parts, bull, token);
    const job = await readDocument(parts, bull, token);
    if (job === null) return;
    const { ledger } = parts.internals;
    const attempt = bull.attemptsMade + 1;
    const run = new JobRun<S>({ job, jobId, token, attempt, generation: 0, ledger });
    parts.runs.set(jobId, run);
    try {
      await processRun(parts, bull, run);
    } catch (error) {
      // Redis itself is away: nothing can be told, so nothing is; the lock runs out and the job comes back
      if (isAway(error)) {
        // sent once Redis is back: its absence is no crash of ours
        parts.runLog.ended(jobId).catch(() => {});
        throw new WaitingError();
      }
      throw error;
    } finally {
      if (parts.runs.get(jobId) === run) parts.runs.delete(jobId);
    }
  };
}

async function processRun<S extends StageName>(parts: ProcessorParts<S>, bull: BullJob, run: JobRun<S>): Promise<void> {
  const { hold, runLog, internals, queue } = parts;
  const job = run.job as Job;
  const list = job.stage === 'discover' && job.kind === 'list';
  let probe = false;
  let well = false;
  let downAgain = false;
  let outcome: RunOutcome | null = 'lost';
  const unlessStopped = async (): Promise<void> => {
    if (run.interrupted === 'lock-lost') throw new WaitingError();
    if (run.interrupted !== 'shutdown' && !parts.closing()) return;
    outcome = 'handed-back';
    await putBack(parts, bull, run.token);
  };
  // counted as begun only once it has its turn: what still waits is no suspect when its worker dies
  let leave = await parts.isolation.enter(false);
  try {
    await unlessStopped();
    const { token, jobId, dataset } = run;
    const opened = await parts.open({ token, jobId, dataset, begin: !list, again: run.attempt > 1 });
    if (opened.kind === 'held') {
      outcome = null;
      await queue.rateLimit(opened.ms);
      throw new RateLimitError();
    }
    probe = opened.kind === 'probe';
    run.attempt = Math.max(1, run.attempt - opened.forgiven);
    run.first = opened.first;
    let { crashes, view } = opened;
    if (crashes > 0) {
      leave();
      leave = await parts.isolation.enter(true);
      await unlessStopped();
    }
    if (list && (await internals.queues.backlog()) > parts.maxBacklog) {
      outcome = 'held';
      await delayed(bull, run.token, fullHouseMs(await queue.getDelayedCount()));
    }
    if (!opened.begun) {
      crashes = await runLog.started(jobId);
      if (dataset !== undefined) view = await internals.ledger.view(dataset);
    }
    if (list) await internals.redis.sadd(internals.keys.open(job.ingestion), jobId);
    const start = await begin(parts, run, view);
    if (start !== 'run') {
      outcome = start === 'superseded' ? 'superseded' : 'done';
      return await finished(parts, run);
    }
    if (crashes >= parts.maxCrashes) {
      outcome = 'dead';
      const message = `${crashes} workers died while they worked on this job`;
      return await buried(parts, run, { kind: 'dead', code: 'WORKER_CRASHED', message });
    }
    let result: Outcome | 'handed-back';
    try {
      result = await run.call(parts.run, logOf(parts.log, run));
      parts.probe('ended');
      if (result !== 'handed-back') checkOutcome(job, result);
    } catch (error) {
      if (run.interrupted === 'lock-lost') throw new WaitingError();
      // neither a shutdown nor a Redis that was away is a failure of the job
      const notItsFault = run.interrupted === 'shutdown' ? !(error instanceof Reject) : isAway(error);
      if (notItsFault) result = 'handed-back';
      else {
        const verdict = await judged(parts, bull, run, error);
        outcome = verdict.kind;
        downAgain = verdict.kind === 'retry' && verdict.down;
        return await failed(parts, bull, run, verdict);
      }
    }
    if (result === 'handed-back') {
      outcome = 'handed-back';
      await runLog.ended(run.jobId);
      return await putBack(parts, bull, run.token);
    }
    well = result.kind !== 'again';
    outcome = result.kind;
    await settled(parts, bull, run, result);
  } finally {
    leave();
    if (probe && !downAgain) {
      await hold.probed(run.token, well);
      await queue.removeRateLimitKey();
    }
    if (outcome !== null) {
      const ms = performance.now() - run.startedAt;
      parts.metrics.ran?.({ stage: parts.stage, kind: run.job.kind, outcome, ms });
    }
  }
}

/** Fences the job at its start, and brings back to the ledger what it lost. */
async function begin<S extends StageName>(
  parts: ProcessorParts<S>,
  run: JobRun<S>,
  view: StartView | null,
): Promise<'run' | 'superseded' | 'finished'> {
  const job = run.job as Job;
  const start = decideStart(job, run.jobId, view);
  run.generation = job.stage === 'discover' ? (view?.generation ?? 0) : job.generation;
  if (job.stage === 'discover' && view?.takenBy === run.jobId) run.adopted = true;
  if (start === 'failed') return await deadAlready(parts, run);
  if (start === 'unknown' || (view === null && job.stage === 'discover' && job.kind === 'inspect')) {
    await enter(parts, job);
  }
  return start === 'unknown' ? 'run' : start;
}

/** The ledger says so already, since its worker died, or another job of the dataset could not go on. */
async function deadAlready<S extends StageName>(parts: ProcessorParts<S>, run: JobRun<S>): Promise<never> {
  await laidDown(parts, run);
  throw new UnrecoverableError('recorded as dead before');
}

async function enter<S extends StageName>(parts: ProcessorParts<S>, job: Job): Promise<void> {
  if (!('location' in job)) return;
  const { dataset, location, ingestion, options } = job;
  await parts.internals.ledger.enter([{ dataset, location, ingestion, options }]);
}

/** Ledger first, then what comes next, and only then may BullMQ complete the job. */
async function settled<S extends StageName>(
  parts: ProcessorParts<S>,
  bull: BullJob,
  run: JobRun<S>,
  outcome: Outcome,
): Promise<void> {
  const job = run.job as Job;
  const { internals } = parts;
  const note = outcome.note === undefined ? {} : { note: outcome.note };
  if (outcome.kind === 'again') {
    if (outcome.record !== undefined || outcome.note !== undefined) {
      // a settling look or a wait for a sidecar is of a dataset that has not begun, or of one that goes on as it is
      const answer = await recorded(parts, run, patchOf(job, outcome), note, { once: true });
      if (answer === 'superseded') return await finished(parts, run);
      if (answer === 'lost') throw new WaitingError();
    }
    if (outcome.jobs !== undefined) {
      await internals.admit(outcome.jobs);
      parts.probe('added');
    }
    await parts.runLog.slept(run.jobId, bull.attemptsMade);
    if (outcome.job !== undefined) await bull.updateData(outcome.job);
    return await asleep(parts, bull, run.token, outcome.afterMs);
  }
  // a thousand parts must not push the rest out of the dataset's history
  const answer =
    job.kind === 'part'
      ? unlessLost(run)
      : await recorded(parts, run, patchOf(job, outcome), note, endOf(job, outcome));
  if (answer === 'superseded') return await finished(parts, run);
  if (answer === 'lost') throw new WaitingError();
  if (answer === 'past') return await deadAlready(parts, run);
  parts.probe('recorded');
  if (outcome.kind === 'done' && outcome.wake !== undefined) {
    await internals.queues.wake(parts.stage, outcome.wake);
    parts.probe('woken');
  }
  if (outcome.kind === 'next') {
    await internals.admit(outcome.jobs);
    parts.probe('added');
  }
  await finished(parts, run);
}

async function recorded<S extends StageName>(
  { internals, stage }: ProcessorParts<S>,
  run: JobRun<S>,
  patch: Parameters<Internals['ledger']['record']>[2],
  step: { note?: string; error?: string },
  options: RecordOptions = {},
): Promise<Exclude<Recorded, 'unknown'>> {
  if (run.dataset === undefined) return unlessLost(run);
  const guard = { key: internals.keys.lock(stage, run.jobId), token: run.token };
  const attempt = run.attempt > 1 ? { attempt: run.attempt } : {};
  const line = { stage, ...attempt, ...step };
  const answer = await internals.ledger.record(run.dataset, run.generation, patch, line, { guard, ...options });
  return answer === 'unknown' ? 'superseded' : answer;
}

function unlessLost<S extends StageName>(run: JobRun<S>): 'applied' | 'lost' {
  return run.interrupted === 'lock-lost' ? 'lost' : 'applied';
}

async function judged<S extends StageName>(
  parts: ProcessorParts<S>,
  bull: BullJob,
  run: JobRun<S>,
  error: unknown,
): Promise<Verdict & { holdMs?: number }> {
  const context = { attempt: run.attempt, attempts: parts.attempts, outages: 0 };
  const verdict = decideError(error, context);
  if (verdict.kind !== 'retry' || !verdict.down) return verdict;
  const { counterpart, code, retryAfterMs } = verdict;
  const { ms, epoch } = await parts.hold.down({ counterpart, code, atLeastMs: retryAfterMs ?? 0 });
  await parts.queue.rateLimit(ms);
  parts.metrics.held?.({ stage: parts.stage, counterpart, code, ms });
  parts.log.warn({ stage: parts.stage, counterpart, code, ms, job: bull.id }, 'Queue:Hold:Start');
  const outages = await parts.runLog.metOutage(run.jobId, epoch);
  return { ...decideError(error, { ...context, outages }), holdMs: ms };
}

async function failed<S extends StageName>(
  parts: ProcessorParts<S>,
  bull: BullJob,
  run: JobRun<S>,
  verdict: Verdict & { holdMs?: number },
): Promise<void> {
  if (verdict.kind === 'superseded') return await superseded(parts, run);
  if (verdict.kind === 'dead') return await buried(parts, run, verdict);
  const { code, message, down, retryAfterMs, stack } = verdict;
  const log = logOf(parts.log, run);
  const part = run.job.kind === 'part';
  const error = part ? code : `${code}: ${message}`;
  const answer = await recorded(parts, run, { lastError: message }, { error }, part ? { ...OF_PART, once: true } : {});
  if (answer === 'superseded' || answer === 'past') return await finished(parts, run);
  if (answer === 'lost') throw new WaitingError();
  await parts.runLog.ended(run.jobId);
  // not back to the head of the queue: the next probe is another job's, so that this one cannot hold all others for ever
  if (down) return await delayed(bull, run.token, verdict.holdMs ?? 0);
  const delayMs = retryDelayMs(run.attempt, parts.backoff, retryAfterMs);
  parts.metrics.retried?.({ stage: parts.stage, code, attempt: run.attempt, delayMs });
  log.warn({ code, error: message, delayMs, ...(stack === undefined ? {} : { stack }) }, 'Job:Run:Retry');
  throw new RetryLater(`${code}: ${message}`, delayMs, stack);
}

/**
 * The ledger first; then BullMQ keeps the job in its failed set, where `asItWas` finds it. For a part that is its upload
 * job, which is woken to get there; the part itself ends.
 */
async function buried<S extends StageName>(
  parts: ProcessorParts<S>,
  run: JobRun<S>,
  { code, message, stack }: Extract<Verdict, { kind: 'dead' }>,
): Promise<never | void> {
  const job = run.job as Job;
  const { stage, internals } = parts;
  if (job.stage === 'discover' && job.kind === 'list') {
    await internals.ledger.problem(job.ingestion, { source: describeLocation(job.source), code, message });
  } else {
    const reason = { code, message, stage, ...(stack === undefined ? {} : { stack }) };
    const bump = job.stage === 'discover' && !run.adopted;
    const failed = { stage, id: job.kind === 'part' ? mainJobIdOf(job) : run.jobId };
    const answer = await recorded(
      ...([parts, run, { state: 'dead', reason, lastError: message }, { error: `${code}: ${message}` }] as const),
      { failed, bump, ...(job.kind === 'part' ? OF_PART : {}) },
    );
    if (answer === 'superseded' || answer === 'past') return await finished(parts, run);
    if (answer === 'lost') throw new WaitingError();
  }
  parts.probe('dead');
  parts.metrics.dead?.({ stage, code });
  logOf(parts.log, run).warn({ code, error: message }, 'Job:Run:Dead');
  if (job.kind === 'part') await internals.queues.wake(stage, mainJobIdOf(job));
  await laidDown(parts, run);
  if (job.kind !== 'part') throw new UnrecoverableError(`${code}: ${message}`);
}

/** Ends quietly; and where nothing newer is on its way after all, the dataset is looked at once more. */
async function superseded<S extends StageName>(parts: ProcessorParts<S>, run: JobRun<S>): Promise<void> {
  const { ledger, restart } = parts.internals;
  const view = run.dataset === undefined ? null : await ledger.view(run.dataset);
  const newest = view !== null && view.generation <= run.generation;
  if (run.dataset !== undefined && newest && !SETTLED.has(view.state) && view.state !== 'removing') {
    // many parts see the change, and it is one
    const once = run.job.kind === 'part' ? { nonce: `changed${run.generation}` } : {};
    await restart.inspect(run.dataset, { reason: 'event', delayMs: CHANGED_MS, ...once });
  }
  await finished(parts, run);
}

/** Its job is BullMQ's to complete, and goes with all that is remembered of it. */
async function finished<S extends StageName>({ internals }: ProcessorParts<S>, run: JobRun<S>): Promise<void> {
  await internals.ended(run.job as Job, run.jobId);
}

/** Its job stays in the failed set: if it is tried again, then with fresh attempts. */
async function laidDown<S extends StageName>(parts: ProcessorParts<S>, run: JobRun<S>): Promise<void> {
  await Promise.all([parts.runLog.forget(run.jobId), finished(parts, run)]);
}

function logOf<S extends StageName>(log: Log, { job, jobId, attempt, generation }: JobRun<S>): Log {
  const about = {
    ...{ stage: job.stage, job: jobId, attempt, ingestion: job.ingestion },
    ...('dataset' in job ? { dataset: job.dataset } : {}),
    ...('version' in job ? { version: job.version, generation } : {}),
  };
  return {
    debug: (data, event) => log.debug({ ...about, ...data }, event),
    info: (data, event) => log.info({ ...about, ...data }, event),
    warn: (data, event) => log.warn({ ...about, ...data }, event),
    error: (data, event) => log.error({ ...about, ...data }, event),
  };
}
