import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { type RangeReader, Retry, rasterFactsSchema } from '@geosluice/jobs';
import { brokenTiffs } from '../../../../test/rasters/broken-tiffs.ts';
import { memoryReader } from '../../../../test/rasters/memory-reader.ts';
import { type TiffOptions, writeTiff } from '../../../../test/rasters/write-tiff.ts';
import { GeoTiffError, inspectRaster, type ReadOptions, readRaster } from './index.ts';

const fixtures = new URL('../../../../test/fixtures/rasters/', import.meta.url);
const SMALL: TiffOptions = { width: 100, height: 75, tileSize: 32, epsg: 32633 };
const facts = (options: Partial<TiffOptions> = {}, read: ReadOptions = {}) =>
  readRaster(memoryReader(writeTiff({ ...SMALL, ...options })), read);
const sample = async (name: string, read: ReadOptions = {}) =>
  readRaster(memoryReader(await readFile(new URL(name, fixtures))), read);
const refused = (code: string, about?: RegExp) => (error: unknown) => {
  assert.ok(error instanceof GeoTiffError, String(error));
  assert.equal(error.code, code, error.message);
  assert.equal(error.means, 'reject');
  assert.ok(error.subject !== undefined && error.subject !== '');
  if (about !== undefined) assert.match(error.message, about);
  return true;
};

