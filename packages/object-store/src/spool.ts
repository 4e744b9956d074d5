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
      for await (const chunk of request.body) {
        signal.throwIfAborted();
        size += chunk.byteLength;
        if (size > request.maxBytes) {
          const message = `the file is larger than the limit of ${request.maxBytes} bytes`;
          throw refusal('SOURCE_TOO_LARGE', message, { subject, counterpart: 'source' });
        }
        hash.update(chunk);
        request.onProgress?.(size);
        yield chunk;
      }
    } catch (error) {
      bodyFailure.error = error;
      throw error;
    }
  }

  return attempt(subject, signal, async () => {
    const upload = new Upload({
      client: context.client,
      partSize: Math.max(PART_SIZE, Math.ceil(request.maxBytes / PART_LIMIT)),
      queueSize: QUEUE_SIZE,
      leavePartsOnError: false,
      params: {
        Bucket: target.bucket,
        Key: target.key,
        Body: Readable.from(measured(), { objectMode: false }),
        ContentType: request.contentType ?? 'application/octet-stream',
        ...(request.metadata === undefined ? {} : { Metadata: request.metadata }),
      },
    });
    const stop = (): void => void upload.abort();
    signal.addEventListener('abort', stop, { once: true });
    try {
      await upload.done();
    } catch (error) {
      // the cause, not what lib-storage made of it
      if (bodyFailure.error !== undefined) await foreign(Promise.reject(bodyFailure.error));
      throw error;
    } finally {
      signal.removeEventListener('abort', stop);
    }
    if (size === 0) throw refusal('EMPTY_FILE', 'the file has no bytes', { subject, counterpart: 'source' });
    const head = await headObject(context, target, signal);
    if (head === null || head.size !== size) {
      throw trouble('UPLOAD_CORRUPTED', `${size} bytes were sent, ${head?.size ?? 'no object'} found`, { subject });
    }
    return { ...target, size, etag: head.etag, checksum: `sha256:${hash.digest('hex')}`, owned: true };
  });
}
