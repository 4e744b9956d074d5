import { createHash } from 'node:crypto';
import { GeosluiceError, type RangeReader, type StoredObject, type UploadMemory } from '@geosluice/jobs';
import { hasStatus, isUnsupported, readFault } from './classify.ts';
import {
  attempt,
  bareEtag,
  CONTENT,
  CRC32,
  contentMark,
  foreign,
  type ObjectLocation,
  SHA256,
  type StoreContext,
  uriOf,
} from './context.ts';
import { combineCrc32, crc32Of, hexOfCrc32, inSlices } from './crc32.ts';
import { refusal, trouble } from './errors.ts';
import { abortUpload, completeUpload, type FinishedPart, isVanished, listParts } from './multipart.ts';
import { headObject, type PutResult, putBytes } from './objects.ts';
import { choosePartSize, planParts } from './plan.ts';
import { sendParts } from './send-parts.ts';
import { dropSession, openSession, type Session } from './session.ts';
import { decideFound, describePut, describeStored, type Expected, otherContent, verifyStored } from './stored.ts';

export interface UploadRequest {
  /** The source; pinned to one content. */
  reader: RangeReader;
  target: ObjectLocation;
  /** Where the UploadId of an unfinished upload is kept. */
  memory: UploadMemory;
  /** Names the content, e.g. its fingerprint: an upload is continued, and an object taken for done, only under the same. */
  contentId: string;
  /** Bytes a part, at least 5 MiB; larger where the file needs it. */
  partSize?: number | undefined;
  /** Parts in flight. */
  concurrency?: number | undefined;
  /** Hex; verified over the whole source before the object appears. */
  expectedSha256?: string | undefined;
  /** Default `image/tiff`. */
  contentType?: string | undefined;
  /** Further metadata of the object, printable ASCII. */
  metadata?: Record<string, string> | undefined;
  /** Replace an object of other content; default false, since GeoServer may have cached it. */
  overwrite?: boolean | undefined;
  /** Called before the object appears; what it throws ends the upload, which stays to be continued. */
  fence?: (() => Promise<void>) | undefined;
  signal: AbortSignal;
  /** Bytes that are in the store, of all. */
  onProgress?: ((done: number, total: number) => void) | undefined;
}

/** An upload that lost its UploadId on the way (a racer completed it, a sweep aborted it) looks again and starts over. */
const ROUNDS = 3;

/**
 * Brings one file into the store. Repeating it is harmless: it looks first (or is told by the store, which never replaces an
 * object), and does what is missing. A killed or aborted upload goes on from the parts the store has; a rejected one gives
 * them back.
 * @throws ObjectStoreError, or what the reader, the memory or the fence throws
 */
export async function upload(context: StoreContext, request: UploadRequest): Promise<StoredObject> {
  const { target, reader, signal } = request;
  const expected = expectedOf(request, reader.size);
  return inRounds(context, target, signal, async () => {
    const partSize = choosePartSize(expected.size, request.partSize ?? context.budget.partSize());
    if (expected.size > partSize) {
      return (
        (await findDone(context, request, expected)) ?? (await sendMultipart(context, request, expected, partSize))
      );
    }
    // one request answers for a small file: it neither replaces an object nor takes other bytes than it names
    const found = request.overwrite === true ? await findDone(context, request, expected) : null;
    return found ?? (await sendWhole(context, request, expected));
  });
}

/** @throws ObjectStoreError EMPTY_FILE */
export function expectedOf(
  request: Pick<UploadRequest, 'target' | 'contentId' | 'expectedSha256'>,
  size: number,
): Expected {
  if (size === 0) throw refusal('EMPTY_FILE', 'the file has no bytes', { subject: uriOf(request.target) });
  return { size, mark: contentMark(request.contentId), sha256: request.expectedSha256?.toLowerCase() };
}

/** Works until there is an answer: null begins anew. */
export async function inRounds<T>(
  context: StoreContext,
  target: ObjectLocation,
  signal: AbortSignal,
  work: () => Promise<T | null>,
): Promise<T> {
  const subject = uriOf(target);
  for (let round = 0; round < ROUNDS; round += 1) {
    const done = await attempt(subject, signal, work);
    if (done !== null) return done;
    context.log.warn({ target: subject, round }, 'Upload:Vanished:Again');
  }
  throw trouble('UPLOAD_VANISHED', 'the store forgot the upload again and again', { subject });
}

