import { setMaxListeners } from 'node:events';

/**
 * Runs tasks over items taken in order, at most `limit` at a time. `prepare` runs for one item after the other (so that
 * memory is handed out in order), the work of several at once. The first failure aborts all others at once and
 * is thrown when every one has ended.
 */
export async function runInOrder<Item, Prepared>(
  items: Iterable<Item>,
  limit: number,
  signal: AbortSignal,
  prepare: (item: Item, signal: AbortSignal) => Promise<Prepared>,
  work: (item: Item, prepared: Prepared, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const failure = new AbortController();
  const either = AbortSignal.any([signal, failure.signal]);
  // every request in flight listens
  setMaxListeners(0, either);
  const running = new Set<Promise<void>>();
  let failed = false;
  let first: unknown;
  const fail = (error: unknown): void => {
    if (!failed) first = error;
    failed = true;
    failure.abort(error);
  };
  try {
    for (const item of items) {
      while (running.size >= limit) await Promise.race(running);
      if (failed) break;
      either.throwIfAborted();
      const prepared = await prepare(item, either);
      const task: Promise<void> = work(item, prepared, either)
        .catch(fail)
        .finally(() => running.delete(task));
      running.add(task);
    }
  } catch (error) {
    fail(error);
  }
  await Promise.all(running);
  if (failed) throw signal.aborted ? signal.reason : first;
}

export interface Turns {
  /** Visits one part when it is its turn; parts count from 1 and each comes exactly once. */
  take(number: number, visit: () => Promise<void>, signal: AbortSignal): Promise<void>;
}

/** Lets parts that are read at the same time be hashed in their order. */
export function createTurns(): Turns {
  let next = 1;
  const waiting = new Map<number, () => void>();
  return {
    take: async (number, visit, signal) => {
      if (number !== next) {
        await new Promise<void>((resolve, reject) => {
          const leave = (): void => reject(signal.reason);
          if (signal.aborted) return leave();
          signal.addEventListener('abort', leave, { once: true });
          waiting.set(number, () => {
            signal.removeEventListener('abort', leave);
            resolve();
          });
        });
      }
      await visit();
      next = number + 1;
      const wake = waiting.get(next);
      waiting.delete(next);
      wake?.();
    },
  };
}
