import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { coverageSchema } from './answers.ts';
import {
  type CoverageWish,
  changedCoverageDocument,
  coverageFields,
  isUpToDate,
  newCoverageDocument,
  ordered,
  sameText,
} from './coverage-body.ts';
import { RGB_UTM } from './rgb-utm.fixture.ts';

const wish: CoverageWish = {
  name: 'scene',
  nativeName: 'rgb_utm',
  title: 'A scene',
  abstract: 'What it shows',
  keywords: ['a', 'b'],
  metadataLinks: [],
  facts: RGB_UTM,
};

/** What GeoServer says after a publish, with single-member lists as it writes them. */
const answer = {
  coverage: {
    name: 'scene',
    title: 'A scene',
    abstract: 'What it shows',
    keywords: { string: ['a', 'b'] },
    nativeCRS: { '@class': 'projected', $: 'PROJCS["…", \n  AUTHORITY["EPSG","32633"]]' },
    srs: 'EPSG:32633',
    nativeBoundingBox: { minx: 500_000, maxx: 505_120, miny: 5_094_880, maxy: 5_100_000, crs: { $: 'EPSG:32633' } },
    projectionPolicy: 'REPROJECT_TO_DECLARED',
    enabled: true,
    grid: { '@dimension': 2, range: { low: '0 0', high: '512 512' } },
    dimensions: { coverageDimension: [{ name: 'RED_BAND' }, { name: 'GREEN_BAND' }, { name: 'BLUE_BAND' }] },
    nativeCoverageName: 'rgb_utm',
  },
};
const current = coverageSchema.parse(answer).coverage;

describe('what GeoServer is told of a coverage', () => {
  test('is the grid of the recorded contract, which counts from the first pixel’s centre', () => {
    assert.deepEqual(coverageFields(wish).grid, {
      '@dimension': 2,
      range: { low: '0 0', high: '512 512' },
      transform: { scaleX: 10, scaleY: -10, shearX: 0, shearY: 0, translateX: 500_005, translateY: 5_099_995 },
      crs: 'EPSG:32633',
    });
  });

  test('keeps rows and columns apart in a sheared grid', () => {
    const facts = { ...RGB_UTM, geotransform: [0, 10, 2, 100, -4, -10] as typeof RGB_UTM.geotransform };
    const { transform } = coverageFields({ ...wish, facts }).grid as { transform: object };
    assert.deepEqual(transform, { scaleX: 10, scaleY: -10, shearX: 2, shearY: -4, translateX: 6, translateY: 93 });
  });

  test('is everything at once, with bands and which value is none', () => {
    const { coverage } = newCoverageDocument({ ...wish, facts: { ...RGB_UTM, nodata: '-9999' } }) as {
      coverage: Record<string, unknown> & { dimensions: { coverageDimension: Array<Record<string, unknown>> } };
    };
    assert.equal(coverage.name, 'scene');
    assert.equal(coverage.projectionPolicy, 'REPROJECT_TO_DECLARED');
    assert.equal(coverage.title, 'A scene');
    assert.deepEqual(coverage.requestSRS, { string: ['EPSG:32633'] });
    const bands = coverage.dimensions.coverageDimension;
    assert.deepEqual(
      bands.map(({ name, nullValues }) => [name, nullValues]),
      ['RED_BAND', 'GREEN_BAND', 'BLUE_BAND'].map((name) => [name, { double: [-9999] }]),
    );
    const declared = newCoverageDocument({ ...wish, facts: { ...RGB_UTM, srsDeclared: true, nodata: 'nan' } });
    assert.match(JSON.stringify(declared), /"projectionPolicy":"FORCE_DECLARED"/);
    assert.doesNotMatch(
      JSON.stringify(declared),
      /nullValues/,
      'NaN is no number in JSON, and GeoServer knows it by itself',
    );
  });

  test('is never an empty list of keywords, which its JSON cannot say', () => {
    assert.deepEqual(coverageFields({ ...wish, keywords: [] }).keywords, { string: ['scene'] });
  });

  test('spans the globe across the antimeridian', () => {
    assert.deepEqual(ordered([179, -20, -179, -10]), [-180, -20, 180, -10]);
    assert.deepEqual(ordered([1, 2, 3, 4]), [1, 2, 3, 4]);
  });
});

