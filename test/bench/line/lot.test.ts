import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { memoryReader } from '../../rasters/memory-reader.ts';
import { openTiff } from '../../rasters/read-pixels.ts';
import { LOT, rasterKey, rasterOf, sidecarOf } from './lot.ts';

suite('[bench] lot of rasters', () => {
  test('lies in many folders, and no two names are alike', () => {
    const keys = Array.from({ length: 1_000 }, (_, index) => rasterKey(index));
    assert.ok(keys.every((key) => key.startsWith(LOT)));
    assert.equal(new Set(keys.map((key) => key.split('/').at(-1))).size, 1_000);
    assert.equal(new Set(keys.map((key) => key.split('/')[1])).size, 10);
  });
  test('each is a raster of its own', async () => {
    const rasters = [0, 1, 999, 1_000, 99_999].map(rasterOf);
    assert.equal(new Set(rasters.map((bytes) => Buffer.from(bytes).toString('base64'))).size, rasters.length);
    for (const bytes of rasters) {
      const { width, height, epsg } = await openTiff(memoryReader(bytes));
      assert.deepEqual([width, height, epsg], [96, 64, 32631]);
    }
  });
  test('some have a sidecar', () => {
    const sidecars = Array.from({ length: 100 }, (_, index) => sidecarOf(index)).filter((text) => text !== null);
    assert.equal(sidecars.length, 20);
    assert.match(sidecars[1] ?? '', /<dc:title>Raster 5 of the lot/);
  });
});
