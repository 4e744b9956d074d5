import type { Deadline } from './deadline.ts';
import { SourceError } from './errors.ts';

/** What both the AWS SDK and undici give: a Node stream that may be ended early. */
export interface Body extends AsyncIterable<Uint8Array> {
  destroy(error?: Error): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
}

/** Ends a body nobody wants, without letting its error escape. */
export function discard(body: Body): void {
  body.on('error', () => {});
  body.destroy();
}

/** Reads chunk by chunk; the deadline ends a body that stalls, and leaving early closes it. */
async function* chunks(body: Body, deadline: Deadline): AsyncGenerator<Uint8Array> {
  const onAbort = (): void => {
    body.destroy(deadline.signal.reason instanceof Error ? deadline.signal.reason : new Error('aborted'));
  };
  body.on('error', () => {});
  if (deadline.signal.aborted) onAbort();
  deadline.signal.addEventListener('abort', onAbort, { once: true });
  try {
    for await (const chunk of body) {
      deadline.extend();
      yield chunk;
    }
  } finally {
    deadline.signal.removeEventListener('abort', onAbort);
  }
}

/**
 * Fills the whole of `target`.
 * @throws SourceError SOURCE_CUT_SHORT where the body is shorter or longer
 */
export async function fill(body: Body, target: Uint8Array, deadline: Deadline, subject: string): Promise<void> {
  let at = 0;
  for await (const chunk of chunks(body, deadline)) {
    if (at + chunk.byteLength > target.byteLength) {
      throw new SourceError('SOURCE_CUT_SHORT', `${subject} sent more than the ${target.byteLength} bytes asked for`, {
        subject,
      });
    }
    target.set(chunk, at);
    at += chunk.byteLength;
  }
  if (at < target.byteLength) {
    throw new SourceError('SOURCE_CUT_SHORT', `${subject} sent ${at} of ${target.byteLength} bytes`, { subject });
  }
}

/**
 * Reads a small body whole.
 * @throws SourceError SOURCE_TOO_LARGE where it has more than `maxBytes`
 */
export async function collect(body: Body, maxBytes: number, deadline: Deadline, subject: string): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks(body, deadline)) {
    size += chunk.byteLength;
    if (size > maxBytes) throw tooLarge(subject, maxBytes);
    parts.push(chunk);
  }
  return Buffer.concat(parts, size);
}

export function tooLarge(subject: string, maxBytes: number): SourceError {
  return new SourceError('SOURCE_TOO_LARGE', `${subject} has more than ${maxBytes} bytes`, { subject });
}

/** A body of any length, each chunk of which must come within so many milliseconds. */
export async function* guarded(
  body: Body,
  signal: AbortSignal,
  idleMs: number,
  subject: string,
  asSourceError: (error: unknown) => unknown,
): AsyncGenerator<Uint8Array> {
  let timedOut = false;
  const onAbort = (): void => {
    body.destroy(new Error('aborted'));
  };
  const expire = (): void => {
    timedOut = true;
    body.destroy(new Error('timeout'));
  };
  body.on('error', () => {});
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  let timer = setTimeout(expire, idleMs);
  try {
    for await (const chunk of body) {
      clearTimeout(timer);
      yield chunk;
      // a slow reader is no fault of the source: the time runs only while it is waited for
      timer = setTimeout(expire, idleMs);
    }
    signal.throwIfAborted();
  } catch (error) {
    signal.throwIfAborted();
    if (timedOut) {
      const message = `${subject} sent nothing for ${Math.round(idleMs / 1000)} s`;
      throw new SourceError('SOURCE_TIMEOUT', message, { subject, cause: error });
    }
    throw asSourceError(error);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
    body.destroy();
  }
}
