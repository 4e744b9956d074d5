import { type Job, type PartJob, STAGES, STATES, type StageName } from '@geosluice/jobs';
import type { StartView } from '../ledger/view.ts';

/**
 * What to do with a job before its stage is called.
 * `run`; `superseded`: a higher generation is known; `finished`: a later stage has already recorded something, so this
 * one ended and only its completion was lost; `failed`: it was recorded as dead, and only BullMQ has not heard of it;
 * `unknown`: the ledger lost the dataset, and the job brings it back.
 */
export type Start = 'run' | 'superseded' | 'finished' | 'failed' | 'unknown';

export function decideStart(job: Job, jobId: string, view: StartView | null): Start {
  if (job.stage === 'discover') {
    if (job.kind === 'list' || view === null || view.takenBy !== jobId) return 'run';
    return walked(job.stage, view, false);
  }
  if (job.kind === 'part') return partStart(job, view);
  if (view === null) return 'unknown';
  if (view.generation > job.generation) return 'superseded';
  if (view.generation < job.generation) return 'run';
  if (view.state === 'removed') return 'finished';
  return walked(job.stage, view, job.kind === 'remove');
}

/** A part helps a dataset that is being uploaded; its upload job, if there is one, is asked for everything else. */
function partStart(job: PartJob, view: StartView | null): Start {
  if (view === null) return 'finished';
  if (view.generation !== job.generation) return view.generation > job.generation ? 'superseded' : 'run';
  return STATES.indexOf(view.state) > STATES.indexOf('uploading') ? 'finished' : 'run';
}

function walked(stage: StageName, { by, state }: StartView, backwards: boolean): Start {
  const ahead = STAGES.indexOf(by as StageName) - STAGES.indexOf(stage);
  if (by !== '' && (backwards ? ahead < 0 : ahead > 0)) return 'finished';
  return by === stage && state === 'dead' ? 'failed' : 'run';
}
