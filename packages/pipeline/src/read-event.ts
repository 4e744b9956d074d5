import type { DatasetState, StageName } from '@geosluice/jobs';
import type { LedgerEvent } from './api.ts';

/** An event as the scripts write it: fields at the end are left out where they say nothing. */
type Line = [
  ms: number,
  type: LedgerEvent['type'],
  ingestion: string,
  dataset?: string,
  state?: string,
  stage?: string,
  note?: string,
  error?: string,
  done?: number,
  total?: number,
];

/** @param text what the stream holds under an id; a whole event where an earlier version wrote it */
export function readEvent(id: string, text: string): LedgerEvent {
  const line = JSON.parse(text) as Line | Omit<LedgerEvent, 'id'>;
  if (!Array.isArray(line)) return { id, ...line };
  const [ms, type, ingestion, dataset = '', state = '', stage = '', note = '', error = '', done = 0, total = 0] = line;
  return {
    ...{ id, at: new Date(ms).toISOString(), type, ingestion },
    ...(dataset === '' ? {} : { dataset }),
    ...(state === '' ? {} : { state: state as DatasetState }),
    ...(stage === '' ? {} : { stage: stage as StageName }),
    ...(note === '' ? {} : { note }),
    ...(error === '' ? {} : { error }),
    ...(type === 'progress' ? { done, total } : {}),
  };
}
