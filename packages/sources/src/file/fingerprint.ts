import type { BigIntStats } from 'node:fs';
import type { Fingerprint } from '@geosluice/jobs';

/** Size and modification time to the nanosecond: two writes of one size within a millisecond differ. */
export function fileFingerprint(stats: Pick<BigIntStats, 'size' | 'mtimeNs'>): Fingerprint {
  const ms = stats.mtimeNs / 1_000_000n;
  const date = new Date(Number(stats.mtimeNs < 0n ? 0n : ms));
  const nanos = String(((stats.mtimeNs % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n).padStart(9, '0');
  return { size: Number(stats.size), modified: `${date.toISOString().slice(0, 19)}.${nanos}Z` };
}

export function sameFile(a: Fingerprint, b: Fingerprint): boolean {
  return a.size === b.size && (a.modified === undefined || b.modified === undefined || a.modified === b.modified);
}