/** The object, where an earlier run finished it. A SHA-256 that came later is made of `reader`. */
export async function findDone(
  context: StoreContext,
  request: Pick<UploadRequest, 'target' | 'memory' | 'overwrite' | 'signal' | 'onProgress'> & { reader?: RangeReader },
  expected: Expected,
): Promise<StoredObject | null> {
  const { target, signal, reader } = request;
  const head = await headObject(context, target, signal);
  const found = decideFound(head, expected);
  if (head === null || found === 'nothing') return null;
  if (found === 'other') {
    if (request.overwrite === true) return null;
    throw otherContent(target);
  }
  // it came without a checksum then: the source is asked now
  if (reader !== undefined && expected.sha256 !== undefined && head.metadata[SHA256] !== expected.sha256) {
    await hashSource(context, { reader, target, signal }, expected.sha256);
  }
  await dropSession(context, target, request.memory, signal);
  request.onProgress?.(expected.size, expected.size);
  return describeStored(target, head, null);
}

async function sendWhole(context: StoreContext, request: UploadRequest, expected: Expected): Promise<StoredObject> {
  const { target, reader, signal } = request;
  const begun = performance.now();
  const loan = await context.budget.acquire(expected.size, signal);
  let crc32: number;
  let put: PutResult;
  try {
    await foreign(reader.readInto(0, loan.bytes, signal));
    crc32 = await crc32Of(loan.bytes);
    await assertCrc32(reader, crc32, target, signal);
    if (expected.sha256 !== undefined) {
      const hash = createHash('sha256');
      await inSlices(loan.bytes, (slice) => hash.update(slice));
      assertSha256(hash.digest('hex'), expected.sha256, uriOf(target));
    }
    await foreign(request.fence?.());
    const { contentType, metadata } = attributesOf(request, expected);
    put = await putBytes(context, target, loan.bytes, crc32, {
      contentType,
      metadata: { ...metadata, [CRC32]: hexOfCrc32(crc32) },
      ifNoneMatch: request.overwrite !== true,
      signal,
    });
    context.budget.finished(expected.size, performance.now() - begun);
  } finally {
    // the proof may want memory of its own
    loan.release();
  }
  const etags = put.created ? [put.etag] : [];
  // an object that we made of bytes that arrived as they were sent needs no second look, unless the policy wants one
  const stored =
    put.created && context.verify === 'head'
      ? describePut(target, expected, put.etag, crc32)
      : await verifyStored(context, target, expected, { crc32, etags, reader }, signal);
  request.onProgress?.(expected.size, expected.size);
  return stored;
}

/** @returns null where the store does not know the upload any more */
async function sendMultipart(
  context: StoreContext,
  request: UploadRequest,
  expected: Expected,
  partSize: number,
): Promise<StoredObject | null> {
  const { target, memory, reader, signal } = request;
  const session = await openSession(context, {
    ...{ target, memory, signal, partSize, checksum: 'full' as const },
    ...attributesOf(request, expected),
    mark: expected.mark,
    size: expected.size,
  });
  let parts: FinishedPart[];
  let crc32 = 0;
  // what an earlier run sent is there from the start
  let done = 0;
  for (const { size } of session.kept.values()) done += size;
  if (done > 0) request.onProgress?.(done, expected.size);
  try {
    const sent = await sendParts(context, {
      session,
      reader,
      plan: planParts(expected.size, session.partSize),
      concurrency: request.concurrency ?? context.concurrency,
      hash: expected.sha256 !== undefined,
      signal,
      onPart: ({ number, length }) => {
        if (!session.kept.has(number)) done += length;
        request.onProgress?.(done, expected.size);
      },
    });
    parts = sent.parts;
    crc32 = crc32OfParts(parts) ?? 0;
    await assertCrc32(reader, crc32, target, signal);
    if (expected.sha256 !== undefined) assertSha256(sent.sha256 ?? '', expected.sha256, uriOf(target));
  } catch (error) {
    if (isVanished(error) || (await vanishedUnseen(context, session, error, signal))) return null;
    // bytes that are not wanted, or not trusted; after anything else the parts wait to be continued
    const final = error instanceof GeosluiceError && (error.means !== 'retry' || error.code === 'SOURCE_CORRUPTED');
    if (final && !signal.aborted) await discard(context, session, memory);
    throw error;
  }
  await foreign(request.fence?.());
  const completed = await complete(context, request, expected, session, parts, { size: expected.size, crc32 });
  if (!completed) return null;
  const etags = parts.map(({ etag }) => etag);
  const stored = await verifyStored(context, target, expected, { crc32, etags, reader }, signal);
  await foreign(memory.forget(uriOf(target)));
  return stored;
}

/** CRC-32 of the whole from those of all parts in order; null where one is not known. */
export function crc32OfParts(parts: readonly FinishedPart[]): number | null {
  let whole = 0;
  for (const { crc32, length } of parts) {
    if (crc32 === null) return null;
    whole = combineCrc32(whole, crc32, length);
  }
  return whole;
}

/**
 * Compares what was read with what the source says it holds: a byte may change on that way too.
 * @throws ObjectStoreError SOURCE_CORRUPTED
 */
