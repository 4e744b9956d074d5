import type { DatasetState, StageName } from '@geosluice/jobs';
import { decodeExtras, type EntryExtras } from './codec.ts';
import { unpack } from './pack.ts';

/** What the runner needs to know before and while it works on a dataset. */
export interface EntryView extends EntryExtras {
  state: DatasetState;
  generation: number;
  takenBy: string;
  job: { stage: StageName; id: string } | null;
  updatedAt: string;
}

/** The fields of an entry's hash that make its view. */
export const VIEW_FIELDS = [
  ...(['state', 'generation', 'takenBy', 'job', 'updatedAt', 'by', 'removal', 'failed'] as const),
] as const;

/** @param values in the order of VIEW_FIELDS. @returns null where there is no such entry */
export function decodeView(values: ReadonlyArray<string | null>): EntryView | null {
  const hash = Object.fromEntries(VIEW_FIELDS.map((field, at) => [field, values[at]]));
  if (hash.state === null || hash.state === undefined) return null;
  return {
    ...decodeExtras(hash),
    state: hash.state as DatasetState,
    generation: Number(hash.generation),
    takenBy: hash.takenBy ?? '',
    job: hash.job === null || hash.job === undefined ? null : (unpack(hash.job) as EntryView['job']),
    updatedAt: hash.updatedAt ?? '',
  };
}
