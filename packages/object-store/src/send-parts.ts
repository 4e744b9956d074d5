import { createHash } from 'node:crypto';
import { UploadPartCommand } from '@aws-sdk/client-s3';
import type { RangeReader } from '@geosluice/jobs';
import type { Loan } from './buffer-pool.ts';
import { bareEtag, foreign, type StoreContext, sending, uriOf } from './context.ts';
import { crc32FromBase64, crc32Of, crc32ToBase64, inSlices } from './crc32.ts';
import { trouble } from './errors.ts';
import { createTurns, runInOrder } from './in-order.ts';
import { type FinishedPart, ids, type OpenUpload } from './multipart.ts';
import { type ListedPart, type PlannedPart, planParts } from './plan.ts';
import type { Session } from './session.ts';
import { isMd5 } from './stored.ts';

export interface PartsRequest {
  session: Session;
  reader: RangeReader;
  partSize: number;
  concurrency: number;
  /** Also make the SHA-256 of the whole; parts the store has are read for it. */
  hash: boolean;
  signal: AbortSignal;
  onProgress?: ((done: number, total: number) => void) | undefined;
}

/** Sends the parts the store does not have, several at a time, from borrowed buffers. Throws the SDK's errors. */
export async function sendParts(
  context: StoreContext,
  request: PartsRequest,
): Promise<{ parts: FinishedPart[]; sha256: string | null }> {
  const { session, reader } = request;
  const parts: FinishedPart[] = [];
  const sha256 = createHash('sha256');
  const turns = createTurns();
  let done = 0;

  const finish = (part: PlannedPart, etag: string, crc32: number): void => {
    parts[part.number - 1] = { number: part.number, etag, crc32, length: part.length };
    done += part.length;
    request.onProgress?.(done, reader.size);
  };

  const work = async (part: PlannedPart, loan: Loan | null, signal: AbortSignal): Promise<void> => {
    const listed = session.kept.get(part.number);
    if (loan === null) {
      finish(part, listed?.etag ?? '', listed?.crc32 ?? 0);
      return;
    }
    const { bytes } = loan;
    try {
      // a sibling may have failed while this part waited for memory
      signal.throwIfAborted();
      await foreign(reader.readInto(part.offset, bytes, signal));
      const hashed = request.hash
        ? turns.take(part.number, () => inSlices(bytes, (slice) => sha256.update(slice)), signal)
        : Promise.resolve();
      const sent = sendPart(context, session.upload, part, bytes, listed, signal);
      // the buffer goes back only when neither uses it any more
      const [hashing, sending] = await Promise.allSettled([hashed, sent]);
      if (sending.status === 'rejected') throw sending.reason;
      if (hashing.status === 'rejected') throw hashing.reason;
      finish(part, sending.value.etag, sending.value.crc32);
    } finally {
      loan.release();
    }
  };

  const borrow = (part: PlannedPart, signal: AbortSignal): Promise<Loan | null> => {
    const known = session.kept.get(part.number)?.crc32 ?? null;
    return known !== null && !request.hash ? Promise.resolve(null) : context.pool.acquire(part.length, signal);
  };

  const plan = planParts(reader.size, request.partSize);
  await runInOrder(plan, request.concurrency, request.signal, borrow, work);
  return { parts, sha256: request.hash ? sha256.digest('hex') : null };
}

/** Sends one part, unless the store lists it with the same content. */
async function sendPart(
  context: StoreContext,
  upload: OpenUpload,
  part: PlannedPart,
  bytes: Buffer,
  listed: ListedPart | undefined,
  signal: AbortSignal,
): Promise<{ etag: string; crc32: number }> {
  const crc32 = await crc32Of(bytes);
  if (listed !== undefined && (await isSame(listed, bytes, crc32))) return { etag: listed.etag, crc32 };
  const answer = await context.client.send(
    new UploadPartCommand({
      ...ids(upload),
      PartNumber: part.number,
      Body: bytes,
      ContentLength: bytes.byteLength,
      ChecksumCRC32: crc32ToBase64(crc32),
    }),
    sending(signal),
  );
  const etag = bareEtag(answer.ETag);
  const echoed = crc32FromBase64(answer.ChecksumCRC32);
  // a store that gives the checksum back has compared it; from another one only the MD5 in the ETag tells
  const arrived = echoed !== null ? echoed === crc32 : !isMd5(etag) || etag === (await md5Of(bytes));
  if (!arrived) {
    const message = `part ${part.number} arrived changed`;
    throw trouble('UPLOAD_CORRUPTED', message, { subject: uriOf(upload) });
  }
  return { etag, crc32 };
}

/** Whether a listed part holds these bytes: by CRC-32 where the store keeps it, else by MD5 where the ETag is one. */
async function isSame(listed: ListedPart, bytes: Buffer, crc32: number): Promise<boolean> {
  if (listed.crc32 !== null) return listed.crc32 === crc32;
  return isMd5(listed.etag) && listed.etag === (await md5Of(bytes));
}

async function md5Of(bytes: Buffer): Promise<string> {
  const hash = createHash('md5');
  await inSlices(bytes, (slice) => hash.update(slice));
  return hash.digest('hex');
}
