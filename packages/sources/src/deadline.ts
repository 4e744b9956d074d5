import { SourceError } from './errors.ts';

export interface Deadline {
  signal: AbortSignal;
  /** Something came: the time starts anew. */
  extend(): void;
}

/**
 * Runs a piece of work that must show progress within so many milliseconds.
 * @throws the reason of `signal` where that ended it, SourceError SOURCE_TIMEOUT where the time did
 */
export async function withDeadline<T>(
  signal: AbortSignal,
  ms: number,
  subject: string,
  work: (deadline: Deadline) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const controller = new AbortController();
  const onAbort = (): void => controller.abort(signal.reason);
  const expire = (): void => {
    const message = `${subject} did not answer within ${Math.round(ms / 1000)} s`;
    controller.abort(new SourceError('SOURCE_TIMEOUT', message, { subject }));
  };
  signal.addEventListener('abort', onAbort, { once: true });
  let timer = setTimeout(expire, ms);
  const extend = (): void => {
    clearTimeout(timer);
    timer = setTimeout(expire, ms);
  };
  try {
    return await work({ signal: controller.signal, extend });
  } catch (error) {
    // whatever the client made of it: the cause is the abort
    if (controller.signal.aborted) throw controller.signal.reason;
    throw error;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}

/** A signal that ends with either of two; release it when the work is done, since one of them may live long. */
export function eitherSignal(a: AbortSignal, b: AbortSignal | undefined): { signal: AbortSignal; release(): void } {
  if (b === undefined || a === b) return { signal: a, release() {} };
  const controller = new AbortController();
  const onA = (): void => controller.abort(a.reason);
  const onB = (): void => controller.abort(b.reason);
  if (a.aborted) onA();
  else if (b.aborted) onB();
  a.addEventListener('abort', onA, { once: true });
  b.addEventListener('abort', onB, { once: true });
  return {
    signal: controller.signal,
    release() {
      a.removeEventListener('abort', onA);
      b.removeEventListener('abort', onB);
    },
  };
}
