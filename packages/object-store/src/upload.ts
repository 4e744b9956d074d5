import { createHash } from 'node:crypto';
import { GeosluiceError, type RangeReader, type StoredObject, type UploadMemory } from '@geosluice/jobs';
import { hasStatus, isUnsupported, readFault } from './classify.ts';
import {
  attempt,
  CONTENT,
  contentMark,
  foreign,
  type ObjectLocation,
  SHA256,
  type StoreContext,
  uriOf,
} from './context.ts';
import { combineCrc32, crc32Of, inSlices } from './crc32.ts';
import { refusal, trouble } from './errors.ts';
import { abortUpload, completeUpload, type FinishedPart, isVanished, listParts } from './multipart.ts';
import { headObject, putBytes } from './objects.ts';
import { choosePartSize, planParts } from './plan.ts';
import { sendParts } from './send-parts.ts';
import { dropSession, openSession, type Session } from './session.ts';
import { decideFound, describeStored, type Expected, otherContent, verifyStored } from './stored.ts';

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
 * Brings one file into the store. Repeating it is harmless: it looks first, and does what is missing. A killed or aborted
 * upload goes on from the parts the store has; a rejected one gives them back.
 * @throws ObjectStoreError, or what the reader, the memory or the fence throws
 */
export async function upload(context: StoreContext, request: UploadRequest): Promise<StoredObject> {
  const { target, reader, signal } = request;
  const subject = uriOf(target);
  if (reader.size === 0) throw refusal('EMPTY_FILE', 'the file has no bytes', { subject });
  const expected: Expected = {
    size: reader.size,
    mark: contentMark(request.contentId),
    sha256: request.expectedSha256?.toLowerCase(),
  };
  for (let round = 0; round < ROUNDS; round += 1) {
    const done = await attempt(subject, signal, async () => {
      const found = await findDone(context, request, expected);
      return found ?? (await send(context, request, expected));
    });
    if (done !== null) return done;
    context.log.warn({ target: subject, round }, 'Upload:Vanished:Again');
  }
  throw trouble('UPLOAD_VANISHED', 'the store forgot the upload again and again', { subject });
}

function send(context: StoreContext, request: UploadRequest, expected: Expected): Promise<StoredObject | null> {
  const partSize = choosePartSize(expected.size, request.partSize ?? context.partSize);
  return expected.size <= partSize
    ? sendWhole(context, request, expected)
    : sendMultipart(context, request, expected, partSize);
}

/** The object, where an earlier run finished it. */
async function findDone(
  context: StoreContext,
  request: UploadRequest,
  expected: Expected,
): Promise<StoredObject | null> {
  const { target, signal } = request;
  const head = await headObject(context, target, signal);
  const found = decideFound(head, expected);
  if (head === null || found === 'nothing') return null;
  if (found === 'other') {
    if (request.overwrite === true) return null;
    throw otherContent(target);
  }
  // it came without a checksum then: the source is asked now
  if (expected.sha256 !== undefined && head.metadata[SHA256] !== expected.sha256) {
    await hashSource(context, request, expected.sha256);
  }
  await dropSession(context, target, request.memory, signal);
  request.onProgress?.(expected.size, expected.size);
  return describeStored(target, head, null);
}

async function sendWhole(context: StoreContext, request: UploadRequest, expected: Expected): Promise<StoredObject> {
  const { target, signal } = request;
  const loan = await context.pool.acquire(expected.size, signal);
  try {
    await foreign(request.reader.readInto(0, loan.bytes, signal));
    const crc32 = await crc32Of(loan.bytes);
    if (expected.sha256 !== undefined) {
      const hash = createHash('sha256');
      await inSlices(loan.bytes, (slice) => hash.update(slice));
      assertSha256(hash.digest('hex'), expected.sha256, uriOf(target));
    }
    await foreign(request.fence?.());
    const put = await putBytes(context, target, loan.bytes, crc32, {
      ...attributesOf(request, expected),
      ifNoneMatch: request.overwrite !== true,
      signal,
    });
    const etags = put.created ? [put.etag] : [];
    const stored = await verifyStored(context, target, expected, crc32, etags, signal);
    request.onProgress?.(expected.size, expected.size);
    return stored;
  } finally {
    loan.release();
  }
}

/** @returns null where the store does not know the upload any more */
async function sendMultipart(
  context: StoreContext,
  request: UploadRequest,
  expected: Expected,
  partSize: number,
): Promise<StoredObject | null> {
  const { target, memory, signal } = request;
  const session = await openSession(context, {
    ...{ target, memory, signal, partSize, checksum: 'full' as const },
    ...attributesOf(request, expected),
    mark: expected.mark,
    size: expected.size,
  });
  let parts: FinishedPart[];
  try {
    const sent = await sendParts(context, {
      session,
      reader: request.reader,
      partSize,
      concurrency: request.concurrency ?? context.concurrency,
      hash: expected.sha256 !== undefined,
      signal,
      onProgress: request.onProgress,
    });
    parts = sent.parts;
    if (expected.sha256 !== undefined) assertSha256(sent.sha256 ?? '', expected.sha256, uriOf(target));
  } catch (error) {
    if (isVanished(error) || (await vanishedUnseen(context, session, error, signal))) return null;
    // the content will never be wanted; after anything else the parts wait to be continued
    const final = error instanceof GeosluiceError && error.means !== 'retry';
    if (final && !signal.aborted) await discard(context, session, memory);
    throw error;
  }
  await foreign(request.fence?.());
  let crc32 = 0;
  for (const part of parts) crc32 = combineCrc32(crc32, part.crc32 ?? 0, part.length);
  const whole = { size: expected.size, crc32 };
  const completed = await complete(context, request, expected, session, parts, whole);
  if (!completed) return null;
  const etags = parts.map(({ etag }) => etag);
  const stored = await verifyStored(context, target, expected, crc32, etags, signal);
  await foreign(memory.forget(uriOf(target)));
  return stored;
}

/** A store may cut the connection of a part it has no upload for, before its answer can be read: ask. */
async function vanishedUnseen(
  context: StoreContext,
  session: Session,
  error: unknown,
  signal: AbortSignal,
): Promise<boolean> {
  if (signal.aborted || readFault(error)?.status !== 0) return false;
  return listParts(context, session.upload, signal).then(
    (parts) => parts === null,
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
    if (isVanished(error) || hasStatus(error, 409, 412)) {
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
  for (const part of planParts(request.reader.size, context.partSize)) {
    const loan = await context.pool.acquire(part.length, request.signal);
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