describe('facts', () => {
  test('a COG of the samples is read in one request, as GDAL tells it', async () => {
    const reader = memoryReader(await readFile(new URL('rgb_utm.tif', fixtures)));
    const { facts: found, cost } = await inspectRaster(reader);
    assert.deepEqual(cost, { reads: 1, bytes: 65_536, indexReads: 0, indexBytes: 0 });
    assert.equal(reader.reads, 1);
    assert.deepEqual(found, {
      format: 'geotiff',
      size: 246_527,
      bigTiff: false,
      littleEndian: true,
      width: 512,
      height: 512,
      bands: 3,
      sampleFormat: 'uint',
      bitsPerSample: 8,
      nodata: null,
      compression: { code: 8, name: 'deflate' },
      photometric: 2,
      tiled: true,
      blockWidth: 256,
      blockHeight: 256,
      overviews: [[256, 256]],
      cog: true,
      srs: 'EPSG:32633',
      srsDeclared: false,
      geotransform: [500_000, 10, 0, 5_100_000, 0, -10],
      pixelIsPoint: false,
      nativeBbox: [500_000, 5_094_880, 505_120, 5_100_000],
      wgs84Bbox: [15, 46.0074737207, 15.0661861506, 46.0535743698],
      probeBbox: [500_000, 5_097_440, 502_560, 5_100_000],
      warnings: [],
    });
    rasterFactsSchema.parse(found);
  });

  test('a float raster in degrees keeps its nodata as it is written', async () => {
    const found = await sample('dem_4326.tif');
    assert.deepEqual(
      [found.srs, found.sampleFormat, found.bitsPerSample, found.nodata, found.wgs84Bbox],
      ['EPSG:4326', 'float', 32, '-9999', [10, 45, 11, 46]],
    );
    assert.equal((await facts({ sampleFormat: 'float', nodata: 'nan' })).nodata, 'nan');
  });

  for (const bigTiff of [false, true]) {
    for (const littleEndian of [false, true]) {
      test(`${bigTiff ? 'BigTIFF' : 'classic TIFF'}, ${littleEndian ? 'little' : 'big'} endian, says the same`, async () => {
        const { size: _, ...found } = await facts({ bigTiff, littleEndian, bits: 16, nodata: 0, overviews: 1 });
        const { size: __, ...plain } = await facts({ bits: 16, nodata: 0, overviews: 1 });
        assert.deepEqual(found, { ...plain, bigTiff, littleEndian });
      });
    }
  }

  test('a tiepoint that is not of the first pixel gives the same place', async () => {
    const found = await facts({ tiepointPixel: [10, 20], origin: [500_100, 5_099_800] });
    assert.deepEqual(found.geotransform, [500_000, 10, 0, 5_100_000, 0, -10]);
  });

  test('a pixel that is a point reaches half a pixel further', async () => {
    const found = await facts({ pixelIsPoint: true });
    assert.equal(found.pixelIsPoint, true);
    assert.deepEqual(found.nativeBbox, [499_995, 5_099_255, 500_995, 5_100_005]);
  });

  test('a matrix may turn the raster: its bounds hold all four corners, and it is told', async () => {
    const found = await facts({ matrix: [500_000, 10, 2, 5_100_000, 3, -10] });
    assert.deepEqual(found.geotransform, [500_000, 10, 2, 5_100_000, 3, -10]);
    assert.deepEqual(found.nativeBbox, [500_000, 5_099_250, 501_150, 5_100_300]);
    assert.ok(found.warnings.includes('rotated'));
  });

  test('a COG is one by its order, not by its tiles', async () => {
    const large = { width: 1000, height: 700, tileSize: 128, overviews: 3 };
    assert.equal((await facts({ ...large, layout: 'cog' })).cog, true);
    assert.equal((await facts({ ...large, layout: 'plain' })).cog, false);
    assert.equal((await facts({ ...large, layout: 'ifds-last' })).cog, false);
    assert.equal((await facts({ ...large, overviews: 0, layout: 'cog' })).cog, false);
    assert.deepEqual((await facts({ ...large, layout: 'cog' })).overviews, [
      [500, 350],
      [250, 175],
      [125, 88],
    ]);
  });

  test('the probe lies on the block with data that is nearest to the centre', async () => {
    const where = { width: 2048, height: 2048, tileSize: 256, pixelSize: 1, origin: [500_000, 5_100_000] as const };
    const found = await facts({ ...where, sparse: (column, row) => !(column === 6 && row === 1) });
    assert.deepEqual(found.probeBbox, [501_536, 5_099_488, 501_792, 5_099_744]);
    assert.ok(found.warnings.includes('sparse'));
    const empty = await facts({ ...where, sparse: () => true });
    assert.equal(empty.probeBbox, null);
    assert.ok(empty.warnings.includes('all-sparse'));
  });

  test('overviews in SubIFDs count, with a warning', async () => {
    const bytes = writeTiff({ ...SMALL, overviews: 1, extraTags: [{ tag: 330, type: 4, values: [0] }] });
    const view = new DataView(bytes.buffer);
    const first = view.getUint32(4, true);
    const next = first + 2 + view.getUint16(first, true) * 12;
    const entry = [...Array(view.getUint16(first, true)).keys()].find(
      (at) => view.getUint16(first + 2 + at * 12, true) === 330,
    );
    view.setUint32(first + 2 + (entry ?? 0) * 12 + 8, view.getUint32(next, true), true);
    view.setUint32(next, 0, true);
    const found = await readRaster(memoryReader(bytes));
    assert.deepEqual(found.overviews, [[50, 38]]);
    assert.ok(found.warnings.includes('overviews-in-subifds'));
  });

  const warned: Array<[string, Partial<TiffOptions>, ReadOptions?]> = [
    ['striped', { rowsPerStrip: 8 }],
    ['small-blocks', {}],
    ['no-overviews', { width: 1100, height: 20, tileSize: 256 }],
    ['overviews-external', {}, { beside: { overviews: true } }],
    ['large-blocks', { width: 3000, height: 3000, rowsPerStrip: 3000 }],
    ['multi-page', { extraPage: true }],
    ['band-interleaved', { bands: 3, planar: true }],
    ['nodata-out-of-range', { nodata: -9999 }],
    ['nodata-unreadable', { nodata: 'none' }],
    ['unsigned-32-bit', { bits: 32 }],
    ['signed-8-bit', { sampleFormat: 'int' }],
    ['south-up', { matrix: [500_000, 10, 0, 5_000_000, 0, 10] }],
    ['srs-differs', {}, { srs: 'EPSG:32632' }],
    ['outside-area-of-use', { epsg: 32635, origin: [100_000, 5_100_000] }],
  ];
  for (const [warning, options, read] of warned) {
    test(`warns of ${warning}`, async () => {
      const { warnings } = await facts(options, read);
      assert.ok(warnings.includes(warning), warnings.join());
    });
  }

  test('a well-made raster has no warnings', async () => {
    assert.deepEqual(
      (await facts({ width: 1500, height: 900, tileSize: 256, overviews: 3, layout: 'cog' })).warnings,
      [],
    );
  });
});

