import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { Upload } from '@aws-sdk/lib-storage';
import type { StoredObject } from '@geosluice/jobs';
import { attempt, foreign, type ObjectLocation, type StoreContext, uriOf } from './context.ts';
import { refusal, trouble } from './errors.ts';
import { headObject } from './objects.ts';

export interface SpoolRequest {
  /** Bytes of unknown length, e.g. an HTTP answer without Content-Length. Read once, to its end. */
  body: AsyncIterable<Uint8Array>;
  target: ObjectLocation;
  /** The bound; a longer body is refused with SOURCE_TOO_LARGE. */
  maxBytes: number;
  contentType?: string | undefined;
  metadata?: Record<string, string> | undefined;
  signal: AbortSignal;
  onProgress?: ((done: number) => void) | undefined;
}

// lib-storage holds at most these in memory: four parts of 8 MiB
const PART_SIZE = 8 * 1024 * 1024;
const QUEUE_SIZE = 4;
/** 10,000 parts of PART_SIZE; larger bodies get larger parts. */
const PART_LIMIT = 10_000;
const ABORT_GRACE_MS = 10_000;

/**
 * Stores a body of unknown length. It cannot be resumed: what is cut off is aborted and begun anew. What the body itself
 * throws comes out unchanged.
 */
export async function spool(context: StoreContext, request: SpoolRequest): Promise<StoredObject> {
  const { target, signal } = request;
  const subject = uriOf(target);
  const hash = createHash('sha256');
  const bodyFailure: { error?: unknown } = {};
  let size = 0;

  async function* measured(): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of untilAborted(request.body, signal)) {
        size += chunk.byteLength;
        if (size > request.maxBytes) {
          const message = `the file is larger than the limit of ${request.maxBytes} bytes`;
          throw refusal('SOURCE_TOO_LARGE', message, { subject, counterpart: 'source' });
        }
        hash.update(chunk);
        request.onProgress?.(size);
        if (chunk.byteLength > 0) yield chunk;
      }
    } catch (error) {
      bodyFailure.error = error;
      throw error;
    }
  }

  return attempt(subject, signal, async () => {
    const chunks = measured();
    // lib-storage would store an empty object
    const first = await foreign(chunks.next());
    if (first === undefined || first.done === true) {
      throw refusal('EMPTY_FILE', 'the file has no bytes', { subject, counterpart: 'source' });
    }
    const upload = new Upload({
      client: context.client,
      partSize: Math.max(PART_SIZE, Math.ceil(request.maxBytes / PART_LIMIT)),
      queueSize: QUEUE_SIZE,
      leavePartsOnError: false,
      params: {
        Bucket: target.bucket,
        Key: target.key,
        Body: Readable.from(startingWith(first.value, chunks), { objectMode: false }),
        ContentType: request.contentType ?? 'application/octet-stream',
        ...(request.metadata === undefined ? {} : { Metadata: request.metadata }),
      },
    });
    // the aborted body ends the upload, which then gives its parts back; only a store that hangs is left behind
    let grace: NodeJS.Timeout | undefined;
    const stop = (): void => {
      grace = setTimeout(() => void upload.abort(), ABORT_GRACE_MS);
    };
    signal.addEventListener('abort', stop, { once: true });
    try {
      await upload.done();
    } catch (error) {
      // the cause, not what lib-storage made of it
      if (bodyFailure.error !== undefined) await foreign(Promise.reject(bodyFailure.error));
      throw error;
    } finally {
      signal.removeEventListener('abort', stop);
      clearTimeout(grace);
    }
    const head = await headObject(context, target, signal);
    if (head === null || head.size !== size) {
      throw trouble('UPLOAD_CORRUPTED', `${size} bytes were sent, ${head?.size ?? 'no object'} found`, { subject });
    }
    return { ...target, size, etag: head.etag, checksum: `sha256:${hash.digest('hex')}`, owned: true };
  });
}

async function* startingWith(first: Uint8Array, rest: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield first;
  yield* rest;
}

/** A body that says nothing more must not outlast a shutdown. */
async function* untilAborted(body: AsyncIterable<Uint8Array>, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const iterator = body[Symbol.asyncIterator]();
  const aborted = Promise.withResolvers<never>();
  aborted.promise.catch(() => {});
  const onAbort = (): void => aborted.reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    signal.throwIfAborted();
    for (;;) {
      const next = await Promise.race([iterator.next(), aborted.promise]);
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    signal.removeEventListener('abort', onAbort);
    // closes the source; not awaited, since a generator that hangs never answers
    void iterator.return?.()?.catch(() => {});
  }
}
