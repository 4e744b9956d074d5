import { CopyObjectCommand, UploadPartCopyCommand } from '@aws-sdk/client-s3';
import type { StoredObject } from '@geosluice/jobs';
import { hasStatus, isUnsupported, readFault } from './classify.ts';
import { bareEtag, foreign, quotedEtag, type StoreContext, sending, uriOf } from './context.ts';
import { refusal, superseded, trouble } from './errors.ts';
import { runInOrder } from './in-order.ts';
import { type FinishedPart, ids, isVanished } from './multipart.ts';
import { headObject, type ObjectHead } from './objects.ts';
import { choosePartSize, planParts } from './plan.ts';
import { type PinnedObject, rangeReader } from './reading.ts';
import { openSession, type Session } from './session.ts';
import { decideFound, describeStored, type Expected, otherContent } from './stored.ts';
import {
  attributesOf,
  complete,
  discard,
  expectedOf,
  findDone,
  hashSource,
  inRounds,
  type UploadRequest,
} from './upload.ts';

export interface CopyRequest
  extends Pick<
    UploadRequest,
    | 'target'
    | 'memory'
    | 'contentId'
    | 'expectedSha256'
    | 'contentType'
    | 'metadata'
    | 'overwrite'
    | 'fence'
    | 'signal'
    | 'onProgress'
  > {
  /** The source on the same endpoint, readable with the same credentials. */
  from: PinnedObject;
}

/**
 * Copies an object inside of the store; no bytes pass through this process (unless an expected SHA-256 asks for one reading).
 * The source must be the pinned content, as a whole and in every part.
 * @throws ObjectStoreError SUPERSEDED where the source changed, SOURCE_GONE, SOURCE_FORBIDDEN
 */
export async function copy(context: StoreContext, request: CopyRequest): Promise<StoredObject> {
  const { from, target, signal } = request;
  const expected = expectedOf({ ...request, target: from }, from.size);
  return inRounds(context, target, signal, () => copyOnce(context, request, expected));
}

async function copyOnce(context: StoreContext, request: CopyRequest, expected: Expected): Promise<StoredObject | null> {
  const { from, target, signal } = request;
  const reader = rangeReader(context, from);
  const done = await findDone(context, { ...request, reader }, expected);
  if (done !== null) return done;
  const source = await lookAtSource(context, request);
  if (expected.sha256 !== undefined) await hashSource(context, { reader, target, signal }, expected.sha256);
  const whole = expected.size <= context.copyObjectMaxBytes && (await copyWhole(context, request, expected));
  if (!whole && !(await copyParts(context, request, expected))) return null;
  return verifyCopy(context, request, expected, source);
}

/** A source that may not be read is that file's trouble; the same answer about the target would be the store's. */
async function lookAtSource(context: StoreContext, { from, signal }: CopyRequest): Promise<ObjectHead> {
  const subject = uriOf(from);
  const head = await headObject(context, from, signal).catch((error: unknown) => {
    if ((error as { code?: unknown }).code !== 'STORE_FORBIDDEN') throw error;
    throw refusal('SOURCE_FORBIDDEN', 'the source object may not be read', {
      subject,
      cause: error,
      counterpart: 'source',
    });
  });
  if (head === null) throw refusal('SOURCE_GONE', 'the source object is gone', { subject, counterpart: 'source' });
  if (head.etag !== bareEtag(from.etag) || head.size !== from.size) {
    throw superseded('the source object changed before it was copied', { subject });
  }
  return head;
}

/** @returns false where the store wants this size copied in parts */
async function copyWhole(context: StoreContext, request: CopyRequest, expected: Expected): Promise<boolean> {
  const { from, target, signal } = request;
  await foreign(request.fence?.());
  const { contentType, metadata } = attributesOf(request, expected);
  const send = (conditional: boolean) =>
    context.client.send(
      new CopyObjectCommand({
        Bucket: target.bucket,
        Key: target.key,
        CopySource: copySource(from),
        CopySourceIfMatch: quotedEtag(from.etag),
        MetadataDirective: 'REPLACE',
        Metadata: metadata,
        ContentType: contentType,
        ...(conditional ? { IfNoneMatch: '*' } : {}),
      }),
      sending(signal),
    );
  try {
    await send(request.overwrite !== true);
  } catch (error) {
    const fault = readFault(error);
    if (signal.aborted || fault === null) throw error;
    const found = decideFound(await headObject(context, target, signal), expected);
    // a racer was faster, or the answer was lost
    if (found === 'ours') return true;
    if (fault.status === 412) {
      await lookAtSource(context, request);
      if (found === 'other') throw otherContent(target);
      throw trouble('STORE_ERROR', 'the store refuses a condition that holds', {
        subject: uriOf(target),
        cause: error,
      });
    }
    // the condition is not known, or the object is too large for one request
    if (!isUnsupported(error) && fault.name !== 'EntityTooLarge') throw error;
    return false;
  }
  context.counts.copied += expected.size;
  request.onProgress?.(expected.size, expected.size);
  return true;
}

