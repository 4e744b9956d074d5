import { type LedgerEntry, type Location, parseVersion, rasterPart, type UploadJob } from '@geosluice/jobs';
import { isSafeKey } from '../keys.ts';

/** How the bytes of a raster get where GeoServer reads them. */
export type Storage = 'in-place' | 'server-side' | 'through-us';

/**
 * In place only where the rule says so, the bucket is one that GeoServer reads, the key is safe, and GeoServer was never
 * sent to other content under that key, published or not: its block cache knows bucket, key and block, but no ETag.
 */
export function decideStorage(
  job: Pick<UploadJob, 'options' | 'location' | 'fingerprint' | 'version' | 'spool'>,
  entry: LedgerEntry | null,
  where: { servedInPlace(location: Location): boolean; sameEndpoint(location: Location): boolean },
): Storage {
  const from = job.spool ?? job.location;
  const wantsInPlace = job.options.storage === 'in-place' && job.spool === null;
  if (wantsInPlace && where.servedInPlace(from) && from.kind === 's3' && isSafeKey(from.key)) {
    const now = rasterPart(job.fingerprint);
    const published = entry?.publishedVersion;
    const neverOther = published === undefined || parseVersion(published).raster === now;
    if (neverOther && (entry?.inPlaceRaster ?? now) === now) return 'in-place';
  }
  // a spooled copy lies in the target bucket
  if (job.spool !== null || (from.kind === 's3' && where.sameEndpoint(from))) return 'server-side';
  return 'through-us';
}
