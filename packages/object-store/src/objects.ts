import { DeleteObjectCommand, GetObjectCommand } from '@aws-sdk/client-s3';
import { CRC32_HEADER, crc32OfAnswer, crc32ToBase64 } from '@geosluice/s3-wire';
import { hasStatus, isCut, isUnsupported } from './classify.ts';
import {
  attempt,
  bareEtag,
  type ObjectLocation,
  SMALL_REQUEST_MS,
  type StoreContext,
  sending,
  uriOf,
} from './context.ts';
import { crc32Of } from './crc32.ts';
import { trouble } from './errors.ts';
import { isMd5, md5Of } from './md5.ts';

/** Begin of the names of metadata on the wire. */
const META = 'x-amz-meta-';

/** Metadata as headers. */
export function metadataHeaders(metadata: Record<string, string> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(metadata).map(([name, value]) => [META + name.toLowerCase(), value]));
}

/** What the store says of an object without its bytes. */
export interface ObjectHead {
  /** Bytes. */
  size: number;
  /** Without quotes. */
  etag: string;
  /** ISO 8601. */
  modified: string | null;
  contentType: string | null;
  versionId: string | null;
  metadata: Record<string, string>;
  /** CRC-32 of the whole object, where the store keeps one. */
  crc32: number | null;
}

/** @returns null where there is no such object */
export async function headObject(
  context: StoreContext,
  location: ObjectLocation & { versionId?: string | undefined },
  signal?: AbortSignal,
): Promise<ObjectHead | null> {
  return attempt(uriOf(location), signal, async () => {
    const begun = performance.now();
    const answer = await context.wire
      .request({
        method: 'HEAD',
        bucket: location.bucket,
        key: location.key,
        query: location.versionId === undefined ? {} : { versionId: location.versionId },
        headers: { 'x-amz-checksum-mode': 'ENABLED' },
        signal,
      })
      .catch((error: unknown) => {
        if (hasStatus(error, 404)) return null;
        throw error;
      });
    context.budget.answered(performance.now() - begun);
    if (answer === null) return null;
    // taken for 0 bytes, a good object would be deleted as a wrong one
    if (answer.headers['content-length'] === undefined) {
      throw trouble('STORE_ERROR', 'the store does not tell how large the object is', { subject: uriOf(location) });
    }
    return readHead(answer.headers);
  });
}

function readHead(headers: Record<string, string>): ObjectHead {
  const modified = Date.parse(headers['last-modified'] ?? '');
  const metadata = Object.entries(headers).flatMap(([name, value]) =>
    name.startsWith(META) ? [[name.slice(META.length), value] as const] : [],
  );
  return {
    size: Number(headers['content-length']),
    etag: bareEtag(headers.etag),
    modified: Number.isFinite(modified) ? new Date(modified).toISOString() : null,
    contentType: headers['content-type'] ?? null,
    versionId: headers['x-amz-version-id'] ?? null,
    metadata: Object.fromEntries(metadata),
    crc32: crc32OfAnswer(headers),
  };
}

export interface SmallObject {
  body: Buffer;
  etag: string;
  contentType: string | null;
  metadata: Record<string, string>;
}

/**
 * A whole small object.
 * @returns null where there is no such object
 * @throws ObjectStoreError OBJECT_CHANGED where it is larger than `maxBytes`
 */
export async function getObject(
  context: StoreContext,
  location: ObjectLocation & { versionId?: string | undefined },
  options: { maxBytes: number; signal?: AbortSignal | undefined },
): Promise<SmallObject | null> {
  const subject = uriOf(location);
  return attempt(subject, options.signal, async () => {
    const answer = await context.client
      .send(new GetObjectCommand(named(location)), sending(options.signal, SMALL_REQUEST_MS))
      .catch((error: unknown) => {
        if (hasStatus(error, 404)) return null;
        throw error;
      });
    if (answer === null) return null;
    const chunks: Buffer[] = [];
    let length = 0;
    for await (const chunk of answer.Body as AsyncIterable<Buffer>) {
      length += chunk.byteLength;
      // leaving the loop destroys the stream
      if (length > options.maxBytes) {
        throw trouble('OBJECT_CHANGED', `the object is larger than ${options.maxBytes} bytes`, { subject });
      }
      chunks.push(chunk);
    }
    if (answer.ContentLength !== undefined && length !== answer.ContentLength) {
      throw trouble('STORE_ERROR', `the object ended after ${length} of ${answer.ContentLength} bytes`, { subject });
    }
    return {
      body: Buffer.concat(chunks, length),
      etag: bareEtag(answer.ETag),
      contentType: answer.ContentType ?? null,
      metadata: answer.Metadata ?? {},
    };
  });
}

