import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  formatVersion,
  metadataPart,
  parseVersion,
  rasterPart,
  sameLayer,
  versionOf,
  versionSchema,
} from './version.ts';

const raster = { size: 10, etag: 'abc' };
const sidecar = { name: 'x.xml', fingerprint: { size: 5, etag: 'm1' } };

test('a version changes with the raster, its sidecars and the options that change the result', () => {
  const plain = formatVersion(versionOf(raster, [], {}));
  assert.match(plain, /^[a-z2-7]{10}-0$/);
  const versions = [
    plain,
    formatVersion(versionOf({ ...raster, etag: 'abd' }, [], {})),
    formatVersion(versionOf({ ...raster, size: 11 }, [], {})),
    formatVersion(versionOf(raster, [sidecar], {})),
    formatVersion(versionOf(raster, [{ ...sidecar, fingerprint: { size: 5, etag: 'm2' } }], {})),
    formatVersion(versionOf(raster, [], { owner: 'ann' })),
    formatVersion(versionOf(raster, [], { rule: 'r', name: 'x' })),
  ];
  assert.equal(new Set(versions).size, versions.length);
  for (const version of versions) assert.equal(versionSchema.safeParse(version).success, true, version);
});

test('options without a result make no new version, nor does the order of sidecars or options', () => {
  const version = formatVersion(versionOf(raster, [], {}));
  assert.equal(
    formatVersion(versionOf(raster, [], { priority: 'bulk', after: 'delete', metadata: 'required' })),
    version,
  );
  const other = { name: 'x.sld', fingerprint: { size: 9, etag: 's' } };
  assert.equal(metadataPart([sidecar, other]), metadataPart([other, sidecar]));
  assert.equal(
    formatVersion(versionOf(raster, [], { owner: 'a', group: 'g' })),
    formatVersion(versionOf(raster, [], { group: 'g', owner: 'a' })),
  );
});

test('where there is no ETag the modification time tells contents apart', () => {
  const at = (modified: string) => rasterPart({ size: 10, modified });
  assert.notEqual(at('2026-01-01T00:00:00Z'), at('2026-01-01T00:00:01Z'));
});

test('options of the description alone leave object and layer as they are', () => {
  const of = (options: Parameters<typeof versionOf>[2], etag = 'abc') => versionOf({ size: 10, etag }, [], options);
  assert.equal(sameLayer(of({}), of({ owner: 'ann', keywords: ['k'] })), true);
  assert.equal(sameLayer(of({ style: 'dem', owner: 'ann' }), of({ style: 'dem', permissions: 'owner' })), true);
  for (const option of [
    { style: 'dem' },
    { workspace: 'w' },
    { name: 'n' },
    { srs: 'EPSG:4326' },
    { store: 'cog' },
  ] as const)
    assert.equal(sameLayer(of({}), of(option)), false, JSON.stringify(option));
  assert.equal(sameLayer(of({}), of({}, 'other')), false);
});

test('a version is read back as it was written', () => {
  for (const options of [{}, { owner: 'ann' }]) {
    const version = versionOf(raster, [sidecar], options);
    assert.deepEqual(parseVersion(formatVersion(version)), version);
  }
});
