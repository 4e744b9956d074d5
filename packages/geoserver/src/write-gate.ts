import { GeoServerError } from './errors.ts';
import type { Answer } from './http.ts';

/** What came of a write. */
export type Ended<T> = { value: T } | { error: unknown };

/** What that says of GeoServer. */
export interface Judged {
  /** It has too much to do. */
  overloaded: boolean;
  /** There was no answer, and the write may still wait for the lock or hold it: resolves once it is known to be over. */
  over?: Promise<unknown> | undefined;
}

/**
 * Runs a write once it has its turn among those of all processes: GeoServer takes them one after the other behind its one
 * lock, and more of them at once only wait there (measured: 10 to 18 publishes a second, whatever the number).
 */
export type WriteGate = <T>(
  signal: AbortSignal,
  write: () => Promise<T>,
  judge: (ended: Ended<T>) => Judged,
) => Promise<T>;

/** Each at once. */
export const OPEN: WriteGate = (_signal, write) => write();

const BUSY: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/** A plain 500 says nothing of the kind: GeoServer answers it to duplicates and to bad rasters. */
export function isOverloaded(ended: Ended<Pick<Answer, 'status'>>): boolean {
  if ('value' in ended) return BUSY.has(ended.value.status);
  return ended.error instanceof GeoServerError && ended.error.code === 'GEOSERVER_TIMEOUT';
}

/** No answer came, and what was asked for may be done all the same. A connection that was refused has done nothing. */
export function isSilent(ended: Ended<unknown>): boolean {
  if ('value' in ended) return false;
  // what is no error of ours is an abort: who takes the job over looks first, and is not to wait for a turn that nobody has
  if (!(ended.error instanceof GeoServerError)) return false;
  return ended.error.code === 'GEOSERVER_TIMEOUT' || ended.error.code === 'GEOSERVER_DROPPED';
}
