import type { DatasetState, StageName, Step } from '@geosluice/jobs';

/** A line of history as the scripts write it: fields at the end are left out where they say nothing. */
type Line = [
  ms: number,
  generation: number,
  state: DatasetState,
  stage?: string,
  note?: string,
  error?: string,
  attempt?: number,
];

/** @param text a line of history; as a whole step where an earlier version wrote it */
export function readStep(text: string): Step {
  const line = JSON.parse(text) as Line | Step;
  if (!Array.isArray(line)) return line;
  const [ms, generation, state, stage = '', note = '', error = '', attempt = 0] = line;
  return {
    ...{ at: new Date(ms).toISOString(), generation, state },
    ...(stage === '' ? {} : { stage: stage as StageName }),
    ...(note === '' ? {} : { note }),
    ...(error === '' ? {} : { error }),
    ...(attempt === 0 ? {} : { attempt }),
  };
}
