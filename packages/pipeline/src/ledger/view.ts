import type { DatasetState, StageName } from '@geosluice/jobs';
import { decodeExtras, type EntryExtras } from './codec.ts';
import { unpack } from './pack.ts';

/** What decides whether a job of a dataset is to be run. */
export interface StartView {
  state: DatasetState;
  generation: number;
  /** The furthest stage that recorded something under this generation; empty where none did. */
  by: string;
  takenBy: string;
}

/** What the runner needs to know while it works on a dataset. */
export interface EntryView extends StartView, EntryExtras {
  job: { stage: StageName; id: string } | null;
  updatedAt: string;
}

/** The fields of an entry's hash that make its view for a start. */
export const START_FIELDS = ['state', 'generation', 'by', 'takenBy'] as const;

/** @param values in the order of START_FIELDS. @returns null where there is no such entry */
export function decodeStart([state, generation, by, takenBy]: ReadonlyArray<string | null>): StartView | null {
  if (state === null || state === undefined) return null;
  return { state: state as DatasetState, generation: Number(generation), by: by ?? '', takenBy: takenBy ?? '' };
}

/** The fields of an entry's hash that make its view. */
export const VIEW_FIELDS = [...START_FIELDS, 'job', 'updatedAt', 'removal', 'failed'] as const;

/** @param values in the order of VIEW_FIELDS. @returns null where there is no such entry */
export function decodeView(values: ReadonlyArray<string | null>): EntryView | null {
  const start = decodeStart(values);
  if (start === null) return null;
  const [job, updatedAt, removal, failed] = values.slice(START_FIELDS.length);
  return {
    ...start,
    ...decodeExtras({ removal, failed }),
    job: job ? (unpack(job) as EntryView['job']) : null,
    updatedAt: updatedAt ?? '',
  };
}
