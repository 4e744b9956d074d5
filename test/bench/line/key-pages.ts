const PAGE = 1_000;
const DIGITS = 8;
/** Every made-up key lies below it. */
export const PREFIX = 'lot/';

/** In the order of their numbers, which is that of bytes too. */
export function keyOf(index: number): string {
  return `${PREFIX}raster_${String(index).padStart(DIGITS, '0')}.tif`;
}

/** A page of ListObjectsV2 as S3 writes it, of keys that are made up: `lot/raster_00000000.tif` and on. */
export function pageOf(keys: number, bucket: string, query: URLSearchParams): string {
  const after = query.get('continuation-token') ?? query.get('start-after') ?? '';
  const from = after === '' ? 0 : indexAfter(after);
  const count = Math.max(0, Math.min(Number(query.get('max-keys') ?? PAGE), PAGE, keys - from));
  const more = from + count < keys;
  let contents = '';
  for (let index = from; index < from + count; index += 1) {
    const etag = (index * 2_654_435_761).toString(16).padStart(32, '0');
    contents += `<Contents><Key>${keyOf(index)}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>&quot;${etag}&quot;</ETag><Size>${7_000 + (index % 1_000)}</Size><StorageClass>STANDARD</StorageClass></Contents>`;
  }
  const encoding = query.get('encoding-type') === 'url' ? '<EncodingType>url</EncodingType>' : '';
  const next = more ? `<NextContinuationToken>${keyOf(from + count - 1)}</NextContinuationToken>` : '';
  return `<?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>${bucket}</Name><Prefix>${PREFIX}</Prefix><KeyCount>${count}</KeyCount><MaxKeys>${PAGE}</MaxKeys>${encoding}<IsTruncated>${more}</IsTruncated>${next}${contents}</ListBucketResult>`;
}

/** The number of the first key behind one that was given. */
function indexAfter(key: string): number {
  return Number(/(\d+)\.tif$/.exec(key)?.[1] ?? -1) + 1;
}
