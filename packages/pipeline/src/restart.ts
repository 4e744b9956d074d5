import { randomUUID } from 'node:crypto';
import {
  type IngestOptions,
  type InspectJob,
  JOB_SCHEMA,
  type LedgerEntry,
  type Priority,
  type RemoveJob,
} from '@geosluice/jobs';

/** From so many on, what is replayed or removed goes with the bulk, behind what people wait for. */
export const MANY = 20;

/** So many removals begin together, and as many more each time so much later: GeoServer's lock is theirs for less than half of it. */
const SLICE = 50;
const SLICE_MS = 5_000;

/**
 * When a removal has its turn. One that a person waits for goes first. Many at once would lie between GeoServer and what comes
 * in meanwhile for hours: they begin slice by slice, and are bulk among bulk.
 * @param removing datasets that are on their way out, this one among them
 */
export function decideRemoval(
  by: 'request' | 'rule',
  removing: number,
): { priority: 'interactive' | 'bulk'; delayMs: number } {
  if (by === 'request' && removing < MANY) return { priority: 'interactive', delayMs: 0 };
  return { priority: 'bulk', delayMs: Math.floor(removing / SLICE) * SLICE_MS };
}

/** Puts one dataset back onto its road from its beginning. */
export interface Restart {
  /**
   * A forced look, whose id nothing else has: it takes effect whatever job of the dataset waits, runs or has failed. With
   * `nonce`, one look for all who ask under it. A dead dataset is dead no more. @returns the id of the job, null where the ledger does not know the dataset
   */
  inspect(
    dataset: string,
    how: { reason: InspectJob['reason']; priority?: IngestOptions['priority']; delayMs?: number; nonce?: string },
  ): Promise<string | null>;
  /** A look behind everything else, which takes effect only where something changed. */
  look(dataset: string): Promise<void>;
  /** Starts, or starts again, the road backwards. @returns the answer of the ledger: a generation, 0 or -1 */
  remove(dataset: string, mode: 'delete' | 'unpublish', by?: 'request' | 'rule'): Promise<number>;
}

export function forcedInspect(
  entry: Pick<LedgerEntry, 'dataset' | 'location' | 'ingestion'>,
  options: IngestOptions,
  reason: InspectJob['reason'],
  nonce: string = freshNonce(),
): InspectJob {
  const { dataset, location, ingestion } = entry;
  return {
    ...{ schema: JOB_SCHEMA, stage: 'discover', kind: 'inspect', ingestion, options, dataset, location, reason },
    ...{ force: true, nonce, seen: '' },
  };
}

/** Short, unique, and never all digits. */
export function freshNonce(): string {
  return `n${randomUUID().replaceAll('-', '').slice(0, 16)}`;
}

/** Null where nothing outside can exist of it yet: it never got a name. How urgently it once came in is no matter of its end. */
export function removeJobOf(
  entry: LedgerEntry,
  mode: 'delete' | 'unpublish',
  priority: Priority = 'bulk',
): RemoveJob | null {
  const { ingestion, dataset, generation, workspace, name, object } = entry;
  const options = { ...entry.options, priority };
  const version = entry.version === '' ? (entry.publishedVersion ?? '') : entry.version;
  if (workspace === undefined || name === undefined || version === '') return null;
  return {
    ...{ schema: JOB_SCHEMA, stage: 'register', kind: 'remove', ingestion, options, dataset, generation, version },
    ...{ workspace, name, object: object ?? null, mode },
  };
}
