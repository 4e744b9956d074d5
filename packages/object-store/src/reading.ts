import type { RangeReader } from '@geosluice/jobs';
import { hasStatus } from './classify.ts';
import { attempt, bareEtag, type ObjectLocation, quotedEtag, type StoreContext, uriOf } from './context.ts';
import { superseded, trouble } from './errors.ts';
import { headObject } from './objects.ts';

/** One content of an object. */
export interface PinnedObject extends ObjectLocation {
  versionId?: string | undefined;
  etag: string;
  /** Bytes. */
  size: number;
}

/** Reads an object by ranges, each under If-Match: a changed object is Supersede, never a mix of two contents. */
export function rangeReader(context: StoreContext, object: PinnedObject): RangeReader {
  return {
    size: object.size,
    readInto: (offset, target, signal) => readRange(context, object, offset, target, signal),
  };
}

async function readRange(
  context: StoreContext,
  object: PinnedObject,
  offset: number,
  target: Uint8Array,
  signal?: AbortSignal,
): Promise<void> {
  if (target.byteLength === 0) return;
  const subject = uriOf(object);
  if (offset < 0 || offset + target.byteLength > object.size) {
    throw new RangeError(`bytes ${offset}+${target.byteLength} of an object of ${object.size} bytes`);
  }
  await attempt(subject, signal, async () => {
    await context.wire
      .request({
        ...{ method: 'GET', bucket: object.bucket, key: object.key, into: target, signal },
        query: object.versionId === undefined ? {} : { versionId: object.versionId },
        headers: {
          range: `bytes=${offset}-${offset + target.byteLength - 1}`,
          'if-match': quotedEtag(object.etag),
        },
      })
      .catch((error: unknown) => {
        if (hasStatus(error, 412, 416))
          throw superseded('the object changed while it was read', { subject, cause: error });
        throw error;
      });
  });
}

const PROOF_BYTES = 64 * 1024;

/**
 * Proves that an object can be read as a whole: its size and ETag, its first and its last block. Ask before GeoServer does:
 * GeoServer reads S3 under its one write lock.
 * @throws ObjectStoreError OBJECT_MISSING, OBJECT_CHANGED, or what reading met
 */
export async function proveReadable(context: StoreContext, object: PinnedObject, signal?: AbortSignal): Promise<void> {
  const subject = uriOf(object);
  const head = await headObject(context, object, signal);
  if (head === null) throw trouble('OBJECT_MISSING', 'there is no such object', { subject });
  if (head.size !== object.size || head.etag !== bareEtag(object.etag)) {
    const found = `${head.size} bytes, ETag ${head.etag}`;
    throw trouble('OBJECT_CHANGED', `expected ${object.size} bytes, ETag ${bareEtag(object.etag)}; found ${found}`, {
      subject,
    });
  }
  const length = Math.min(PROOF_BYTES, object.size);
  const offsets = new Set([0, object.size - length]);
  for (const offset of offsets) {
    await readRange(context, object, offset, Buffer.allocUnsafe(length), signal).catch((error: unknown) => {
      if ((error as { means?: unknown }).means !== 'supersede') throw error;
      throw trouble('OBJECT_CHANGED', 'the object changed while it was read', { subject, cause: error });
    });
  }
}