describe('verdicts on the CRS', () => {
  test('the option srs wins and is declared', async () => {
    const found = await facts({}, { srs: 'EPSG:32632' });
    assert.deepEqual([found.srs, found.srsDeclared], ['EPSG:32632', true]);
    const same = await facts({}, { srs: 'EPSG:32633' });
    assert.deepEqual([same.srsDeclared, same.warnings.includes('srs-differs')], [true, false]);
  });

  test('a raster in no CRS needs the option', async () => {
    await assert.rejects(sample('nocrs_geo.tif'), refused('NO_CRS', /option srs/));
    const found = await sample('nocrs_geo.tif', { srs: 'EPSG:4326' });
    assert.deepEqual([found.srs, found.srsDeclared, found.wgs84Bbox], ['EPSG:4326', true, [10, 45, 11, 46]]);
  });

  test('keys that tell how pixels lie but not in which CRS are as good as none', async () => {
    for (const geoKeys of [{ 1025: 1 }, { 1024: 1 }, { 1024: 32767, 1026: 'local' }]) {
      await assert.rejects(facts({ geoKeys }), refused('NO_CRS'));
    }
  });

  test('heights and geocentric axes are no CRS of a raster', async () => {
    for (const code of [5703, 4978]) {
      await assert.rejects(facts({ epsg: code, geographic: true }), refused('CRS_UNKNOWN'));
    }
  });

  test('a raster without a place is told from one whose place lies beside it', async () => {
    await assert.rejects(sample('nocrs.tif'), refused('NO_GEOREFERENCE'));
    for (const beside of [{ worldfile: true }, { pam: true }, { projection: true }]) {
      await assert.rejects(sample('nocrs.tif', { beside }), refused('GEOREF_OUTSIDE'));
    }
    await assert.rejects(
      sample('nocrs_geo.tif', { beside: { projection: true } }),
      refused('GEOREF_OUTSIDE', /coordinate/),
    );
    await assert.rejects(sample('nocrs.tif', { srs: 'EPSG:4326' }), refused('NO_GEOREFERENCE'));
  });

  test('ground control points alone are no place', async () => {
    const points = [0, 0, 0, 10, 46, 0, 100, 0, 0, 11, 46, 0, 0, 75, 0, 10, 45, 0];
    const tags = { georeferenced: false, extraTags: [{ tag: 33922, type: 12, values: points }] };
    await assert.rejects(facts(tags), refused('NO_GEOREFERENCE', /control points/));
  });

  test('unknown and unmatched codes are refused, each with its reason', async () => {
    await assert.rejects(readRaster(memoryReader(brokenTiffs.unknownCode())), refused('CRS_UNKNOWN', /EPSG:29999/));
    await assert.rejects(facts({}, { srs: 'EPSG:999999' }), refused('CRS_UNKNOWN', /option srs/));
    await assert.rejects(readRaster(memoryReader(brokenTiffs.crsWithoutCode())), refused('CRS_WITHOUT_CODE'));
    const declared = await readRaster(memoryReader(brokenTiffs.crsWithoutCode()), { srs: 'EPSG:3035' });
    assert.deepEqual([declared.srs, declared.srsDeclared], ['EPSG:3035', true]);
  });

  test('bounds that cannot be are refused', async () => {
    await assert.rejects(facts({ epsg: 4326 }), refused('BBOX_IMPLAUSIBLE', /longitudes/));
    const degrees = { origin: [10, 46], pixelSize: 0.01 } as const;
    await assert.rejects(facts({ ...degrees }), refused('BBOX_IMPLAUSIBLE', /degrees/));
    await assert.rejects(
      facts({ epsg: 4326, origin: [10, 120], pixelSize: 0.01 }),
      refused('BBOX_IMPLAUSIBLE', /latitudes/),
    );
    await assert.rejects(facts({ origin: [1e9, 1e9] }), refused('BBOX_IMPLAUSIBLE'));
  });
});

