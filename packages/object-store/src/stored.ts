import { createHash } from 'node:crypto';
import type { StoredObject } from '@geosluice/jobs';
import { CONTENT, type ObjectLocation, SHA256, type StoreContext, uriOf } from './context.ts';
import { combineCrc32, crc32Of, formatCrc32 } from './crc32.ts';
import { refusal, trouble } from './errors.ts';
import { deleteObject, headObject, type ObjectHead } from './objects.ts';
import { rangeReader } from './reading.ts';

/** What an upload must leave behind. */
export interface Expected {
  size: number;
  /** The content's mark in the metadata. */
  mark: string;
  /** Hex, where the source came with one. */
  sha256: string | undefined;
}

/** What is at the target: nothing, this content, or another one. */
export function decideFound(head: ObjectHead | null, expected: Expected): 'nothing' | 'ours' | 'other' {
  if (head === null) return 'nothing';
  return head.size === expected.size && head.metadata[CONTENT] === expected.mark ? 'ours' : 'other';
}

export function describeStored(target: ObjectLocation, head: ObjectHead, crc32: number | null): StoredObject {
  const sha256 = head.metadata[SHA256];
  const crc = crc32 ?? head.crc32;
  return {
    bucket: target.bucket,
    key: target.key,
    size: head.size,
    etag: head.etag,
    checksum: sha256 !== undefined ? `sha256:${sha256}` : crc === null ? null : formatCrc32(crc),
    owned: true,
  };
}

export function otherContent(target: ObjectLocation): Error {
  const subject = uriOf(target);
  const message = `another object lies at ${subject}; it is not replaced. Remove it, or choose another target prefix.`;
  return refusal('STORE_REFUSED', message, { subject });
}

/**
 * Checks what the store made of an upload: its size, and its content by the strongest means the store offers: the CRC-32 of
 * the whole object, else the ETag where it is the MD5 (or the MD5 of the parts' MD5s), else the bytes themselves, read back.
 * What is wrong is deleted, so that the next attempt sends it again.
 * @param etags of the parts in order; one for an object put in one piece
 */
export async function verifyStored(
  context: StoreContext,
  target: ObjectLocation,
  expected: Expected,
  crc32: number,
  etags: readonly string[],
  signal?: AbortSignal,
): Promise<StoredObject> {
  const subject = uriOf(target);
  const head = await headObject(context, target, signal);
  if (head === null) throw trouble('OBJECT_MISSING', 'the uploaded object is not there', { subject });
  const found = decideFound(head, expected);
  if (found === 'other' && head.metadata[CONTENT] !== expected.mark) throw otherContent(target);
  const sound = found === 'ours' && (await isSound(context, target, head, crc32, etags, signal));
  if (!sound) {
    await deleteObject(context, target, { signal, etag: head.etag });
    throw trouble('UPLOAD_CORRUPTED', 'what the store holds differs from what was sent; it was deleted', { subject });
  }
  return describeStored(target, head, crc32);
}

async function isSound(
  context: StoreContext,
  target: ObjectLocation,
  head: ObjectHead,
  crc32: number,
  etags: readonly string[],
  signal?: AbortSignal,
): Promise<boolean> {
  if (head.crc32 !== null) return head.crc32 === crc32;
  if (head.etag === composedEtag(etags)) return true;
  context.log.warn({ target: uriOf(target) }, 'Upload:ReadBack:Start');
  return (await crc32OfObject(context, target, head, signal)) === crc32;
}

/** The ETag S3 gives an object of these parts, where theirs are MD5s; for one part that was put whole, its own. */
function composedEtag(etags: readonly string[]): string | null {
  const [only] = etags;
  if (etags.length === 0 || etags.some((etag) => !isMd5(etag))) return null;
  if (etags.length === 1 && only !== undefined) return only;
  const hash = createHash('md5');
  for (const etag of etags) hash.update(Buffer.from(etag, 'hex'));
  return `${hash.digest('hex')}-${etags.length}`;
}

export function isMd5(etag: string): boolean {
  return /^[0-9a-f]{32}$/.test(etag);
}

async function crc32OfObject(
  context: StoreContext,
  target: ObjectLocation,
  head: ObjectHead,
  signal?: AbortSignal,
): Promise<number> {
  const reader = rangeReader(context, { ...target, etag: head.etag, size: head.size });
  let whole = 0;
  for (let offset = 0; offset < head.size; offset += context.partSize) {
    const loan = await context.pool.acquire(Math.min(context.partSize, head.size - offset), signal);
    try {
      await reader.readInto(offset, loan.bytes, signal);
      whole = combineCrc32(whole, await crc32Of(loan.bytes), loan.bytes.byteLength);
    } finally {
      loan.release();
    }
  }
  return whole;
}
