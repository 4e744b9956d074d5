import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { memoryReader } from '../../../../../test/rasters/memory-reader.ts';
import { type GeoKeys, writeTiff } from '../../../../../test/rasters/write-tiff.ts';
import { GeoTiffError, readRaster } from '../index.ts';
import { parseWkt } from './from-wkt.ts';
import { keyOf, parseProj } from './projection.ts';

type Place = readonly [x: number, y: number];
const read = (geoKeys: GeoKeys, origin: Place) =>
  readRaster(memoryReader(writeTiff({ width: 100, height: 100, tileSize: 112, pixelSize: 100, geoKeys, origin })));

const user = { 1024: 1, 3072: 32767, 3074: 32767, 3076: 9001 } as const;
/** As GDAL 3.6 writes a CRS of an unknown datum. */
const onGrs80 = {
  1026: 'unknown',
  2048: 32767,
  2050: 32767,
  2056: 7019,
  2057: [6378137],
  2059: [298.257222101],
} as const;

const cases: Array<[string, string, GeoKeys, Place]> = [
  ['UTM by the code of its conversion', 'EPSG:32631', { ...user, 2048: 4326, 3074: 16031 }, [500_000, 5_100_000]],
  ['UTM south on another datum', 'EPSG:31983', { ...user, 2048: 4674, 3074: 16123 }, [500_000, 7_500_000]],
  [
    'UTM by its parameters',
    'EPSG:25832',
    { ...user, 2048: 4258, 3075: 1, 3080: [9], 3081: [0], 3082: [500_000], 3083: [0], 3092: [0.9996] },
    [500_000, 5_100_000],
  ],
  [
    'UTM on an unknown datum, by where it lies',
    'EPSG:25832',
    { ...user, ...onGrs80, 3074: 16032 },
    [500_000, 5_800_000],
  ],
  [
    'LAEA',
    'EPSG:3035',
    { ...user, ...onGrs80, 3075: 10, 3082: [4_321_000], 3083: [3_210_000], 3088: [10], 3089: [52] },
    [4_000_000, 3_500_000],
  ],
  [
    'LCC with two parallels, in either order',
    'EPSG:2154',
    {
      ...user,
      ...onGrs80,
      3075: 8,
      3078: [44],
      3079: [49],
      3084: [3],
      3085: [46.5],
      3086: [700_000],
      3087: [6_600_000],
    },
    [600_000, 6_700_000],
  ],
  [
    'LCC with one parallel',
    'EPSG:27572',
    { ...user, 2048: 4807, 3075: 9, 3080: [0], 3081: [46.8], 3082: [600_000], 3083: [2_200_000], 3092: [0.99987742] },
    [600_000, 2_200_000],
  ],
  [
    'Albers',
    'EPSG:5070',
    { ...user, 2048: 4269, 3075: 11, 3078: [29.5], 3079: [45.5], 3080: [-96], 3081: [23], 3082: [0], 3083: [0] },
    [0, 2_000_000],
  ],
  ['Mercator', 'EPSG:3395', { ...user, 2048: 4326, 3075: 7, 3080: [0], 3081: [0], 3092: [1] }, [0, 500_000]],
  [
    'polar stereographic, north',
    'EPSG:3413',
    { ...user, 2048: 4326, 3075: 15, 3081: [70], 3092: [1], 3095: [-45] },
    [-500_000, 500_000],
  ],
  [
    'polar stereographic, south',
    'EPSG:3031',
    { ...user, 2048: 4326, 3075: 15, 3081: [-71], 3092: [1], 3095: [0] },
    [-500_000, 900_000],
  ],
  [
    'oblique stereographic',
    'EPSG:28992',
    {
      ...user,
      2048: 4289,
      3075: 16,
      3080: [5.38763888888889],
      3081: [52.1561605555556],
      3082: [155_000],
      3083: [463_000],
      3092: [0.9999079],
    },
    [150_000, 460_000],
  ],
  ['equirectangular', 'EPSG:4087', { ...user, 2048: 4326, 3075: 17, 3078: [0], 3088: [0], 3089: [0] }, [0, 500_000]],
  ['sinusoidal', 'EPSG:54008', { ...user, 2048: 4326, 3075: 24, 3088: [0] }, [0, 500_000]],
  ['a geographic one by its datum', 'EPSG:4258', { 1024: 2, 2048: 32767, 2050: 6258, 2054: 9102 }, [10, 46]],
  [
    'a geographic one by its ellipsoid',
    'EPSG:4326',
    { 1024: 2, 2048: 32767, 2057: [6378137], 2059: [298.257223563] },
    [10, 46],
  ],
  [
    'a WKT of ESRI',
    'EPSG:54009',
    {
      1024: 32767,
      1026: 'World_Mollweide',
      2048: 4326,
      3073: 'ESRI PE String = PROJCS["World_Mollweide",GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137.0,298.257223563]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Mollweide"],PARAMETER["False_Easting",0.0],PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",0.0],UNIT["Meter",1.0]]',
    },
    [0, 500_000],
  ],
];

