import { randomInt } from 'node:crypto';
import type { RangeReader } from '@geosluice/jobs';
import { foreign, type StoreContext } from './context.ts';
import { combineCrc32, crc32Of } from './crc32.ts';
import { type PinnedObject, rangeReader } from './reading.ts';

/** Bytes read at a time, and so the memory it takes. */
const PIECE = 8 * 1024 * 1024;
const SAMPLE = 64 * 1024;
/** The first and the last block, and so many between them. */
const BETWEEN = 14;

/** CRC-32 of an object as it is read back, piece by piece. */
export async function crc32OfObject(context: StoreContext, object: PinnedObject, signal: AbortSignal): Promise<number> {
  const reader = rangeReader(context, object);
  let whole = 0;
  for (const { offset, length } of pieces(object.size)) {
    const loan = await context.budget.acquire(length, signal);
    try {
      await reader.readInto(offset, loan.bytes, signal);
      whole = combineCrc32(whole, await crc32Of(loan.bytes), length);
    } finally {
      loan.release();
    }
  }
  return whole;
}

/** Whether source and object hold the same bytes: all of them. */
export async function isSameThroughout(
  context: StoreContext,
  object: PinnedObject,
  source: RangeReader,
  signal: AbortSignal,
): Promise<boolean> {
  for (const { offset, length } of pieces(object.size)) {
    if (!(await isSame(context, object, source, offset, length, signal))) return false;
  }
  return true;
}

/** Whether source and object hold the same bytes at their ends and at places nobody can foresee. */
export async function isSameInSamples(
  context: StoreContext,
  object: PinnedObject,
  source: RangeReader,
  signal: AbortSignal,
): Promise<boolean> {
  const length = Math.min(SAMPLE, object.size);
  const last = object.size - length;
  const offsets = new Set([0, last, ...Array.from({ length: BETWEEN }, () => randomInt(last + 1))]);
  for (const offset of offsets) {
    if (!(await isSame(context, object, source, offset, length, signal))) return false;
  }
  return true;
}

async function isSame(
  context: StoreContext,
  object: PinnedObject,
  source: RangeReader,
  offset: number,
  length: number,
  signal: AbortSignal,
): Promise<boolean> {
  const loan = await context.budget.acquire(2 * length, signal);
  try {
    const stored = loan.bytes.subarray(0, length);
    const wanted = loan.bytes.subarray(length);
    await foreign(source.readInto(offset, wanted, signal));
    await rangeReader(context, object).readInto(offset, stored, signal);
    return stored.equals(wanted);
  } finally {
    loan.release();
  }
}

function* pieces(size: number): Generator<{ offset: number; length: number }> {
  for (let offset = 0; offset < size; offset += PIECE) yield { offset, length: Math.min(PIECE, size - offset) };
}