describe('whether a coverage is up to date', () => {
  test('an equal one needs no PUT', () => {
    assert.equal(isUpToDate(current, wish), true);
    assert.equal(changedCoverageDocument(current, wish), null);
  });

  test('every field that can be stale is looked at', () => {
    const other: Array<Partial<CoverageWish>> = [
      { title: 'B' },
      { abstract: '' },
      { keywords: ['a'] },
      { nativeName: 'other' },
      { metadataLinks: [{ type: 'text/xml', metadataType: 'other', url: 'https://example.org' }] },
      { facts: { ...RGB_UTM, srs: 'EPSG:3857' } },
      { facts: { ...RGB_UTM, srsDeclared: true } },
      { facts: { ...RGB_UTM, width: 511 } },
      { facts: { ...RGB_UTM, nativeBbox: [500_000, 5_094_880, 505_120, 5_100_010] } },
    ];
    for (const change of other)
      assert.equal(isUpToDate(current, { ...wish, ...change }), false, JSON.stringify(change));
    assert.equal(isUpToDate({ ...current, enabled: false }, wish), false);
    assert.equal(isUpToDate({ ...current, advertised: false }, wish), false);
  });

  test('GeoServer’s rounding of bounds is no change', () => {
    const box = { minx: 500_000.000001, maxx: 505_120, miny: 5_094_880, maxy: 5_099_999.9999999 };
    assert.equal(isUpToDate({ ...current, nativeBoundingBox: box }, wish), true);
  });

  test('bands and CRS are sent only where the old object’s would stay', () => {
    const fields = (change: Partial<CoverageWish>) =>
      (changedCoverageDocument(current, { ...wish, ...change }) as { coverage: Record<string, unknown> }).coverage;
    assert.equal('dimensions' in fields({ title: 'B' }), false);
    assert.equal('nativeCRS' in fields({ title: 'B' }), false);
    assert.ok(fields({ facts: { ...RGB_UTM, bands: 1, photometric: 1 } }).dimensions);
    assert.equal(fields({ facts: { ...RGB_UTM, srs: 'EPSG:32634' } }).nativeCRS, 'EPSG:32634');
  });

  test('text that GeoServer’s JSON made a number is equal to what was sent', () => {
    assert.equal(sameText('7', '007'), true);
    assert.equal(sameText('2020', '2020'), true);
    assert.equal(sameText(undefined, ''), true);
    assert.equal(sameText('', '0'), false);
    assert.equal(sameText('a\r\nb', 'a\nb'), true);
    assert.equal(sameText('7', '8'), false);
  });
});

describe('answers of GeoServer', () => {
  test('a list of one, an empty list and numbers for text are understood', () => {
    const { coverage } = coverageSchema.parse({
      coverage: { ...answer.coverage, title: 2020, keywords: { string: 'one' }, nativeCRS: 'GEOGCS["…"]' },
    });
    assert.equal(coverage.title, '2020');
    assert.deepEqual(coverage.keywords?.string, ['one']);
    assert.equal(coverage.nativeCRS, 'GEOGCS["…"]');
    assert.deepEqual(coverageSchema.parse({ coverage: { name: 'x', keywords: '' } }).coverage.keywords?.string, []);
  });
});

describe('the bands of a coverage', () => {
  const facts = { ...RGB_UTM, bands: 1, photometric: 1, nodata: '-9999' };
  const grey = { ...wish, facts };
  const shown = (band: object) =>
    coverageSchema.parse({ coverage: { ...answer.coverage, dimensions: { coverageDimension: band } } }).coverage;
  const dimensionType = { name: 'UNSIGNED_8BITS' };

  test('are compared by name, sample type and which value is none, as GeoServer shows them', () => {
    for (const nullValues of [{ double: -9999 }, { double: ['-9999'] }, { double: [-9999] }])
      assert.equal(isUpToDate(shown({ name: 'GRAY_INDEX', dimensionType, nullValues }), grey), true);
    const others = [
      { name: 'GRAY_INDEX', dimensionType, nullValues: { double: [0] } },
      { name: 'GRAY_INDEX', dimensionType, nullValues: '' },
      { name: 'GRAY_INDEX', dimensionType: { name: 'REAL_32BITS' }, nullValues: { double: -9999 } },
      { name: 'PALETTE_INDEX', dimensionType, nullValues: { double: -9999 } },
    ];
    for (const band of others) {
      const document = changedCoverageDocument(shown(band), grey) as { coverage: { dimensions?: unknown } } | null;
      assert.ok(document?.coverage.dimensions, JSON.stringify(band));
    }
  });

  test('are not told again where GeoServer does not show them in full, but are where it has just another object', () => {
    const current = shown({ name: 'GRAY_INDEX' });
    assert.equal(changedCoverageDocument(current, grey), null);
    const document = changedCoverageDocument(current, grey, true) as { coverage: { dimensions?: unknown } };
    assert.ok(document.coverage.dimensions);
  });
});

test('a box in degrees that is another object’s is one to change', () => {
  const [west, south, east, north] = ordered(RGB_UTM.wgs84Bbox);
  const at = (minx: number) =>
    coverageSchema.parse({
      coverage: { ...answer.coverage, latLonBoundingBox: { minx, maxx: east, miny: south, maxy: north } },
    }).coverage;
  assert.equal(isUpToDate(at(west), wish), true);
  assert.equal(isUpToDate(at(west - 1), wish), false);
});
