import { setTimeout as wait } from 'node:timers/promises';
import { GeonodeError } from '../errors.ts';

/** How long a task of GeoNode's is waited for. */
export interface Patience {
  withinMs: number;
  signal: AbortSignal;
}

const POLL_MS = 500;

/**
 * Looks again and again whether GeoNode's Celery has done a task.
 * @param look what it gives once it is done, null until then
 * @throws GeonodeError GEONODE_TIMEOUT: it may still be waiting for a worker
 */
export async function taskDone<T>(
  what: string,
  look: () => Promise<T | null>,
  { withinMs, signal }: Patience,
): Promise<T> {
  const end = Date.now() + withinMs;
  for (;;) {
    const done = await look();
    if (done !== null) return done;
    if (Date.now() > end) {
      const message = `GeoNode has not ended ${what} after ${withinMs / 1000} s; does a Celery worker take its queues?`;
      throw new GeonodeError('GEONODE_TIMEOUT', message);
    }
    await wait(POLL_MS, undefined, { signal });
  }
}
