import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { documentation, documentedWarnings, readDc, readRdfText, readText, warningCode } from './testing.ts';

const RASTER = { wgs84Bbox: [3, 7, 4, 8] as [number, number, number, number], srs: 'EPSG:4326' };
const box = (crs: string, corners: [string, string]) =>
  readText(
    `<c:Record xmlns:c="http://www.opengis.net/cat/csw/2.0.2" xmlns:o="http://www.opengis.net/ows"><o:BoundingBox crs="${crs}"><o:LowerCorner>${corners[0]}</o:LowerCorner><o:UpperCorner>${corners[1]}</o:UpperCorner></o:BoundingBox></c:Record>`,
  );
const coverage = (text: string) => readDc(`<dc:coverage>${text}</dc:coverage>`, { raster: RASTER });

/** One document for every warning that the page explains. */
const GIVERS: Readonly<Record<string, () => { warnings: string[] }>> = {
  'no-namespace': () => readText('<dc><title>x</title></dc>'),
  'no-description': () => readRdfText(''),
  'keywords-split': () => readDc('<dc:subject>a;b</dc:subject>'),
  'ambiguous-date': () => readDc('<dc:date>04/07/2015</dc:date>'),
  'unparsed-date': () => readDc('<dc:date>soon</dc:date>'),
  'local-date-format': () => readDc('<dc:date>31.12.2015</dc:date>'),
  'future-date': () => readDc('<dc:date>2999</dc:date>'),
  'unparsed-temporal': () => readDc('<dct:temporal>Holocene</dct:temporal>'),
  'temporal-reversed': () => coverage('2020/2019'),
  'axis-order-lat-lon-assumed': () => box('urn:ogc:def:crs:EPSG::4326', ['1 2', '3 4']),
  'axis-order-lon-lat-assumed': () => box('EPSG:4326', ['1 2', '3 4']),
  'bbox-mismatch': () => coverage('northlimit=2; southlimit=1; westlimit=1; eastlimit=2'),
  'bbox-crs-suspect': () => box('EPSG:32632', ['1 2', '3 4']),
  'box-projected': () => coverage('SRID=3857;POINT(1 2)'),
  'box-units': () => coverage('northlimit=2; southlimit=1; westlimit=1; eastlimit=2; units=m'),
  'invalid-bbox': () => coverage('northlimit=200; southlimit=1; westlimit=1; eastlimit=2'),
  'crosses-antimeridian': () => coverage('northlimit=2; southlimit=1; westlimit=170; eastlimit=-170'),
  'crs-mismatch': () => coverage('urn:ogc:def:crs:EPSG::3857'),
  'east-west-suspect': () => coverage('North 2, South 1, East 3, West 4'),
  'spatial-is-crs-not-place': () => coverage('EPSG:4326'),
  'spatial-is-uri-not-place': () => coverage('https://example.org/place'),
  'unparsed-geometry': () => coverage('POLYGON((x))'),
  'unparsed-coverage': () => coverage('12 13'),
  'encoding-mismatch': () => readText('<?xml version="1.0" encoding="iso-8859-1"?><dc><title>é</title></dc>'),
  'unknown-encoding': () => readText('<?xml version="1.0" encoding="klingon"?><dc><title>é</title></dc>'),
  'control-characters-dropped': () => readText('<dc><title>a\u0007</title></dc>'),
  shortened: () => readDc(`<dc:title>${'x'.repeat(2000)}</dc:title>`),
};

describe('docs/metadata.md', () => {
  it('gives an example that comes out as it says', () => {
    const xml = /```xml\n(.*?)```/s.exec(documentation())?.[1] ?? '';
    const json = JSON.parse(/```json\n(.*?)```/s.exec(documentation())?.[1] ?? '') as Record<string, unknown>;
    const filled = Object.entries(readText(xml)).filter(
      ([, value]) => value !== null && value !== false && !(Array.isArray(value) && value.length === 0),
    );
    assert.deepEqual(Object.fromEntries(filled), json);
  });

  it('explains warnings that exist, each of which some document gives', () => {
    assert.deepEqual(Object.keys(GIVERS).sort(), [...documentedWarnings()].sort());
    for (const [code, give] of Object.entries(GIVERS))
      assert.ok(give().warnings.map(warningCode).includes(code), `${code}: ${give().warnings}`);
  });
});
