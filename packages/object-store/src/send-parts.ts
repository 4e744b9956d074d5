import { createHash } from 'node:crypto';
import type { RangeReader } from '@geosluice/jobs';
import { CRC32_HEADER, crc32ToBase64 } from '@geosluice/s3-wire';
import type { Loan } from './buffer-pool.ts';
import { foreign, type StoreContext, uriOf } from './context.ts';
import { crc32Of, inSlices } from './crc32.ts';
import { createTurns, runInOrder } from './in-order.ts';
import { isMd5, md5Of } from './md5.ts';
import type { FinishedPart, OpenUpload } from './multipart.ts';
import { arrivedAs } from './objects.ts';
import type { ListedPart, PlannedPart } from './plan.ts';
import type { Session } from './session.ts';

export interface PartsRequest {
  session: Session;
  reader: RangeReader;
  /** In order. */
  plan: Iterable<PlannedPart>;
  concurrency: number;
  /** Also make the SHA-256 of the parts in their order; those the store has are read for it. They must count from 1. */
  hash: boolean;
  signal: AbortSignal;
  /** A part is in the store. */
  onPart(part: PlannedPart): void;
}

/** Sends the parts the store does not have, several at a time, from borrowed buffers. Throws the wire's errors. */
export async function sendParts(
  context: StoreContext,
  request: PartsRequest,
): Promise<{ parts: FinishedPart[]; sha256: string | null }> {
  const { session, reader } = request;
  const parts = new Map<number, FinishedPart>();
  const sha256 = createHash('sha256');
  const turns = createTurns();

  const finish = (part: PlannedPart, etag: string, crc32: number): void => {
    parts.set(part.number, { number: part.number, etag, crc32, length: part.length });
    request.onPart(part);
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
      const begun = performance.now();
      await foreign(reader.readInto(part.offset, bytes, signal));
      const hashed = request.hash
        ? turns.take(part.number, () => inSlices(bytes, (slice) => sha256.update(slice)), signal)
        : Promise.resolve();
      const sent = sendPart(context, session.upload, part, bytes, listed, signal);
      // the buffer goes back only when neither uses it any more
      const [hashing, sending] = await Promise.allSettled([hashed, sent]);
      if (sending.status === 'rejected') throw sending.reason;
      if (hashing.status === 'rejected') throw hashing.reason;
      context.budget.finished(part.length, performance.now() - begun);
      finish(part, sending.value.etag, sending.value.crc32);
    } finally {
      loan.release();
    }
  };

  const borrow = (part: PlannedPart, signal: AbortSignal): Promise<Loan | null> => {
    const known = session.kept.get(part.number)?.crc32 ?? null;
    return known !== null && !request.hash ? Promise.resolve(null) : context.budget.acquire(part.length, signal);
  };

  await runInOrder(request.plan, request.concurrency, request.signal, borrow, work);
  const inOrder = [...parts.values()].sort((a, b) => a.number - b.number);
  return { parts: inOrder, sha256: request.hash ? sha256.digest('hex') : null };
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
  const answer = await context.wire.request({
    ...{ method: 'PUT', bucket: upload.bucket, key: upload.key, body: bytes, signal },
    query: { partNumber: `${part.number}`, uploadId: upload.uploadId },
    headers: { [CRC32_HEADER]: crc32ToBase64(crc32) },
  });
  return { etag: await arrivedAs(answer.headers, bytes, crc32, uriOf(upload), `part ${part.number}`), crc32 };
}

/** Whether a listed part holds these bytes: by CRC-32 where the store keeps it, else by MD5 where the ETag is one. */
async function isSame(listed: ListedPart, bytes: Buffer, crc32: number): Promise<boolean> {
  if (listed.crc32 !== null) return listed.crc32 === crc32;
  return isMd5(listed.etag) && listed.etag === (await md5Of(bytes));
}
