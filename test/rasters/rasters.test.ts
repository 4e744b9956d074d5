import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileReader, memoryReader } from './memory-reader.ts';
import { openTiff, readPixels } from './read-pixels.ts';
import { ramp, type TiffOptions, writeSparseTiffFile, writeTiff } from './write-tiff.ts';

const fixtures = new URL('../fixtures/rasters/', import.meta.url);
const open = async (name: string) => openTiff(memoryReader(await readFile(new URL(name, fixtures))));

const variants: Record<string, Partial<TiffOptions>> = {
  'deflate tiles': {},
  'LZW tiles': { compression: 'lzw' },
  'LZW with predictor and three bands': { compression: 'lzw', predictor: 2, bands: 3 },
  'uncompressed strips, big endian': { compression: 'none', rowsPerStrip: 7, littleEndian: false },
  'BigTIFF, 16 bits, big endian': { bigTiff: true, bits: 16, littleEndian: false },
  'planar bands': { planar: true, bands: 4 },
  'signed 16 bits with predictor': { sampleFormat: 'int', bits: 16, predictor: 2, pixel: (x, y) => x * 3 - y * 200 },
  'float 32': { sampleFormat: 'float', bits: 32, pixel: (x, y) => x / 4 - y },
  'float 64 BigTIFF strips': {
    sampleFormat: 'float',
    bits: 64,
    bigTiff: true,
    rowsPerStrip: 16,
    pixel: (x, y) => x / 3 + y,
  },
  'COG layout': { layout: 'cog', overviews: 2 },
  'directories last': { layout: 'ifds-last', overviews: 1 },
};

for (const [name, variant] of Object.entries(variants)) {
  test(`every pixel of ${name} is read back as it was written`, async () => {
    const options = { width: 100, height: 75, tileSize: 32, epsg: 32633, ...variant };
    const pixel = options.pixel ?? ramp;
    const { bands } = await readPixels(memoryReader(writeTiff(options)), { x: 0, y: 0, width: 100, height: 75 });
    assert.equal(bands.length, options.bands ?? 1);
    for (const [band, values] of bands.entries()) {
      const expected = Float64Array.from({ length: 7500 }, (_, i) => pixel(i % 100, Math.floor(i / 100), band));
      assert.deepEqual(values, expected);
    }
  });
}

test('the sample rasters are read with their place and their pixels', async () => {
  const rgb = await open('rgb_utm.tif');
  assert.deepEqual([rgb.width, rgb.height, rgb.bands, rgb.epsg], [512, 512, 3, 32633]);
  assert.deepEqual(rgb.geotransform, [500000, 10, 0, 5100000, 0, -10]);
  const dem = await open('dem_4326.tif');
  assert.deepEqual([dem.bands, dem.bits, dem.sampleFormat, dem.nodata, dem.epsg], [1, 32, 'float', -9999, 4326]);
  const { bands } = await dem.read({ x: 0, y: 0, width: 256, height: 256 });
  assert.ok(bands[0]?.every((value) => Number.isFinite(value)));
});

test('a truncated raster throws where bytes are missing', async () => {
  const tiff = await open('truncated.tif');
  await assert.rejects(tiff.read({ x: 0, y: 0, width: 512, height: 512 }), /past the end/);
});

test('a window past the image is NaN there, a sparse block is nodata', async () => {
  const tiff = await openTiff(
    memoryReader(
      writeTiff({ width: 64, height: 64, tileSize: 32, nodata: 7, epsg: 32633, sparse: (c, r) => c === 1 && r === 1 }),
    ),
  );
  const outside = await tiff.read({ x: -2, y: 0, width: 4, height: 1 });
  assert.deepEqual([...(outside.bands[0] ?? [])], [NaN, NaN, ramp(0, 0, 0), ramp(1, 0, 0)]);
  const sparse = await tiff.read({ x: 40, y: 40, width: 2, height: 1 });
  assert.deepEqual([...(sparse.bands[0] ?? [])], [7, 7]);
});

test('a smaller size is drawn from an overview', async () => {
  const reader = memoryReader(
    writeTiff({ width: 1024, height: 1024, tileSize: 64, overviews: 3, epsg: 32633, compression: 'none' }),
  );
  const tiff = await openTiff(reader);
  const before = reader.bytes;
  const { bands } = await tiff.read({ x: 0, y: 0, width: 1024, height: 1024 }, { width: 128, height: 128 });
  assert.equal(bands[0]?.[1], ramp(8, 0, 0));
  assert.ok(reader.bytes - before <= 128 * 128);
});

test('a file of 2 GiB is made quickly, with holes, and holds its pixels', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'geosluice-tiff-'));
  try {
    const path = join(folder, 'large.tif');
    const size = await writeSparseTiffFile(path, {
      width: 46_592,
      height: 46_592,
      tileSize: 512,
      epsg: 32633,
      overviews: 5,
    });
    const { blocks } = await stat(path);
    assert.ok(size > 2 * 1024 ** 3);
    assert.ok(blocks * 512 < 32 * 1024 ** 2, `${blocks * 512} bytes on disk`);
    const reader = await fileReader(path);
    const last = await readPixels(reader, { x: 46_590, y: 46_591, width: 2, height: 1 });
    assert.deepEqual([...(last.bands[0] ?? [])], [ramp(46_590, 46_591, 0), ramp(46_591, 46_591, 0)]);
    await reader.close();
  } finally {
    await rm(folder, { recursive: true });
  }
});
