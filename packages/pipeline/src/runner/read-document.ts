import { type Log, mainJobIdOf, NewerJob, Reject, readJob, type StageJobs, type StageName } from '@geosluice/jobs';
import { type Job as BullJob, UnrecoverableError } from 'bullmq';
import type { Internals } from '../internals.ts';
import { delayed } from './hand-back.ts';
import type { RunnerMetrics } from './metrics.ts';

/** Milliseconds before a job of a newer build is offered again. */
const NEWER_MS = 30_000;

interface Parts<S extends StageName> {
  stage: S;
  internals: Internals;
  log: Log;
  metrics: Partial<RunnerMetrics>;
}

/**
 * Reads the document of a job; a newer one waits for a newer worker, an invalid one is a dead letter.
 * @returns null where it was an invalid part, which ends quietly: the dead letter is its upload job's
 */
export async function readDocument<S extends StageName>(
  { stage, internals, log, metrics }: Parts<S>,
  bull: BullJob,
  token: string,
): Promise<StageJobs[S] | null> {
  try {
    return readJob(stage, bull.data);
  } catch (error) {
    if (error instanceof NewerJob) {
      log.warn({ stage, job: bull.id, error: error.message }, 'Job:Read:Newer');
      return await delayed(bull, token, NEWER_MS);
    }
    if (!(error instanceof Reject)) throw error;
    const { code, message } = error;
    const raw = (typeof bull.data === 'object' && bull.data !== null ? bull.data : {}) as Record<string, unknown>;
    const view = typeof raw.dataset === 'string' ? await internals.ledger.view(raw.dataset) : null;
    const main = raw.kind === 'part' ? mainJobIdOf(raw as Parameters<typeof mainJobIdOf>[0]) : null;
    if (typeof raw.dataset === 'string' && view !== null) {
      const generation = typeof raw.generation === 'number' ? raw.generation : view.generation;
      const reason = { code, message, stage };
      const options = {
        failed: { stage, id: main ?? bull.id ?? '' },
        ...(main === null ? {} : { upTo: 'uploading' as const }),
      };
      await internals.ledger.record(
        ...([raw.dataset, generation, { state: 'dead', reason, lastError: message }, { stage, error: code }] as const),
        options,
      );
    } else if (typeof raw.ingestion === 'string') {
      await internals.ledger.problem(raw.ingestion, { source: '', code, message });
    }
    metrics.dead?.({ stage, code });
    log.error({ stage, job: bull.id, error: message }, 'Job:Read:Invalid');
    if (main === null) throw new UnrecoverableError(`${code}: ${message}`);
    await internals.queues.wake(stage, main);
    return null;
  }
}
