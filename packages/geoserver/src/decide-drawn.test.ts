import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { encode } from 'fast-png';
import { decideCoverageOf, decideMap, decideStoreOf, decideViews, mapPath } from './decide-drawn.ts';
import { readMapImage } from './map-image.ts';
import { RGB_UTM } from './rgb-utm.fixture.ts';

const SIZE = 256;
const png = (channels: 1 | 2 | 3 | 4, fill: (index: number) => number) =>
  Buffer.from(
    encode({
      width: SIZE,
      height: SIZE,
      channels,
      data: Uint8Array.from({ length: SIZE * SIZE * channels }, (_, i) => fill(i)),
    }),
  );
const answer = (bytes: Buffer, type = 'image/png', status = 200) => ({
  status,
  type,
  bytes,
  text: bytes.toString('utf8'),
});

describe('what a map shows', () => {
  test('visible pixels mean drawn, even of one colour', () => {
    assert.deepEqual(decideMap(answer(png(4, () => 255))), { kind: 'drawn' });
    assert.deepEqual(decideMap(answer(png(3, () => 0))), { kind: 'drawn' });
    assert.deepEqual(decideMap(answer(png(4, (i) => (i === 3 ? 1 : 0)))), { kind: 'drawn' });
  });

  test('nothing but transparency is empty', () => {
    assert.deepEqual(decideMap(answer(png(4, (i) => (i % 4 === 3 ? 0 : 200)))), { kind: 'empty' });
    assert.deepEqual(decideMap(answer(png(2, (i) => (i % 2 === 1 ? 0 : 200)))), { kind: 'empty' });
  });

  test('the exceptions GeoServer sends as 200 are told by their code', () => {
    const old = `<?xml version="1.0" encoding="UTF-8" standalone="no"?><!DOCTYPE ServiceExceptionReport SYSTEM "http://g/schemas/wms/1.1.1/WMS_exception_1_1_1.dtd"> <ServiceExceptionReport version="1.1.1" >   <ServiceException code="LayerNotDefined" locator="layers">
      Could not find layer wsj:zzz
</ServiceException></ServiceExceptionReport>`;
    assert.deepEqual(decideMap(answer(Buffer.from(old), 'application/vnd.ogc.se_xml')), {
      kind: 'not-yet',
      reason: 'LayerNotDefined: Could not find layer wsj:zzz',
    });
  });

  test('other types, statuses, sizes and damaged pictures are not drawn', async () => {
    const reasons = [
      decideMap(answer(Buffer.from('<html>'), 'text/html')),
      decideMap(
        answer(
          png(1, () => 1),
          'image/png',
          502,
        ),
      ),
      decideMap(answer(Buffer.from(encode({ width: 8, height: 8, channels: 1, data: new Uint8Array(64) })))),
      decideMap(answer(png(3, (i) => i % 251).subarray(0, 600))),
      decideMap(answer(Buffer.alloc(0))),
    ];
    assert.deepEqual(
      reasons.map((each) => each.kind),
      Array(5).fill('not-yet'),
    );
  });

  test('transparency by palette or by one colour is seen', () => {
    const data = new Uint8Array(SIZE * SIZE);
    const palette = [
      [1, 2, 3, 0],
      [9, 9, 9, 255],
    ] as Array<[number, number, number, number]>;
    const paletted = (pixel: number) =>
      Buffer.from(encode({ width: SIZE, height: SIZE, data: data.fill(pixel), channels: 1, depth: 8, palette }));
    assert.equal(readMapImage(paletted(0), SIZE)?.visible, 0);
    assert.equal(readMapImage(paletted(1), SIZE)?.visible, SIZE * SIZE);
  });
});

test('the recorded maps are read', async () => {
  const folder = new URL('../../../test/contracts/geoserver/', import.meta.url);
  for (const name of ['41-wms-getmap-rgb', '41-wms-getmap-dem']) {
    const bytes = await readFile(new URL(`${name}.png`, folder));
    assert.deepEqual(decideMap(answer(bytes)), { kind: 'drawn' });
  }
});

describe('which maps are asked for', () => {
  test('one around data where every pixel must show', () => {
    assert.deepEqual(decideViews(RGB_UTM), [{ bbox: RGB_UTM.probeBbox, emptyIsFine: false }]);
  });
  test('the whole as well where nodata, floats or alpha may hide the block', () => {
    for (const facts of [
      { ...RGB_UTM, nodata: '0' },
      { ...RGB_UTM, sampleFormat: 'float' as const },
      { ...RGB_UTM, bands: 4 },
    ])
      assert.deepEqual(decideViews(facts)[1], { bbox: RGB_UTM.nativeBbox, emptyIsFine: true });
  });
  test('only the whole, which may be empty, where every block is sparse', () => {
    const views = decideViews({ ...RGB_UTM, probeBbox: null });
    assert.deepEqual(views, [{ bbox: RGB_UTM.nativeBbox, emptyIsFine: true }]);
  });
  test('by the layer’s own endpoint, x before y', () => {
    const path = mapPath({ workspace: 'my ws', name: 'l', srs: 'EPSG:4326' }, [10, 45, 11, 46]);
    assert.match(path, /^\/my%20ws\/l\/wms\?service=WMS&version=1\.1\.1&request=GetMap&layers=l&/);
    assert.match(
      path,
      /bbox=10%2C45%2C11%2C46&srs=EPSG%3A4326&width=256&height=256&format=image%2Fpng&transparent=true$/,
    );
  });
});

describe('whether a node’s catalog is the wanted one', () => {
  const wanted = { url: 'a://b/c/rgb_utm.tif', nativeName: 'rgb_utm', facts: RGB_UTM };
  const store = { name: 's', url: wanted.url };
  const coverage = {
    name: 'l',
    srs: 'EPSG:32633',
    projectionPolicy: 'REPROJECT_TO_DECLARED',
    nativeBoundingBox: { minx: 500_000, maxx: 505_120, miny: 5_094_880, maxy: 5_100_000 },
    grid: { range: { high: '512 512' } },
    nativeCoverageName: 'rgb_utm',
  };
  test('it is, or the reason is told', () => {
    assert.equal(decideStoreOf(store, wanted), null);
    assert.equal(decideCoverageOf(coverage, wanted), null);
    assert.match(decideStoreOf(null, wanted) ?? '', /store yet/);
    assert.match(decideStoreOf({ ...store, url: 'a://b/old.tif' }, wanted) ?? '', /another object/);
    assert.match(decideCoverageOf(null, wanted) ?? '', /layer yet/);
    assert.match(decideCoverageOf({ ...coverage, srs: 'EPSG:1' }, wanted) ?? '', /describes another object/);
  });
});
