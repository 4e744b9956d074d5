import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isReasonCode, rasterFactsSchema } from '@geosluice/jobs';
import { memoryReader } from '../../../../test/rasters/memory-reader.ts';
import { type TiffOptions, writeTiff } from '../../../../test/rasters/write-tiff.ts';
import { GeoTiffError, readRaster } from './index.ts';

/** mulberry32: the same numbers on every machine. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const shapes: Record<string, TiffOptions> = {
  'a COG': { width: 300, height: 200, tileSize: 64, epsg: 32633, layout: 'cog', overviews: 2, nodata: 0 },
  'a BigTIFF': {
    width: 200,
    height: 200,
    tileSize: 64,
    epsg: 4326,
    origin: [10, 46],
    pixelSize: 0.01,
    bigTiff: true,
    overviews: 1,
  },
  'a striped big endian file': {
    width: 120,
    height: 90,
    rowsPerStrip: 7,
    epsg: 3035,
    origin: [4e6, 3e6],
    littleEndian: false,
    bands: 3,
  },
  'a user-defined CRS': {
    width: 64,
    height: 64,
    tileSize: 32,
    citation: 'somewhere',
    geoKeys: { 1024: 1, 1026: 'somewhere', 2048: 4326, 3072: 32767, 3074: 16033, 3076: 9001, 3092: [0.9996] },
  },
};

for (const [name, options] of Object.entries(shapes)) {
  test(`${name} with flipped or missing bytes gives facts or a verdict, and soon`, async () => {
    const whole = writeTiff(options);
    await readRaster(memoryReader(whole));
    const next = random(20_261_124);
    const below = (limit: number) => Math.floor(next() * limit);
    // Damage hits the directories and not the pixels.
    const reach = Math.min(whole.length, 1600);
    const seen = new Map<string, number>();
    let slowest = 0;
    for (let round = 0; round < 400; round += 1) {
      let bytes = whole.slice();
      for (let flips = below(4) + (round % 4 === 0 ? 0 : 1); flips > 0; flips -= 1) {
        bytes[below(reach)] = [0, 1, 0x7f, 0xff, below(256)][below(5)] ?? 0;
      }
      if (round % 4 === 0) bytes = bytes.subarray(0, below(bytes.length));
      const reader = memoryReader(bytes);
      const begun = performance.now();
      const outcome = await readRaster(reader).then(
        (facts) => {
          rasterFactsSchema.parse(facts);
          return 'facts';
        },
        (error: unknown) => {
          assert.ok(
            error instanceof GeoTiffError,
            `round ${round}: ${error instanceof Error ? error.stack : String(error)}`,
          );
          assert.ok(isReasonCode(error.code));
          return error.code;
        },
      );
      slowest = Math.max(slowest, performance.now() - begun);
      assert.ok(reader.reads <= 200, `${reader.reads} reads`);
      seen.set(outcome, (seen.get(outcome) ?? 0) + 1);
    }
    assert.ok(slowest < 5000, `${slowest} ms`);
    // Were every round refused, or none, the damage would prove nothing.
    assert.ok((seen.get('facts') ?? 0) > 10 && seen.size >= 4, JSON.stringify([...seen]));
  });
}
