import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatVersion, type LedgerEntry, versionOf } from '@geosluice/jobs';
import { decideStorage } from './decide-storage.ts';

const fingerprint = { size: 4, etag: 'abc' };
const version = formatVersion(versionOf(fingerprint, [], {}));
const job = {
  options: {},
  location: { kind: 's3', bucket: 'geodata', key: 'inbox/a.tif' },
  fingerprint,
  version,
  spool: null,
} as const;
const inPlace = { ...job, options: { storage: 'in-place' } } as const;
const here = { servedInPlace: () => true, sameEndpoint: () => true };
const published = (publishedVersion: string) => ({ publishedVersion }) as LedgerEntry;

test('copy is the default: server side on one endpoint, through us otherwise', () => {
  assert.equal(decideStorage(job, null, here), 'server-side');
  assert.equal(decideStorage(job, null, { ...here, sameEndpoint: () => false }), 'through-us');
  const file = { ...job, location: { kind: 'file', path: '/data/a.tif' } } as const;
  assert.equal(decideStorage(file, null, here), 'through-us');
});

test('in place where the rule says so and GeoServer never read other content under the key', () => {
  assert.equal(decideStorage(inPlace, null, here), 'in-place');
  assert.equal(decideStorage(inPlace, published(version), here), 'in-place');
  const other = formatVersion(versionOf({ size: 4, etag: 'old' }, [], {}));
  assert.equal(decideStorage(inPlace, published(other), here), 'server-side', 'a changed object is copied after all');
});

test('a key that GeoServer was once sent to stays out of use for other content, also once that was copied and published', () => {
  const servedOther = { inPlaceRaster: versionOf({ size: 4, etag: 'old' }, [], {}).raster };
  assert.equal(decideStorage(inPlace, servedOther as LedgerEntry, here), 'server-side', 'it need not be published');
  const copied = { ...servedOther, publishedVersion: version } as LedgerEntry;
  assert.equal(decideStorage(inPlace, copied, here), 'server-side', 'a replay of what was copied');
  const same = { inPlaceRaster: versionOf(fingerprint, [], {}).raster, publishedVersion: version } as LedgerEntry;
  assert.equal(decideStorage(inPlace, same, here), 'in-place');
});

test('in place is not for another bucket, an unsafe key, or a spooled body', () => {
  assert.equal(decideStorage(inPlace, null, { ...here, servedInPlace: () => false }), 'server-side');
  for (const key of ['a b.tif', 'ä.tif', 'x//y.tif', '/x.tif', '../x.tif', 'x+y.tif', 'x%20.tif', 'x']) {
    assert.equal(decideStorage({ ...inPlace, location: { ...inPlace.location, key } }, null, here), 'server-side', key);
  }
  assert.equal(decideStorage({ ...inPlace, spool: job.location }, null, here), 'server-side');
});
