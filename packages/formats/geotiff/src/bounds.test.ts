import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileReader, memoryReader } from '../../../../test/rasters/memory-reader.ts';
import { writeSparseTiffFile, writeTiff } from '../../../../test/rasters/write-tiff.ts';
import { GeoTiffError, inspectRaster, readRaster } from './index.ts';

const refused = (code: string, about: RegExp) => (error: unknown) => {
  assert.ok(error instanceof GeoTiffError, String(error));
  assert.equal(error.code, code);
  assert.match(error.message, about);
  return true;
};

/** Empty directories one behind the other, `gap` bytes apart. */
function chain(count: number, gap: number): Uint8Array {
  const bytes = new Uint8Array(8 + count * gap + 64);
  const view = new DataView(bytes.buffer);
  bytes.set([0x49, 0x49, 42, 0]);
  view.setUint32(4, 8, true);
  for (let index = 0; index < count; index += 1) {
    const at = 8 + index * gap;
    view.setUint16(at, 1, true);
    view.setUint16(at + 2, 256, true);
    view.setUint16(at + 4, 3, true);
    view.setUint32(at + 6, 1, true);
    view.setUint32(at + 14, index === count - 1 ? 0 : at + gap, true);
  }
  return bytes;
}

test('a raster of 100 GB costs well under 1 MB besides its tile index, which is read in pieces', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'geosluice-huge-'));
  try {
    const path = join(folder, 'huge.tif');
    const size = await writeSparseTiffFile(path, {
      width: 270_000,
      height: 270_000,
      bigTiff: true,
      tileSize: 512,
      epsg: 32633,
      origin: [200_000, 6_000_000],
      pixelSize: 1,
      overviews: 9,
      written: () => false,
      nodata: 0,
    });
    assert.ok(size > 90 * 1024 ** 3, `${size}`);
    const reader = await fileReader(path);
    const before = process.memoryUsage().arrayBuffers;
    const { facts, cost } = await inspectRaster(reader);
    assert.ok(process.memoryUsage().arrayBuffers - before < 64 * 1024 ** 2);
    await reader.close();
    assert.equal(facts.overviews.length, 9);
    assert.ok(cost.bytes - cost.indexBytes < 512 * 1024, `${cost.bytes - cost.indexBytes} bytes of header`);
    assert.ok(cost.reads - cost.indexReads <= 20, `${cost.reads - cost.indexReads} reads of header`);
    const index = (528 ** 2 * 4 * 16) / 3;
    assert.ok(cost.indexBytes < index * 1.1, `${cost.indexBytes} bytes of index`);
    assert.equal(reader.bytes, cost.bytes);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('pieces of any size find the same', async () => {
  const options = { width: 640, height: 640, tileSize: 16, epsg: 32633, compression: 'none', bigTiff: true } as const;
  const bytes = writeTiff({ ...options, sparse: (column, row) => (column + row) % 3 !== 0 });
  const whole = await readRaster(memoryReader(bytes));
  for (const pieceBytes of [16, 100, 1000]) {
    assert.deepEqual(await readRaster(memoryReader(bytes), { bounds: { pieceBytes } }), whole);
  }
});

test('more directories than the bound are refused', async () => {
  await assert.rejects(readRaster(memoryReader(chain(65, 40))), refused('TOO_COMPLEX', /64 directories/));
});

test('directories that are scattered too far are refused after so many reads', async () => {
  const reader = memoryReader(chain(40, 100_000));
  await assert.rejects(readRaster(reader), refused('TOO_COMPLEX', /20 places/));
  assert.equal(reader.reads, 20);
});

test('a directory of too many tags is refused before it is read', async () => {
  const bytes = new Uint8Array(200_000);
  bytes.set([0x49, 0x49, 42, 0, 8, 0, 0, 0, 0xff, 0xff]);
  await assert.rejects(readRaster(memoryReader(bytes)), refused('TOO_COMPLEX', /65535 tags/));
});

test('tag values beyond their budget are refused', async () => {
  const bytes = writeTiff({ width: 32, height: 32, tileSize: 32, epsg: 32633 });
  await assert.rejects(
    readRaster(memoryReader(bytes), { bounds: { tagBytes: 60 } }),
    refused('TOO_COMPLEX', /60 bytes/),
  );
});

test('more blocks than the bound are refused before their arrays are read', async () => {
  const reader = memoryReader(writeTiff({ width: 640, height: 640, tileSize: 16, epsg: 32633 }));
  await assert.rejects(readRaster(reader, { bounds: { blocks: 1000 } }), refused('TOO_COMPLEX', /1600 blocks/));
});

test('offsets beyond 2^53 are refused, also in the tile index', async () => {
  const bytes = writeTiff({ width: 32, height: 32, tileSize: 32, epsg: 32633, bigTiff: true });
  const view = new DataView(bytes.buffer);
  const first = Number(view.getBigUint64(8, true));
  const entries = Number(view.getBigUint64(first, true));
  for (let index = 0; index < entries; index += 1) {
    const at = first + 8 + index * 20;
    if (view.getUint16(at, true) === 324) view.setBigUint64(at + 12, 2n ** 60n, true);
  }
  await assert.rejects(readRaster(memoryReader(bytes)), refused('MALFORMED_TIFF', /2\^53/));
  view.setBigUint64(8, 2n ** 63n, true);
  await assert.rejects(readRaster(memoryReader(bytes)), refused('MALFORMED_TIFF', /2\^53/));
});

test('a compressed block that no Java array holds is refused', async () => {
  const strip = writeTiff({
    width: 16,
    height: 16,
    rowsPerStrip: 16,
    epsg: 32633,
    extraTags: [
      { tag: 256, type: 4, values: [60_000] },
      { tag: 257, type: 4, values: [60_000] },
      { tag: 278, type: 4, values: [60_000] },
    ],
  });
  await assert.rejects(readRaster(memoryReader(strip)), refused('TOO_COMPLEX', /MiB of pixels/));
});
