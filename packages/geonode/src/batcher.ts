/** Thrown by `send` where parts of the batch may go through: it is halved, and one alone fails with `alone`. */
export class BatchDivisible extends Error {
  readonly alone: Error;
  constructor(alone: Error) {
    super('the batch does not go through as a whole', { cause: alone });
    this.alone = alone;
  }
}

export interface BatcherOptions<I, O> {
  /** Items a batch holds at most. */
  size: number;
  /** Milliseconds the first item waits for company. */
  waitMs: number;
  /** Bytes a batch holds at most; one larger item goes alone. */
  bytes: number;
  /** Batches under way at most. */
  inFlight: number;
  bytesOf(item: I): number;
  /** As many results as items, in their order. The signal aborts when nobody waits any more. */
  send(items: readonly I[], signal: AbortSignal): Promise<readonly O[]>;
}

export interface Batcher<I, O> {
  /** Resolves with this item's result; rejects with the batch's error, or with the reason of an aborted signal. */
  add(item: I, signal: AbortSignal): Promise<O>;
  /** What waits or is under way fails with this error, and so does what comes later. */
  close(error: Error): void;
}

interface Waiting<I, O> {
  item: I;
  bytes: number;
  settled: boolean;
  resolve(result: O): void;
  reject(error: unknown): void;
}

/** Gathers single items into batches, and gives each caller its own result. */
export function createBatcher<I, O>(options: BatcherOptions<I, O>): Batcher<I, O> {
  let queue: Array<Waiting<I, O>> = [];
  let timer: NodeJS.Timeout | undefined;
  let closed: Error | undefined;
  const underWay = new Map<AbortController, ReadonlyArray<Waiting<I, O>>>();

  const full = (): boolean =>
    queue.length >= options.size || queue.reduce((sum, { bytes }) => sum + bytes, 0) >= options.bytes;

  const take = (): Array<Waiting<I, O>> => {
    let bytes = 0;
    let count = 0;
    for (const entry of queue) {
      if (count === options.size || (count > 0 && bytes + entry.bytes > options.bytes)) break;
      bytes += entry.bytes;
      count += 1;
    }
    return queue.splice(0, count);
  };

  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (queue.length === 0 || underWay.size >= options.inFlight) return;
    void run(take());
    schedule();
  };

  const schedule = (): void => {
    if (queue.length === 0) return;
    if (full()) flush();
    else timer ??= setTimeout(flush, options.waitMs);
  };

  const run = async (batch: ReadonlyArray<Waiting<I, O>>): Promise<void> => {
    const controller = new AbortController();
    underWay.set(controller, batch);
    try {
      await deliver(batch, controller.signal);
    } finally {
      underWay.delete(controller);
      schedule();
    }
  };

  const deliver = async (batch: ReadonlyArray<Waiting<I, O>>, signal: AbortSignal): Promise<void> => {
    const wanted = batch.filter((entry) => !entry.settled);
    if (wanted.length === 0) return;
    try {
      const results = await options.send(
        wanted.map(({ item }) => item),
        signal,
      );
      for (const [index, entry] of wanted.entries()) entry.resolve(results[index]!);
    } catch (error) {
      if (error instanceof BatchDivisible && wanted.length > 1) {
        const half = Math.ceil(wanted.length / 2);
        await deliver(wanted.slice(0, half), signal);
        await deliver(wanted.slice(half), signal);
        return;
      }
      for (const entry of wanted) entry.reject(error instanceof BatchDivisible ? error.alone : error);
    }
  };

  const leave = (entry: Waiting<I, O>): void => {
    queue = queue.filter((other) => other !== entry);
    for (const [controller, batch] of underWay) {
      if (batch.every(({ settled }) => settled)) controller.abort();
    }
  };

  return {
    add(item, signal) {
      return new Promise<O>((resolve, reject) => {
        if (closed !== undefined) return reject(closed);
        if (signal.aborted) return reject(signal.reason);
        const aborted = (): void => entry.reject(signal.reason);
        const settle = (how: () => void): void => {
          if (entry.settled) return;
          entry.settled = true;
          signal.removeEventListener('abort', aborted);
          how();
          leave(entry);
        };
        const entry: Waiting<I, O> = {
          item,
          bytes: options.bytesOf(item),
          settled: false,
          resolve: (result) => settle(() => resolve(result)),
          reject: (error) => settle(() => reject(error)),
        };
        signal.addEventListener('abort', aborted, { once: true });
        queue.push(entry);
        schedule();
      });
    },
    close(error) {
      closed = error;
      clearTimeout(timer);
      for (const entry of [...queue, ...[...underWay.values()].flat()]) entry.reject(error);
    },
  };
}