/** @returns false where the store does not know the upload any more */
async function copyParts(context: StoreContext, request: CopyRequest, expected: Expected): Promise<boolean> {
  const { from, target, memory, signal } = request;
  const partSize = choosePartSize(expected.size, context.copyPartSize);
  const session = await openSession(context, {
    // versitygw gives a copied part the checksum of its whole source
    ...{ target, memory, signal, partSize, checksum: 'none' as const },
    ...attributesOf(request, expected),
    // parts of another content of the source are not the same upload
    mark: `${expected.mark} ${bareEtag(from.etag)}`,
    size: expected.size,
  });
  const parts: FinishedPart[] = [];
  let done = 0;
  try {
    await runInOrder(
      planParts(expected.size, session.partSize),
      context.concurrency,
      signal,
      () => Promise.resolve(),
      async (part, _, either) => {
        const kept = session.kept.get(part.number)?.etag;
        const etag = kept ?? (await copyPart(context, session, from, part, either));
        if (kept === undefined) context.counts.copied += part.length;
        parts[part.number - 1] = { number: part.number, etag, crc32: null, length: part.length };
        done += part.length;
        request.onProgress?.(done, expected.size);
      },
    );
  } catch (error) {
    if (hasStatus(error, 412)) {
      await discard(context, session, memory);
      throw superseded('the source object changed while it was copied', { subject: uriOf(from), cause: error });
    }
    if (isVanished(error)) {
      await lookAtSource(context, request);
      await discard(context, session, memory);
      return false;
    }
    throw error;
  }
  await foreign(request.fence?.());
  const whole = { size: expected.size, crc32: null };
  if (!(await complete(context, request, expected, session, parts, whole))) return false;
  await foreign(memory.forget(uriOf(target)));
  return true;
}

async function copyPart(
  context: StoreContext,
  session: Session,
  from: PinnedObject,
  part: { number: number; offset: number; length: number },
  signal: AbortSignal,
): Promise<string> {
  const answer = await context.client.send(
    new UploadPartCopyCommand({
      ...ids(session.upload),
      PartNumber: part.number,
      CopySource: copySource(from),
      CopySourceIfMatch: quotedEtag(from.etag),
      CopySourceRange: `bytes=${part.offset}-${part.offset + part.length - 1}`,
    }),
    sending(signal),
  );
  return bareEtag(answer.CopyPartResult?.ETag);
}

/** The store made the copy from a pinned source: its size must be right, and its checksum or ETag where both are alike. */
async function verifyCopy(
  context: StoreContext,
  { target, signal }: CopyRequest,
  expected: Expected,
  source: ObjectHead,
): Promise<StoredObject> {
  const subject = uriOf(target);
  const head = await headObject(context, target, signal);
  if (head === null) throw trouble('OBJECT_MISSING', 'the copied object is not there', { subject });
  const found = decideFound(head, expected);
  if (found === 'other' && head.size === expected.size) throw otherContent(target);
  const comparable = head.crc32 !== null && source.crc32 !== null;
  if (found !== 'ours' || (comparable && head.crc32 !== source.crc32)) {
    throw trouble('UPLOAD_CORRUPTED', `the copy has ${head.size} bytes, its source ${expected.size}`, { subject });
  }
  return describeStored(target, head, null);
}

/** Percent-encoded, segment by segment, as the header wants it. */
export function copySource({ bucket, key, versionId }: PinnedObject): string {
  const path = [bucket, ...key.split('/')].map((segment) => encodeURIComponent(segment)).join('/');
  return versionId === undefined ? path : `${path}?versionId=${encodeURIComponent(versionId)}`;
}
