import { refusal } from './errors.ts';

const MIB = 1024 * 1024;
/** S3's bounds: parts of a multipart upload, and bytes of a part other than the last. */
export const MIN_PART = 5 * MIB;
export const MAX_PART = 5 * 1024 * MIB;
export const MAX_PARTS = 10_000;
/** Parts aimed at for large files, which leaves a tenth of room. */
const AIM = 9_000;

export interface PlannedPart {
  /** From 1. */
  number: number;
  offset: number;
  length: number;
}

/**
 * Bytes a part: `wanted`, or what keeps a large file within 9,000 parts, in whole MiB.
 * @throws ObjectStoreError STORE_REFUSED past 44 TiB, which no part size can hold
 */
export function choosePartSize(size: number, wanted: number): number {
  const needed = Math.ceil(size / AIM / MIB) * MIB;
  const chosen = Math.max(wanted, MIN_PART, needed);
  if (chosen > MAX_PART) throw refusal('STORE_REFUSED', `a file of ${size} bytes is more than S3 can hold`);
  return chosen;
}

/** What a request costs beside its bytes should be no more than this share of its time on the way. */
const WAITING = 1 / 20;

/**
 * Bytes a part for a link: so large that waiting for answers costs little of it, and no larger, since what is in flight is
 * what a kill loses.
 * @param link seconds a request without bytes takes, and bytes a second of one connection; null: not known yet
 */
export function partSizeFor(
  link: { waitSeconds: number; bytesPerSecond: number } | null,
  bounds: { least: number; most: number },
): number {
  if (link === null) return bounds.least;
  const wanted = Math.ceil((link.waitSeconds * link.bytesPerSecond) / WAITING / MIB) * MIB;
  return Math.max(bounds.least, Math.min(bounds.most, wanted));
}

/** The parts of a file in order; generated, since there may be 10,000. */
export function* planParts(size: number, partSize: number): Generator<PlannedPart> {
  for (let number = 1, offset = 0; offset < size; number += 1, offset += partSize) {
    yield { number, offset, length: Math.min(partSize, size - offset) };
  }
}

export function countParts(size: number, partSize: number): number {
  return Math.ceil(size / partSize);
}

/** A part the store says it has. `etag` is without quotes. */
export interface ListedPart {
  number: number;
  size: number;
  etag: string;
  /** CRC-32, where the store keeps it. */
  crc32: number | null;
  /** When it came, in milliseconds since 1970. */
  modified?: number | null;
}

/**
 * Which listed parts an upload may keep: those with the number and length of a planned one.
 * @returns null where the store holds parts of another plan: begin anew
 */
export function decideResume(
  listed: Iterable<ListedPart>,
  size: number,
  partSize: number,
): Map<number, ListedPart> | null {
  const count = countParts(size, partSize);
  const kept = new Map<number, ListedPart>();
  for (const part of listed) {
    if (part.number > count) return null;
    const length = part.number === count ? size - (count - 1) * partSize : partSize;
    // a part of a wrong size is sent again, which replaces it
    if (part.size === length && part.etag !== '') kept.set(part.number, part);
  }
  return kept;
}
