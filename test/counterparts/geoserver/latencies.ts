import { setTimeout as sleep } from 'node:timers/promises';
import type { NodeRequest } from './context.ts';
import type { CatalogLock } from './lock.ts';

/** How long a real GeoServer is busy with a request, milliseconds. They are waited for here, not computed. */
export interface Latencies {
  /** A store under the lock: it reads nothing. */
  store: number;
  /** A layer under the lock, its read of S3 among it; any other write too. */
  layer: number;
  /** Each further store that one write takes away, as with its workspace. */
  further: number;
  /** A document under the lock's read side. */
  read: number;
  /** A map, which takes no lock. */
  map: number;
  /** Before the lock: what requests do side by side. */
  around: number;
}

/**
 * What was measured of GeoServer 3.0: 47-62 ms a publish alone, 10-18 publishes a second whatever the number in flight, 4 in
 * flight 200-330 ms each, 8 360-500 ms; 46 s for a workspace of 2,270 stores. How a publish divides into its two writes, and what reads and maps of small rasters
 * take, is assumed.
 */
export const RECORDED: Latencies = { store: 14, layer: 41, further: 20, read: 4, map: 25, around: 2 };

export interface Clock {
  /** Milliseconds. */
  now(): number;
  wait(ms: number): Promise<void>;
}

const REAL: Clock = {
  now: () => performance.now(),
  wait: async (ms) => {
    if (ms > 0) await sleep(ms);
  },
};

export type LockKind = 'none' | 'read' | 'write';

/** What the time of a request depends on. */
export interface Paced extends Pick<NodeRequest, 'method' | 'segments'> {
  /** Stores that it takes away; 1 where absent. */
  stores?: number;
}

/** Does a request's work at a real one's pace and under its lock; at once where there are no latencies. */
export type Pace = <T>(request: Paced, kind: LockKind, work: () => Promise<T>) => Promise<T>;

export function createPace(lock: CatalogLock, latencies: Latencies | undefined, clock: Clock = REAL): Pace {
  if (latencies === undefined) return (_request, kind, work) => (kind === 'none' ? work() : lock[kind](work));
  return async (request, kind, work) => {
    const least = leastOf(request, kind, latencies);
    if (least === 0) return kind === 'none' ? await work() : await lock[kind](work);
    await clock.wait(latencies.around);
    const paced = async () => {
      const begun = clock.now();
      const done = await work();
      // what the stand-in itself took is part of it
      await clock.wait(least - (clock.now() - begun));
      return done;
    };
    return kind === 'none' ? await paced() : await lock[kind](paced);
  };
}

/** Milliseconds from having the lock to the answer; 0 where nothing was measured. */
export function leastOf({ method, segments, stores = 1 }: Paced, kind: LockKind, latencies: Latencies): number {
  if (kind === 'read') return latencies.read;
  if (kind === 'write') {
    const isStore = method === 'POST' && segments.at(-1) === 'coveragestores';
    return isStore ? latencies.store : latencies.layer + Math.max(0, stores - 1) * latencies.further;
  }
  return segments.at(-1) === 'wms' || segments.at(-1) === 'ows' ? latencies.map : 0;
}