describe('verdicts on the file', () => {
  test('broken files are refused with their reason', async () => {
    const verdicts = {
      empty: 'EMPTY_FILE',
      notATiff: 'NOT_A_TIFF',
      cyclic: 'MALFORMED_TIFF',
      truncated: 'TRUNCATED',
      truncatedHeader: 'TRUNCATED',
      noCrs: 'NO_CRS',
      noGeoreference: 'NO_GEOREFERENCE',
      wrongCompression: 'UNSUPPORTED_COMPRESSION',
    } as const;
    for (const [name, code] of Object.entries(verdicts)) {
      const bytes = brokenTiffs[name as keyof typeof verdicts]();
      await assert.rejects(readRaster(memoryReader(bytes)), refused(code), name);
    }
    await assert.rejects(sample('truncated.tif'), refused('TRUNCATED', /3000/));
    await assert.rejects(sample('notatiff.tif'), refused('NOT_A_TIFF'));
  });

  test('the file of 26 bytes that names itself is refused after one read', async () => {
    const reader = memoryReader(brokenTiffs.cyclic());
    await assert.rejects(readRaster(reader), refused('MALFORMED_TIFF', /circle/));
    assert.equal(reader.reads, 1);
  });

  test('one missing byte of the last block of any image is noticed', async () => {
    for (const options of [
      {},
      { layout: 'cog', overviews: 2 },
      { overviews: 2 },
      { rowsPerStrip: 9, bigTiff: true },
    ] as const) {
      const whole = writeTiff({ ...SMALL, ...options, compression: 'none' });
      const end = whole.length - (options.layout === 'cog' ? 4 : 0);
      await readRaster(memoryReader(whole));
      await assert.rejects(readRaster(memoryReader(whole.subarray(0, end - 2))), refused('TRUNCATED'));
    }
  });

  test('an uncompressed block is as long as its pixels, whatever its count says', async () => {
    const options = { ...SMALL, width: 32, height: 32, compression: 'none' } as const;
    const lying = writeTiff({ ...options, extraTags: [{ tag: 325, type: 4, values: [10] }] });
    await assert.rejects(readRaster(memoryReader(lying.subarray(0, lying.length - 100))), refused('TRUNCATED'));
  });

  test('arrays that are missing, short or of half-sparse blocks are refused', async () => {
    await assert.rejects(facts({ omitTags: [324] }), refused('MALFORMED_TIFF', /TileOffsets is missing/));
    await assert.rejects(facts({ omitTags: [325] }), refused('MALFORMED_TIFF', /TileByteCounts is missing/));
    await assert.rejects(
      facts({ extraTags: [{ tag: 325, type: 4, values: [1, 2] }] }),
      refused('MALFORMED_TIFF', /2 entries/),
    );
    const zeros = new Array<number>(12).fill(0);
    await assert.rejects(
      facts({ extraTags: [{ tag: 325, type: 4, values: zeros }] }),
      refused('MALFORMED_TIFF', /left out/),
    );
    await assert.rejects(
      facts({ extraTags: [{ tag: 324, type: 4, values: zeros }] }),
      refused('MALFORMED_TIFF', /left out/),
    );
  });

  test('compressions that GeoServer lacks are refused, unless a deployment says otherwise', async () => {
    for (const code of [6, 34887, 34925, 50000, 50001, 50002, 52546, 12345]) {
      await assert.rejects(
        facts({ extraTags: [{ tag: 259, type: 3, values: [code] }] }),
        refused('UNSUPPORTED_COMPRESSION'),
      );
    }
    for (const [code, name] of [
      [5, 'lzw'],
      [7, 'jpeg'],
      [32773, 'packbits'],
      [32946, 'deflate'],
    ] as const) {
      const found = await facts({ extraTags: [{ tag: 259, type: 3, values: [code] }] });
      assert.deepEqual(found.compression, { code, name });
    }
    const zstd = await facts({ extraTags: [{ tag: 259, type: 3, values: [50000] }] }, { compressions: [50000] });
    assert.equal(zstd.compression.name, 'zstd');
  });

  test('sample types that GeoServer lacks are refused', async () => {
    const tags = (bits: number[], formats: number[]) => ({
      bands: bits.length,
      extraTags: [
        { tag: 258, type: 3, values: bits },
        { tag: 339, type: 3, values: formats },
      ],
    });
    await assert.rejects(facts(tags([64], [6])), refused('UNSUPPORTED_SAMPLES', /complex/));
    await assert.rejects(facts(tags([32], [5])), refused('UNSUPPORTED_SAMPLES', /complex/));
    await assert.rejects(facts(tags([16], [3])), refused('UNSUPPORTED_SAMPLES'));
    await assert.rejects(facts(tags([64], [1])), refused('UNSUPPORTED_SAMPLES'));
    await assert.rejects(facts(tags([8, 16], [1, 1])), refused('UNSUPPORTED_SAMPLES', /different/));
    await assert.rejects(facts(tags([8], [9])), refused('MALFORMED_TIFF'));
  });

  test('sizes that make no sense are refused', async () => {
    await assert.rejects(
      facts({ extraTags: [{ tag: 256, type: 4, values: [0] }] }),
      refused('MALFORMED_TIFF', /ImageWidth/),
    );
    await assert.rejects(
      facts({ extraTags: [{ tag: 322, type: 4, values: [0] }] }),
      refused('MALFORMED_TIFF', /TileWidth/),
    );
    await assert.rejects(
      facts({ extraTags: [{ tag: 256, type: 4, values: [4_000_000_000] }] }),
      refused('MALFORMED_TIFF'),
    );
    await assert.rejects(
      facts({
        extraTags: [
          { tag: 256, type: 4, values: [2e9] },
          { tag: 257, type: 4, values: [2e9] },
        ],
      }),
      refused('TOO_COMPLEX', /larger tiles/),
    );
  });
});

describe('what a reader does', () => {
  test('its errors pass through as they are', async () => {
    const error = new Error('source changed');
    const reader: RangeReader = { size: 1000, readInto: () => Promise.reject(error) };
    await assert.rejects(readRaster(reader), (thrown) => thrown === error);
  });

  test('an abort ends the look at once, with its reason', async () => {
    const stop = new AbortController();
    const reader: RangeReader = { size: 1000, readInto: () => new Promise(() => undefined) };
    const looking = readRaster(reader, { signal: stop.signal });
    const reason = new Error('shutdown');
    stop.abort(reason);
    await assert.rejects(looking, (thrown) => thrown === reason);
  });

  test('a source that does not answer is asked again later, and the file is not blamed', async () => {
    const reader: RangeReader = { size: 1000, readInto: () => new Promise(() => undefined) };
    await assert.rejects(readRaster(reader, { bounds: { milliseconds: 20 } }), (error: unknown) => {
      assert.ok(error instanceof Retry);
      assert.deepEqual([error.code, error.means, error.counterpart], ['SOURCE_SLOW', 'retry', 'source']);
      return true;
    });
  });
});
