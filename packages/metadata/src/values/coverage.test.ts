import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Bbox } from '@geosluice/jobs';
import { readDc } from '../testing.ts';

const coverage = (text: string) => readDc(`<dc:coverage>${text}</dc:coverage>`);

describe('coverage as a box', () => {
  const boxes: Array<[text: string, bbox: Bbox | null, warnings: string[]]> = [
    ['northlimit=8; southlimit=7; westlimit=3; eastlimit=4', [3, 7, 4, 8], []],
    ['NorthLimit = 8;southlimit:7; westlimit : 3;eastlimit: 4;', [3, 7, 4, 8], []],
    ['northlimit=8,5; southlimit=7°; westlimit=3 W; eastlimit=4E', [-3, 7, 4, 8.5], []],
    ['northlimit=8; southlimit=7; westlimit=3; eastlimit=4; uplimit=900; zunits=m', [3, 7, 4, 8], []],
    ['northlimit=8; southlimit=7; westlimit=3; eastlimit=4; projection=WGS84', [3, 7, 4, 8], []],
    ['northlimit=8; southlimit=7; westlimit=170; eastlimit=190', [170, 7, -170, 8], ['crosses-antimeridian']],
    ['northlimit=90; southlimit=-90; westlimit=0; eastlimit=360', [-180, -90, 180, 90], []],
    ['northlimit=7; southlimit=8; westlimit=3; eastlimit=4', null, ['invalid-bbox']],
    ['northlimit=97; southlimit=8; westlimit=3; eastlimit=4', null, ['invalid-bbox']],
    ['northlimit=8; southlimit=7; westlimit=3', null, ['invalid-bbox']],
    ['northlimit=8; southlimit=x; westlimit=3; eastlimit=4', null, ['invalid-bbox']],
    [
      'northlimit=6e6; southlimit=5e6; westlimit=3; eastlimit=4; projection=EPSG:25832',
      null,
      ['box-projected:EPSG:25832'],
    ],
    ['northlimit=6; southlimit=5; westlimit=3; eastlimit=4; units=metres', null, ['box-units:metres']],
    ['east=9.5; north=50.25', [9.5, 50.25, 9.5, 50.25], []],
    ['POLYGON((9 48,11 48,11 50,9 50,9 48))', [9, 48, 11, 50], []],
    ['POINT Z (9 48 200)', [9, 48, 9, 48], []],
    ['SRID=4326;LINESTRING(-1e1 2,3 4.5)', [-10, 2, 3, 4.5], []],
    ['GEOMETRYCOLLECTION(POINT(1 2),POLYGON((3 4,5 6,3 4)))', [1, 2, 5, 6], []],
    ['ENVELOPE(3, 4, 8, 7)', [3, 7, 4, 8], []],
    ['SRID=32632;POINT(500000 5000000)', null, ['box-projected:EPSG:32632']],
    ['POLYGON EMPTY', null, ['unparsed-geometry']],
    ['POLYGON((1 2,3', null, ['unparsed-geometry']],
    ['POLYGON((a b))', null, ['unparsed-geometry']],
    ['North 8, South 7, East 4, West 3', [3, 7, 4, 8], []],
  ];
  for (const [text, bbox, warnings] of boxes)
    it(`reads ${text}`, () => {
      const metadata = coverage(text);
      assert.deepEqual([metadata.bbox, metadata.warnings], [bbox, warnings]);
      assert.deepEqual(metadata.places, []);
    });

  it('keeps the name of a box as a place, escapes undone', () => {
    const metadata = coverage('name=Bonn\\; Rhein\\=Sieg; northlimit=8; southlimit=7; westlimit=3; eastlimit=4');
    assert.deepEqual(metadata.places, ['Bonn; Rhein=Sieg']);
  });

  it('takes the first box that meets the raster, and warns where none does', () => {
    const two =
      '<dc:coverage>northlimit=8; southlimit=7; westlimit=3; eastlimit=4</dc:coverage><dct:spatial>POLYGON((20 20,21 21,20 20))</dct:spatial>';
    const near = { wgs84Bbox: [19, 19, 22, 22] as Bbox, srs: 'EPSG:4326' };
    const far = { wgs84Bbox: [100, 19, 101, 22] as Bbox, srs: 'EPSG:4326' };
    assert.deepEqual(readDc(two, { raster: near }).bbox, [20, 20, 21, 21]);
    const missed = readDc(two, { raster: far });
    assert.deepEqual([missed.bbox, missed.warnings], [[3, 7, 4, 8], ['bbox-mismatch']]);
  });

  it('compares across the antimeridian', () => {
    const text = '<dc:coverage>northlimit=-12; southlimit=-20; westlimit=176; eastlimit=-178</dc:coverage>';
    const at = (wgs84Bbox: Bbox) => readDc(text, { raster: { wgs84Bbox, srs: 'EPSG:4326' } }).warnings;
    assert.deepEqual(at([-179, -15, -178.5, -14]), ['crosses-antimeridian']);
    assert.deepEqual(at([179, -15, -179, -14]), ['crosses-antimeridian']);
    assert.deepEqual(at([0, -15, 10, -14]), ['bbox-mismatch', 'crosses-antimeridian']);
  });

  it('lets the raster tell whether GeoNetwork swapped east and west', () => {
    const text = '<dc:coverage>North -9, South -54, East 112, West 159. Australia</dc:coverage>';
    const { bbox, warnings } = readDc(text, { raster: { wgs84Bbox: [140, -30, 141, -29], srs: 'EPSG:4326' } });
    assert.deepEqual([bbox, warnings], [[112, -54, 159, -9], ['east-west-suspect: use raster extent']]);
  });

  it('warns of a reference system that is not the raster’s', () => {
    const text = '<dct:spatial>urn:ogc:def:crs:EPSG::32632</dct:spatial>';
    const raster = { wgs84Bbox: [9, 48, 10, 49] as Bbox, srs: 'EPSG:32633' };
    assert.deepEqual(readDc(text, { raster }).warnings, ['spatial-is-crs-not-place', 'crs-mismatch:EPSG:32632']);
    assert.deepEqual(readDc(text, { raster: { ...raster, srs: 'EPSG:32632' } }).warnings, ['spatial-is-crs-not-place']);
  });
});