export interface PutOptions {
  contentType: string;
  metadata?: Record<string, string> | undefined;
  /** Leave an object that is there alone. */
  ifNoneMatch?: boolean | undefined;
  signal?: AbortSignal | undefined;
}

export interface PutResult {
  etag: string;
  /** False where `ifNoneMatch` found an object; it was left as it is. */
  created: boolean;
}

/** Stores small bytes, checked by the store against their CRC-32. */
export async function putObject(
  context: StoreContext,
  target: ObjectLocation,
  body: Uint8Array | string,
  options: PutOptions,
): Promise<PutResult> {
  const bytes =
    typeof body === 'string' ? Buffer.from(body, 'utf8') : Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const crc32 = await crc32Of(bytes);
  return attempt(uriOf(target), options.signal, () => putBytes(context, target, bytes, crc32, options));
}

/**
 * As putObject, for bytes whose CRC-32 is known. Throws the wire's errors.
 * @throws ObjectStoreError UPLOAD_CORRUPTED where other bytes arrived
 */
export async function putBytes(
  context: StoreContext,
  target: ObjectLocation,
  bytes: Buffer,
  crc32: number,
  options: PutOptions,
): Promise<PutResult> {
  const send = async (conditional: boolean): Promise<PutResult> => {
    const answer = await context.wire.request({
      ...{ method: 'PUT', bucket: target.bucket, key: target.key, body: bytes, signal: options.signal },
      headers: {
        'content-type': options.contentType,
        [CRC32_HEADER]: crc32ToBase64(crc32),
        ...metadataHeaders(options.metadata),
        ...(conditional ? { 'if-none-match': '*' } : {}),
      },
    });
    try {
      return { etag: await arrivedAs(answer.headers, bytes, crc32, uriOf(target)), created: true };
    } catch (error) {
      // only a store that compares nothing keeps it, and by its metadata it would be taken for the right one
      await deleteObject(context, target, { etag: bareEtag(answer.headers.etag) }).catch((failure: unknown) => {
        context.log.warn({ target: uriOf(target), error: String(failure) }, 'Upload:Delete:Failed');
      });
      throw error;
    }
  };
  try {
    return await send(options.ifNoneMatch === true);
  } catch (error) {
    if (options.ifNoneMatch !== true) throw error;
    // versitygw refuses before it has taken a large body and closes the connection: its answer may be lost each time
    const unheard = isCut(error);
    if (!unheard && !hasStatus(error, 412) && !isUnsupported(error)) throw error;
    const head = await headObject(context, target, options.signal);
    if (head !== null) return { etag: head.etag, created: false };
    if (unheard) throw error;
    // the store does not know the condition, or the object went away between the two requests
    return await send(false);
  }
}

/**
 * The ETag of bytes that arrived as they were sent.
 * @throws ObjectStoreError UPLOAD_CORRUPTED
 */
export async function arrivedAs(
  headers: Record<string, string>,
  bytes: Buffer,
  crc32: number,
  subject: string,
  what = 'the object',
): Promise<string> {
  const etag = bareEtag(headers.etag);
  const echoed = crc32OfAnswer(headers);
  // a store that gives the checksum back has compared it; from another one only the MD5 in the ETag tells
  const sound = echoed !== null ? echoed === crc32 : !isMd5(etag) || etag === (await md5Of(bytes));
  if (!sound) throw trouble('UPLOAD_CORRUPTED', `${what} arrived changed`, { subject });
  return etag;
}

/** Deletes an object; one that is not there is deleted already. With `etag`, only that content. */
export async function deleteObject(
  context: StoreContext,
  location: ObjectLocation & { versionId?: string | undefined },
  options: { signal?: AbortSignal | undefined; etag?: string | undefined } = {},
): Promise<void> {
  await attempt(uriOf(location), options.signal, async () => {
    if (options.etag !== undefined) {
      // IfMatch on deletes is known to few stores: look first
      const head = await headObject(context, location, options.signal);
      if (head === null) return;
      if (head.etag !== bareEtag(options.etag)) {
        throw trouble('OBJECT_CHANGED', 'the object changed; it is not deleted', { subject: uriOf(location) });
      }
    }
    await context.client
      .send(new DeleteObjectCommand(named(location)), sending(options.signal, SMALL_REQUEST_MS))
      .catch((error: unknown) => {
        if (!hasStatus(error, 404) || (error as Error).name === 'NoSuchBucket') throw error;
      });
  });
}

/** Bucket, Key and VersionId as the SDK names them. */
export function named(location: ObjectLocation & { versionId?: string | undefined }): {
  Bucket: string;
  Key: string;
  VersionId?: string;
} {
  return {
    Bucket: location.bucket,
    Key: location.key,
    ...(location.versionId === undefined ? {} : { VersionId: location.versionId }),
  };
}
