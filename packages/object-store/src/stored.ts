import { createHash } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { PutObjectTaggingCommand } from '@aws-sdk/client-s3';
import type { RangeReader, StoredObject } from '@geosluice/jobs';
import {
  CONTENT,
  CRC32,
  foreign,
  type ObjectLocation,
  SHA256,
  SMALL_REQUEST_MS,
  type StoreContext,
  sending,
  uriOf,
} from './context.ts';
import { formatCrc32, hexOfCrc32 } from './crc32.ts';
import { refusal, trouble } from './errors.ts';
import { isMd5 } from './md5.ts';
import { deleteObject, headObject, type ObjectHead } from './objects.ts';
import { crc32OfObject, isSameInSamples, isSameThroughout } from './read-back.ts';
import type { PinnedObject } from './reading.ts';

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
  const { [SHA256]: sha256, [CRC32]: noted = '' } = head.metadata;
  const own = /^[0-9a-f]{8}$/.test(noted) ? Number.parseInt(noted, 16) : null;
  return describe(target, head, sha256, crc32 ?? head.crc32 ?? own);
}

/** An object that was put in one piece and arrived as it was sent. */
export function describePut(target: ObjectLocation, expected: Expected, etag: string, crc32: number): StoredObject {
  return describe(target, { size: expected.size, etag }, expected.sha256, crc32);
}

function describe(
  { bucket, key }: ObjectLocation,
  { size, etag }: { size: number; etag: string },
  sha256: string | undefined,
  crc32: number | null,
): StoredObject {
  const crc = crc32 === null ? null : formatCrc32(crc32);
  return { bucket, key, size, etag, checksum: sha256 === undefined ? crc : `sha256:${sha256}`, owned: true };
}

export function otherContent(target: ObjectLocation): Error {
  const subject = uriOf(target);
  const message = `another object lies at ${subject}; it is not replaced. Remove it, or choose another target prefix.`;
  return refusal('STORE_REFUSED', message, { subject });
}

/** What was sent, for comparing it with what is there. */
export interface Sent {
  /** CRC-32 of the whole; null where parts of it were sent by others and the store lists no checksums. */
  crc32: number | null;
  /** What the source says it is; asked for where `crc32` is not known. */
  vouched?: number | null;
  /** ETags of the parts in order; one for an object put in one piece. */
  etags: readonly string[];
  /** The source, to compare samples with. */
  reader: RangeReader;
}

/**
 * Checks what the store made of an upload: its size, and its content by the strongest means the store offers: the CRC-32 of
 * the whole object, else the ETag where it is the MD5 (or the MD5 of the parts' MD5s), else the bytes themselves, read back;
 * and more of them where the policy asks for it. What is wrong is deleted, so that the next attempt sends it again.
 */
export async function verifyStored(
  context: StoreContext,
  target: ObjectLocation,
  expected: Expected,
  sent: Sent,
  signal: AbortSignal,
): Promise<StoredObject> {
  const subject = uriOf(target);
  const head = await headSoon(context, target, signal);
  if (head === null) throw trouble('OBJECT_MISSING', 'the uploaded object is not there', { subject });
  const found = decideFound(head, expected);
  if (found === 'other' && head.metadata[CONTENT] !== expected.mark) throw otherContent(target);
  const object = { ...target, etag: head.etag, size: head.size };
  if (found !== 'ours' || !(await isSound(context, object, head.crc32, sent, signal))) {
    await deleteObject(context, target, { signal, etag: head.etag });
    throw trouble('UPLOAD_CORRUPTED', 'what the store holds differs from what was sent; it was deleted', { subject });
  }
  if (head.crc32 === null && sent.crc32 !== null && head.metadata[CRC32] === undefined) {
    await noteCrc32(context, target, sent.crc32, signal);
  }
  return describeStored(target, head, sent.crc32);
}

/** Where the store keeps no checksum of the whole: a tag, since metadata cannot be added to what is there. Not all know tags. */
async function noteCrc32(
  context: StoreContext,
  target: ObjectLocation,
  crc32: number,
  signal: AbortSignal,
): Promise<void> {
  const Tagging = { TagSet: [{ Key: CRC32, Value: hexOfCrc32(crc32) }] };
  const command = new PutObjectTaggingCommand({ Bucket: target.bucket, Key: target.key, Tagging });
  await context.client.send(command, sending(signal, SMALL_REQUEST_MS)).catch((error: unknown) => {
    signal.throwIfAborted();
    context.log.warn({ target: uriOf(target), error: String(error) }, 'Upload:Tag:Failed');
  });
}

/** Where two complete one upload at a time, versitygw shows no object for a moment. */
async function headSoon(
  context: StoreContext,
  target: ObjectLocation,
  signal: AbortSignal,
): Promise<ObjectHead | null> {
  for (const waitMs of [100, 400]) {
    const head = await headObject(context, target, signal);
    if (head !== null) return head;
    await wait(waitMs, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
  return headObject(context, target, signal);
}

async function isSound(
  context: StoreContext,
  object: PinnedObject,
  stored: number | null,
  sent: Sent,
  signal: AbortSignal,
): Promise<boolean> {
  if (stored !== null && sent.crc32 !== null && stored !== sent.crc32) return false;
  if (sent.crc32 === null && typeof sent.vouched === 'number') {
    return (stored ?? (await crc32OfObject(context, object, signal))) === sent.vouched;
  }
  const vouched = (stored !== null && sent.crc32 !== null) || object.etag === composedEtag(sent.etags);
  if (vouched && context.verify === 'head') return true;
  if (vouched && context.verify === 'sample') return await isSameInSamples(context, object, sent.reader, signal);
  context.log.info({ target: uriOf(object) }, 'Upload:ReadBack:Start');
  // what was read is beyond doubt only where the source vouches for it; else it is read once more
  const source = context.verify === 'full' ? ((await foreign(sent.reader.crc32?.(signal))) ?? null) : sent.crc32;
  if (sent.crc32 !== null && source === sent.crc32) {
    return (await crc32OfObject(context, object, signal)) === sent.crc32;
  }
  return await isSameThroughout(context, object, sent.reader, signal);
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
