import { type DatasetState, type Job, jobIdOf, type LedgerEntry, type Outcome, STAGE_SCHEMAS } from '@geosluice/jobs';
import { z } from 'zod';
import { PipelineError } from '../error.ts';
import type { Patch, RecordOptions } from '../ledger/ledger.ts';
import { stateWhile } from '../queues.ts';

/** More jobs than one list job may give at once. */
const MAX_NEXT = 20_000;

/** What the ledger is told when a stage ended well: the state that follows from what comes next. */
export function patchOf(job: Job, outcome: Outcome): Patch {
  const record: Patch = { ...outcome.record };
  if (outcome.kind === 'next') {
    const next = outcome.jobs.find((one) => stateWhile(one) !== null);
    if (next !== undefined) record.job = { stage: next.stage, id: jobIdOf(next) };
    const state = next === undefined ? null : stateWhile(next);
    if (state !== null) record.state ??= state;
  }
  if (outcome.kind === 'done') {
    const state = stateAfter(job);
    if (state !== null) record.state ??= state;
  }
  return record;
}

/** Where a road ends when its stage names no next job. */
function stateAfter(job: Job): DatasetState | null {
  if (job.stage === 'discover') return null;
  if (job.kind === 'remove') return 'removed';
  return job.stage === 'register' ? 'visible' : null;
}

/** What is no longer there once a step of the road backwards is done. */
export function clearedBy(job: Job, outcome: Outcome): Array<'geonode' | 'layer' | 'object'> {
  if (job.kind !== 'remove' || outcome.kind === 'again') return [];
  if (job.stage === 'register') return ['geonode'] satisfies Array<keyof LedgerEntry>;
  if (job.stage === 'publish') return ['layer'];
  return job.mode === 'delete' ? ['object'] : [];
}

/** How an end is recorded. An upload does not bring a dataset back to life that a part of it was the death of. */
export function endOf(job: Job, outcome: Outcome): RecordOptions {
  const clear = clearedBy(job, outcome);
  const upload = job.stage === 'upload' && job.kind === 'add';
  return { ...(clear.length === 0 ? {} : { clear }), ...(upload ? { upTo: 'visible' } : {}) };
}

/**
 * Checks what a stage gives back.
 * @throws PipelineError OUTCOME_INVALID; it is a bug, and counts as a failed attempt
 */
export function checkOutcome(job: Job, outcome: Outcome): void {
  if (job.kind === 'part' && (outcome.kind !== 'done' || outcome.record !== undefined)) {
    refuse(job, 'gave more for a part than its end');
  }
  if (outcome.kind === 'done') return;
  const again = outcome.kind === 'again' && outcome.job !== undefined ? [outcome.job] : [];
  const jobs = [...again, ...(outcome.jobs ?? [])];
  if (jobs.length > MAX_NEXT) refuse(job, `gave ${jobs.length} jobs at once; at most ${MAX_NEXT}`);
  for (const one of jobs) {
    const schema = STAGE_SCHEMAS[one.stage];
    if (schema === undefined) refuse(job, `gave a job for the unknown stage ${String(one.stage)}`);
    const parsed = schema.safeParse(one);
    if (!parsed.success) refuse(job, `gave an invalid ${one.stage} job: ${z.prettifyError(parsed.error)}`);
    if (outcome.kind === 'again' && one.stage !== job.stage) refuse(job, `asked for ${one.stage} again`);
  }
}

function refuse(job: Job, what: string): never {
  throw new PipelineError('OUTCOME_INVALID', `the stage ${job.stage} ${what}`, { subject: jobIdOf(job) });
}