export async function assertCrc32(
  reader: RangeReader,
  crc32: number,
  target: ObjectLocation,
  signal: AbortSignal,
): Promise<void> {
  const vouched = (await foreign(reader.crc32?.(signal))) ?? null;
  if (vouched === null || vouched === crc32) return;
  const message = `what was read differs from its source: CRC-32 ${hexOfCrc32(crc32)}, the source has ${hexOfCrc32(vouched)}`;
  throw trouble('SOURCE_CORRUPTED', message, { subject: uriOf(target), counterpart: 'source' });
}

/**
 * A store may cut the connection of a part it has no upload for, before its answer can be read, or fail by it: ask.
 * An upload that lacks parts it had taken was aborted as well (versitygw: while one more was being written).
 */
export async function vanishedUnseen(
  context: StoreContext,
  session: Session,
  error: unknown,
  signal: AbortSignal,
  taken: readonly FinishedPart[] = [],
): Promise<boolean> {
  const status = readFault(error)?.status;
  if (signal.aborted || status === undefined || (status > 0 && status < 500)) return false;
  return listParts(context, session.upload, signal).then(
    (parts) => parts === null || taken.some(({ number, etag }) => parts.get(number)?.etag !== bareEtag(etag)),
    () => false,
  );
}

/**
 * Completes, and finds out what became of it where the answer is lost or says no: what lies at the target decides.
 * @returns false where there is neither the object nor the upload: begin anew
 */
export async function complete(
  context: StoreContext,
  request: Pick<UploadRequest, 'target' | 'overwrite' | 'memory' | 'signal'>,
  expected: Expected,
  session: Session,
  parts: readonly FinishedPart[],
  whole: { size: number; crc32: number | null },
  bare = false,
): Promise<boolean> {
  const { target, signal } = request;
  const ifNoneMatch = request.overwrite !== true;
  try {
    await completeUpload(context, session.upload, parts, whole, { ifNoneMatch: ifNoneMatch && !bare, bare, signal });
    return true;
  } catch (error) {
    const fault = readFault(error);
    if (signal.aborted || fault === null) throw error;
    context.log.warn({ target: uriOf(target), fault: fault.name, status: fault.status }, 'Upload:Complete:Unclear');
    const head = await headObject(context, target, signal);
    const found = decideFound(head, expected);
    if (found === 'ours') {
      // a racer's object, or ours whose answer was lost: either way these parts have no further use
      await discard(context, session, request.memory);
      return true;
    }
    if (found === 'other' && ifNoneMatch) {
      await discard(context, session, request.memory);
      throw otherContent(target);
    }
    const vanished = isVanished(error) || (await vanishedUnseen(context, session, error, signal, parts));
    if (vanished || hasStatus(error, 409, 412)) {
      await discard(context, session, request.memory);
      return false;
    }
    // a store that knows neither the condition nor the checksum; versitygw says the same of an upload just aborted
    if (!bare && isUnsupported(error)) return await complete(context, request, expected, session, parts, whole, true);
    throw error;
  }
}

/** Gives the parts back. That it fails hides nothing: the sweep of stale uploads comes after. */
export async function discard(context: StoreContext, session: Session, memory: UploadMemory): Promise<void> {
  await abortUpload(context, session.upload).catch((error: unknown) => {
    context.log.warn({ target: uriOf(session.upload), error: String(error) }, 'Upload:Abort:Failed');
  });
  await foreign(memory.forget(uriOf(session.upload)));
}

/** Reads the whole source once for its SHA-256, within the memory bound. */
export async function hashSource(
  context: StoreContext,
  request: { reader: RangeReader; target: ObjectLocation; signal: AbortSignal },
  expected: string,
): Promise<void> {
  const hash = createHash('sha256');
  for (const part of planParts(request.reader.size, context.budget.partSize())) {
    const loan = await context.budget.acquire(part.length, request.signal);
    try {
      await foreign(request.reader.readInto(part.offset, loan.bytes, request.signal));
      await inSlices(loan.bytes, (slice) => hash.update(slice));
    } finally {
      loan.release();
    }
  }
  assertSha256(hash.digest('hex'), expected, uriOf(request.target));
}

function assertSha256(found: string, expected: string, subject: string): void {
  if (found === expected) return;
  const message = `the file's SHA-256 is ${found}, the checksum that came with it says ${expected}`;
  throw refusal('CHECKSUM_MISMATCH', message, { subject, counterpart: 'source' });
}

export function attributesOf(
  request: Pick<UploadRequest, 'contentType' | 'metadata'>,
  expected: Expected,
): { contentType: string; metadata: Record<string, string> } {
  return {
    contentType: request.contentType ?? 'image/tiff',
    metadata: {
      ...request.metadata,
      [CONTENT]: expected.mark,
      ...(expected.sha256 === undefined ? {} : { [SHA256]: expected.sha256 }),
    },
  };
}
