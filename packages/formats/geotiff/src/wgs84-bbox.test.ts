import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Bbox } from '@geosluice/jobs';
import { GeoTiffError, isKnownSrs, toWgs84Bbox } from './index.ts';

/** From GDAL 3.6: CoordinateTransformation.TransformBounds with 21 points an edge. */
const expected: Array<[string, string, Bbox, Bbox]> = [
  [
    'UTM across the antimeridian',
    'EPSG:32660',
    [800000, 6500000, 1400000, 7000000],
    [-177.844142, 57.725951, -165.644962, 63.005028],
  ],
  ['the north pole inside', 'EPSG:3413', [-3000000, -2500000, 3000000, 2500000], [-180, 55.034059, 180, 90]],
  ['beside the north pole', 'EPSG:3413', [500000, -1500000, 1000000, -1000000], [-26.565051, 73.469072, 0, 79.705776]],
  ['beside the south pole', 'EPSG:3031', [1000000, 1500000, 1500000, 2000000], [26.565051, -73.517884, 45, -67.281245]],
  ['Mercator of the Pacific', 'EPSG:3832', [0, -3000000, 6000000, 2000000], [150, -26.159364, -156.101083, 17.79056]],
  ['LAEA of Europe', 'EPSG:3035', [4000000, 3000000, 4600000, 3500000], [5.041387, 50.024119, 14.311389, 54.606011]],
  ['New Zealand', 'EPSG:2193', [1500000, 5000000, 2100000, 5500000], [171.727967, -45.153419, 179.341408, -40.499967]],
  [
    'the whole web Mercator',
    'EPSG:3857',
    [-20037508.342789244, -20037508.342789244, 20037508.342789244, 20037508.342789244],
    [-180, -85.051129, 180, 85.051129],
  ],
  ['polar LAEA', 'EPSG:3571', [-2000000, -2000000, -500000, -500000], [104.036243, 64.449675, 165.963757, 83.665764]],
  ['US survey feet', 'EPSG:2263', [980000, 150000, 1040000, 200000], [-74.015331, 40.578216, -73.798894, 40.71563]],
  ['Krovak', 'EPSG:5514', [-800000, -1050000, -740000, -1000000], [13.541878, 49.952529, 14.473398, 50.474008]],
];

describe('bounds in WGS84 agree with GDAL', () => {
  for (const [name, srs, bbox, wanted] of expected) {
    test(name, async () => {
      const found = await toWgs84Bbox(bbox, srs);
      // Where an edge bends between two points, either of us is a little off.
      found.forEach((value, index) => {
        const target = wanted[index] ?? Number.NaN;
        assert.ok(Math.abs(value - target) < 5e-4, `${found} is not ${wanted}`);
      });
    });
  }
});

test('degrees stay degrees, whichever way they count', async () => {
  assert.deepEqual(await toWgs84Bbox([10, 45, 11, 46], 'EPSG:4326'), [10, 45, 11, 46]);
  assert.deepEqual(await toWgs84Bbox([0, -90, 360, 90], 'EPSG:4326'), [-180, -90, 180, 90]);
  assert.deepEqual(await toWgs84Bbox([170, -10, 190, 10], 'EPSG:4326'), [170, -10, -170, 10]);
  assert.deepEqual(await toWgs84Bbox([200, 0, 210, 10], 'EPSG:4326'), [-160, 0, -150, 10]);
  assert.deepEqual(await toWgs84Bbox([-190, 0, -185, 10], 'EPSG:4326'), [170, 0, 175, 10]);
  assert.deepEqual(await toWgs84Bbox([170, 0, 180, 10], 'EPSG:4326'), [170, 0, 180, 10]);
});

test('the south pole and the whole of a polar grid give all longitudes', async () => {
  const [west, south, east, north] = await toWgs84Bbox([-3e6, -3e6, 3e6, 3e6], 'EPSG:3031');
  assert.deepEqual([west, south, east], [-180, -90, 180]);
  assert.ok(north < -50 && north > -60);
});

test('corners of a sinusoidal tile that lie beside the globe do not matter', async () => {
  const [west, south, east, north] = await toWgs84Bbox([-8_895_604, 7_783_653, -5_000_000, 8_895_604], 'EPSG:54008');
  assert.ok(west >= -180 && west < -170 && east > -135 && east < -125, `${west} ${east}`);
  assert.ok(Math.abs(south - 70) < 0.4 && north > 74 && north < 76, `${south} ${north}`);
});

test('what has no definition to compute with has its area of use', async () => {
  assert.deepEqual(await toWgs84Bbox([0, 0, 1000, 1000], 'EPSG:2000'), [-63.22, 18.11, -62.92, 18.33]);
});

test('unknown codes and impossible bounds are refused', async () => {
  assert.equal(await isKnownSrs('EPSG:3035'), true);
  assert.equal(await isKnownSrs('EPSG:3785'), true);
  assert.equal(await isKnownSrs('EPSG:999999'), false);
  assert.equal(await isKnownSrs('EPSG:../../etc'), false);
  const code = (wanted: string) => (error: unknown) => error instanceof GeoTiffError && error.code === wanted;
  await assert.rejects(toWgs84Bbox([0, 0, 1, 1], 'EPSG:999999'), code('CRS_UNKNOWN'));
  await assert.rejects(toWgs84Bbox([0, 0, Number.NaN, 1], 'EPSG:3857'), code('BBOX_IMPLAUSIBLE'));
  await assert.rejects(toWgs84Bbox([0, 0, 10, 95], 'EPSG:4326'), code('BBOX_IMPLAUSIBLE'));
  await assert.rejects(toWgs84Bbox([-400, 0, 10, 5], 'EPSG:4326'), code('BBOX_IMPLAUSIBLE'));
  await assert.rejects(toWgs84Bbox([1e12, 1e12, 2e12, 2e12], 'EPSG:3035'), code('BBOX_IMPLAUSIBLE'));
  await assert.rejects(toWgs84Bbox([500_000, -7_100_000, 600_000, -7_000_000], 'EPSG:32633'), code('BBOX_IMPLAUSIBLE'));
});
