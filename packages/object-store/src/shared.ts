import type { RangeReader, StoredObject } from '@geosluice/jobs';
import { attempt, foreign, type StoreContext, uriOf } from './context.ts';
import { type FinishedPart, isVanished, listParts } from './multipart.ts';
import { choosePartSize, countParts, decideResume, type ListedPart, planParts } from './plan.ts';
import { sendParts } from './send-parts.ts';
import { findSession, openSession, type Session } from './session.ts';
import { type Expected, verifyStored } from './stored.ts';
import {
  assertCrc32,
  attributesOf,
  complete,
  crc32OfParts,
  discard,
  expectedOf,
  findDone,
  inRounds,
  type UploadRequest,
  vanishedUnseen,
} from './upload.ts';

/** A file that many workers bring together; all of them name the same target, content and size. */
export interface SharedRequest extends Omit<UploadRequest, 'reader' | 'concurrency' | 'expectedSha256'> {
  /** Bytes. */
  size: number;
}

export interface RangeRequest extends SharedRequest {
  reader: RangeReader;
  /** As openShared gave it. */
  partSize: number;
  /** Numbers of the first and the last part, from 1. */
  first: number;
  last: number;
}

export type SharedState =
  | { kind: 'done'; object: StoredObject }
  /** `count` parts in all, `missing` the numbers of those that are not there, `sent` bytes that are. */
  | { kind: 'open'; partSize: number; count: number; missing: number[]; sent: number };

/** `completed`: the object is there; `gone`: there is no such upload any more, or one of another plan. */
export type RangeEnd = 'sent' | 'completed' | 'gone';

/**
 * How far a shared upload is: begins it where there is none, and goes on with the one there is. Where every part is there,
 * the last one is named all the same: who takes its range completes.
 * @throws ObjectStoreError
 */
export async function openShared(context: StoreContext, request: SharedRequest): Promise<SharedState> {
  const { target, memory, size, signal } = request;
  const expected = expectedOf(request, size);
  return inRounds(context, target, signal, async () => {
    const object = await findDone(context, request, expected);
    if (object !== null) return { kind: 'done', object } as const;
    const session = await openSession(context, {
      ...{ target, memory, signal, size, checksum: 'full' as const, mark: expected.mark },
      partSize: choosePartSize(size, request.partSize ?? context.budget.partSize()),
      ...attributesOf(request, expected),
    });
    const { partSize, kept } = session;
    const missing: number[] = [];
    let sent = 0;
    for (const { number, length } of planParts(size, partSize)) {
      if (kept.has(number)) sent += length;
      else missing.push(number);
    }
    const count = countParts(size, partSize);
    if (missing.length === 0) missing.push(count);
    return { kind: 'open', partSize, count, missing, sent } as const;
  });
}

/**
 * Sends what the store lacks of a range of parts. Whoever then finds that nothing is missing any more completes the upload.
 * @throws ObjectStoreError, or what the reader, the memory or the fence throws
 */
export async function sendRange(context: StoreContext, request: RangeRequest): Promise<RangeEnd> {
  const { target, memory, size, signal, first, last } = request;
  const expected = expectedOf(request, size);
  return attempt(uriOf(target), signal, async () => {
    const range = { after: first - 1, until: last };
    const found = await findSession(context, { target, memory, signal, size, mark: expected.mark }, range);
    if (found.kind !== 'open' || found.session.partSize !== request.partSize) return 'gone';
    const { session } = found;
    const { upload, partSize } = session;
    // ranges are taken in order: what comes before this one is there, or nearly
    let done = (first - 1) * partSize;
    for (const part of session.kept.values()) done += part.size;
    request.onProgress?.(done, size);
    try {
      await sendParts(context, {
        session,
        reader: request.reader,
        plan: rangeOf(size, partSize, first, last, session.kept),
        concurrency: context.concurrency,
        hash: false,
        signal,
        onPart: ({ length }) => {
          done += length;
          request.onProgress?.(done, size);
        },
      });
    } catch (error) {
      if (isVanished(error) || (await vanishedUnseen(context, session, error, signal))) return 'gone';
      throw error;
    }
    const count = countParts(size, partSize);
    // nearly always something of the next range is missing, which is cheap to see
    const rest = { after: last, firstPage: 16, gapless: true };
    const after = last < count ? await listParts(context, upload, signal, rest) : new Map();
    if (after === null) return 'gone';
    if (after.size < count - last) return 'sent';
    const listed = await listParts(context, upload, signal, { gapless: true });
    const kept = listed === null ? null : decideResume(listed.values(), size, partSize);
    if (kept === null) return 'gone';
    if (kept.size < count) return 'sent';
    request.onProgress?.(size, size);
    const finish = () => completeShared(context, request, expected, { ...session, kept });
    // two that find the list whole at a time would complete twice, which not every store takes well
    return (memory.alone === undefined ? await finish() : await memory.alone(uriOf(target), finish)) ?? 'sent';
  });
}

async function completeShared(
  context: StoreContext,
  request: RangeRequest,
  expected: Expected,
  session: Session,
): Promise<RangeEnd> {
  const { target, reader, memory, size, signal } = request;
  // another was faster
  if ((await findDone(context, request, expected)) !== null) return 'completed';
  const parts = finishedOf(session, size);
  const crc32 = crc32OfParts(parts);
  const vouched = crc32 === null ? ((await foreign(reader.crc32?.(signal))) ?? null) : null;
  if (crc32 !== null) {
    await assertCrc32(reader, crc32, target, signal).catch(async (error: unknown) => {
      // which part it is nobody knows
      if ((error as { code?: unknown }).code === 'SOURCE_CORRUPTED') await discard(context, session, memory);
      throw error;
    });
  }
  await foreign(request.fence?.());
  if (!(await complete(context, request, expected, session, parts, { size, crc32 }))) return 'gone';
  const etags = parts.map(({ etag }) => etag);
  await verifyStored(context, target, expected, { crc32, vouched, etags, reader }, signal);
  await foreign(memory.forget(uriOf(target)));
  return 'completed';
}

function* rangeOf(size: number, partSize: number, first: number, last: number, kept: ReadonlyMap<number, ListedPart>) {
  for (const part of planParts(size, partSize)) {
    if (part.number > last) return;
    if (part.number >= first && !kept.has(part.number)) yield part;
  }
}

function finishedOf({ kept, partSize }: Session, size: number): FinishedPart[] {
  return [...planParts(size, partSize)].map(({ number, length }) => {
    const { etag = '', crc32 = null } = kept.get(number) ?? {};
    return { number, etag, crc32, length };
  });
}
