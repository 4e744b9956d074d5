import type { UploadJob } from '@geosluice/jobs';
import type { Storage } from './decide-storage.ts';

const MIB = 1024 * 1024;
/** Most bytes of a range, as far as a file has no more of them than MOST_RANGES. */
const RANGE_BYTES = 128 * MIB;
/** A file has about so many ranges at least, that a few workers share it evenly to its end, and so many at most. */
const LEAST_RANGES = 64;
const MOST_RANGES = 1_024;

/** Consecutive parts of one upload, by number, 1 for the first; both are meant. */
export interface PartRange {
  first: number;
  last: number;
}

/** Many workers share a file that is large enough, and passes through us; a SHA-256 needs one who reads it in order. */
export function decideShare(
  { fingerprint, expectedSha256 }: Pick<UploadJob, 'fingerprint' | 'expectedSha256'>,
  storage: Storage,
  shareBytes: number | undefined,
): boolean {
  return (
    storage === 'through-us' && expectedSha256 === null && fingerprint.size >= (shareBytes ?? Number.POSITIVE_INFINITY)
  );
}

/**
 * The ranges of which something is missing, in order. Their bounds follow from the sizes alone: who looks later, or from
 * another worker, finds the same.
 */
export function decideRanges(upload: { size: number; partSize: number; missing: readonly number[] }): PartRange[] {
  const { size, partSize, missing } = upload;
  const count = Math.ceil(size / partSize);
  const bytes = Math.max(Math.min(RANGE_BYTES, size / LEAST_RANGES), size / MOST_RANGES);
  const parts = Math.max(1, Math.ceil(bytes / partSize));
  const wanted = new Set(missing.map((number) => Math.floor((number - 1) / parts)));
  return [...wanted]
    .sort((a, b) => a - b)
    .map((at) => ({ first: at * parts + 1, last: Math.min(count, (at + 1) * parts) }));
}