describe('a user-defined CRS is matched to its code and then declared', () => {
  for (const [name, srs, keys, origin] of cases) {
    test(name, async () => {
      const degrees = origin[0] <= 180 && origin[1] <= 90;
      const facts = await (degrees
        ? readRaster(
            memoryReader(writeTiff({ width: 64, height: 64, tileSize: 64, pixelSize: 0.01, geoKeys: keys, origin })),
          )
        : read(keys, origin));
      assert.deepEqual([facts.srs, facts.srsDeclared], [srs, true]);
      assert.ok(facts.warnings.includes('crs-matched'));
    });
  }
});

test('a name alone matches nothing: the parameters must agree', async () => {
  const lying = {
    ...user,
    1026: 'WGS 84 / UTM zone 31N',
    2048: 4326,
    3075: 1,
    3080: [3.25],
    3081: [0],
    3082: [500_000],
    3092: [0.9996],
  } as const;
  await assert.rejects(read(lying, [500_000, 5_100_000]), (error: unknown) => {
    assert.ok(error instanceof GeoTiffError);
    assert.equal(error.code, 'CRS_WITHOUT_CODE');
    return true;
  });
});

test('a name settles what parameters leave open', async () => {
  const nad83 = { ...user, ...onGrs80, 1026: 'NAD_1983_UTM_Zone_17N', 3074: 16017 } as const;
  assert.equal((await read(nad83, [500_000, 4_500_000])).srs, 'EPSG:26917');
});

test('the same projection has the same key however it is written', () => {
  const key = (text: string) => keyOf(parseProj(text) ?? assert.fail(text));
  assert.equal(
    key('+proj=utm +zone=33 +south +datum=WGS84 +units=m'),
    key('+proj=tmerc +lat_0=0 +lon_0=15 +k=0.9996 +x_0=500000 +y_0=10000000 +ellps=WGS84'),
  );
  assert.equal(
    key('+proj=lcc +lat_1=49 +lat_2=44 +lat_0=46.5 +lon_0=3 +ellps=GRS80'),
    key('+proj=lcc +lat_1=44 +lat_2=49 +lat_0=46.5 +lon_0=3 +ellps=GRS80'),
  );
  assert.notEqual(key('+proj=longlat +datum=WGS84'), key('+proj=longlat +ellps=GRS80'));
  const wkt = parseWkt(
    'PROJCS["x",GEOGCS["GCS_ETRS_1989",DATUM["D_ETRS_1989",SPHEROID["GRS_1980",6378137,298.257222101]],PRIMEM["Greenwich",0],UNIT["Degree",0.0174532925199433]],PROJECTION["Lambert_Azimuthal_Equal_Area"],PARAMETER["latitude_of_center",52],PARAMETER["longitude_of_center",10],PARAMETER["false_easting",4321000],PARAMETER["false_northing",3210000],UNIT["Meter",1]]',
  );
  assert.equal(
    keyOf(wkt?.projection ?? assert.fail()),
    key('+proj=laea +lat_0=52 +lon_0=10 +x_0=4321000 +y_0=3210000 +ellps=GRS80'),
  );
});