describe('coverage as a time or a place', () => {
  const times: Array<[text: string, temporal: [string | null, string | null] | null, warnings: string[]]> = [
    ['start=2020; end=2021-02; scheme=W3C-DTF', ['2020-01-01', '2021-02-28'], []],
    ['name=x; start=2020-02-03', ['2020-02-03', null], []],
    ['start: 1999; end: 2000', ['1999-01-01', '2000-12-31'], []],
    ['2020-02/2020-02', ['2020-02-01', '2020-02-29'], []],
    ['2020/..', ['2020-01-01', null], []],
    ['/2020', [null, '2020-12-31'], []],
    ['2010-2015', ['2010-01-01', '2015-12-31'], []],
    ['2015', ['2015-01-01', '2015-12-31'], []],
    ['20150704', ['2015-07-04', '2015-07-04'], []],
    ['2021/2020', ['2020-01-01', '2021-12-31'], ['temporal-reversed']],
    ['2020-01-01T10:00Z/2020-01-01T12:00Z', ['2020-01-01T10:00Z', '2020-01-01T12:00Z'], []],
    ['start=long ago; end=now', null, ['unparsed-date:long ago']],
  ];
  for (const [text, temporal, warnings] of times)
    it(`reads ${text}`, () => {
      const metadata = coverage(text);
      assert.deepEqual([metadata.temporal, metadata.warnings, metadata.places], [temporal, warnings, []]);
    });

  it('keeps what is left as places, without uris and bare numbers', () => {
    const metadata = readDc(
      '<dc:coverage>Köln, Bonn</dc:coverage><dct:spatial>Region: Eifel</dct:spatial><dct:spatial>https://sws.geonames.org/1/</dct:spatial><dc:coverage>12 34 56</dc:coverage>',
    );
    assert.deepEqual(metadata.places, ['Köln, Bonn', 'Region: Eifel']);
    assert.deepEqual(metadata.warnings, ['spatial-is-uri-not-place', 'unparsed-coverage:12 34 56']);
  });

  it('says so where dct:temporal is no time', () => {
    assert.deepEqual(readDc('<dct:temporal>Holocene</dct:temporal>').warnings, ['unparsed-temporal:Holocene']);
  });
});
