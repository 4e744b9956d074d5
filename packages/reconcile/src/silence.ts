import { setTimeout as pause } from 'node:timers/promises';
import { GeosluiceError } from '@geosluice/jobs';
import type { Place } from './finding.ts';

/** Times a place is asked before it is called silent. */
const TIMES = 3;

/** Places that did not answer: each is named once and asked no more, and the others are compared. */
export interface Silence {
  /** Asks a place that has answered so far; undefined from one that does not. */
  ask<T>(place: Place, ask: () => Promise<T>): Promise<T | undefined>;
  /** A list of it, as far as it gave one. */
  pages<T>(place: Place, list: () => AsyncIterable<T>): AsyncGenerator<T>;
  /** The first error of each. */
  named(): Array<{ place: Place; error: string }>;
}

/** @param pauseMs before a place is asked again; four times that before the last time */
export function createSilence(signal: AbortSignal, pauseMs: number): Silence {
  const silent = new Map<Place, string>();
  /** Whether it may be asked again; else it is silent from now on. */
  const again = async (place: Place, error: unknown, time: number): Promise<boolean> => {
    signal.throwIfAborted();
    // one timeout, one broken connection: that passes; what says no says it again
    if (time < TIMES && !silent.has(place) && error instanceof GeosluiceError && error.means === 'retry') {
      await pause(pauseMs * 4 ** (time - 1), undefined, { signal });
      return true;
    }
    if (!silent.has(place)) silent.set(place, (error as Error).message);
    return false;
  };
  return {
    async ask(place, ask) {
      for (let time = 1; !silent.has(place); time += 1) {
        try {
          return await ask();
        } catch (error) {
          if (!(await again(place, error, time))) return undefined;
        }
      }
      return undefined;
    },
    async *pages(place, list) {
      let begun = false;
      for (let time = 1; !silent.has(place); time += 1) {
        try {
          for await (const page of list()) {
            begun = true;
            yield page;
          }
          return;
        } catch (error) {
          // from its beginning it would give the same ones again
          if (!(await again(place, error, begun ? TIMES : time))) return;
        }
      }
    },
    named: () => [...silent].map(([place, error]) => ({ place, error })),
  };
}
