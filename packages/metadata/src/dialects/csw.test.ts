import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Bbox } from '@geosluice/jobs';
import { MetadataError } from '../error.ts';
import { readText } from '../testing.ts';

const V2 = 'http://www.opengis.net/cat/csw/2.0.2';
const V3 = 'http://www.opengis.net/cat/csw/3.0';
const OWS =
  'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:ows="http://www.opengis.net/ows" xmlns:ows2="http://www.opengis.net/ows/2.0"';

function record(boxes: string, raster?: Bbox) {
  return readText(`<csw:Record xmlns:csw="${V2}" ${OWS}><dc:title>t</dc:title>${boxes}</csw:Record>`, {
    raster: raster && { wgs84Bbox: raster, srs: 'EPSG:4326' },
  });
}

function box(crs: string, lower: string, upper: string): string {
  return `<ows:BoundingBox ${crs === '' ? '' : `crs="${crs}"`}><ows:LowerCorner>${lower}</ows:LowerCorner><ows:UpperCorner>${upper}</ows:UpperCorner></ows:BoundingBox>`;
}

const LAT_LON = 'axis-order-lat-lon-assumed';
const LON_LAT = 'axis-order-lon-lat-assumed';
const WEST_AFRICA: Bbox = [3, 5, 14, 13];
/** Where the box would lie with its axes the other way round, and only there. */
const MIRRORED: Bbox = [4.5, 3, 5, 4];

describe('catalogue records', () => {
  it('reads boxes by the axis order their reference system has', () => {
    const cases: Array<[crs: string, lower: string, upper: string, bbox: Bbox, warnings: string[]]> = [
      ['urn:ogc:def:crs:EPSG::4326', '4.2 2.6', '13.9 14.7', [2.6, 4.2, 14.7, 13.9], [LAT_LON]],
      ['urn:ogc:def:crs:EPSG:6.6:4326', '4.2 2.6', '13.9 14.7', [2.6, 4.2, 14.7, 13.9], [LAT_LON]],
      ['http://www.opengis.net/def/crs/EPSG/0/4326', '4.2 2.6', '13.9 14.7', [2.6, 4.2, 14.7, 13.9], [LAT_LON]],
      ['urn:ogc:def:crs:OGC:1.3:CRS84', '2.6 4.2', '14.7 13.9', [2.6, 4.2, 14.7, 13.9], []],
      ['urn:ogc:def:crs:OGC::CRS84', '2.6 4.2', '14.7 13.9', [2.6, 4.2, 14.7, 13.9], []],
      ['EPSG:4326', '2.6 4.2', '14.7 13.9', [2.6, 4.2, 14.7, 13.9], [LON_LAT]],
      ['', '2.6 4.2', '14.7 13.9', [2.6, 4.2, 14.7, 13.9], [LON_LAT]],
      // only one order is possible
      ['EPSG:4326', '-20 120', '-10 130', [120, -20, 130, -10], [LAT_LON]],
      ['urn:ogc:def:crs:EPSG::4326', '120 -20', '130 -10', [120, -20, 130, -10], [LON_LAT]],
    ];
    for (const [crs, lower, upper, bbox, warnings] of cases) {
      const metadata = record(box(crs, lower, upper));
      assert.deepEqual([metadata.bbox, metadata.warnings], [bbox, warnings], crs);
    }
  });

  it('lets the raster choose between two orders', () => {
    const short = box('EPSG:4326', '4.2 2.6', '13.9 4.1');
    assert.deepEqual(record(short, [2.5, 10, 3, 13]).bbox, [2.6, 4.2, 4.1, 13.9]);
    assert.deepEqual(record(short, MIRRORED).bbox, [4.2, 2.6, 13.9, 4.1]);
    const urn = box('urn:ogc:def:crs:EPSG::4326', '4.2 2.6', '13.9 4.1');
    assert.deepEqual(record(urn, MIRRORED).warnings, [LON_LAT]);
  });

  it('prefers the box that is surely longitude and latitude', () => {
    const both = `${box('EPSG:4326', '1 2', '3 4')}<ows:WGS84BoundingBox><ows:LowerCorner>10 20</ows:LowerCorner><ows:UpperCorner>30 40</ows:UpperCorner></ows:WGS84BoundingBox>`;
    assert.deepEqual([record(both).bbox, record(both).warnings], [[10, 20, 30, 40], []]);
  });

  it('takes degrees under the name of a projected system only for what the raster confirms', () => {
    const suspect = box('urn:ogc:def:crs:EPSG::32632', '14.7 4.2', '2.6 13.9');
    const warning = 'bbox-crs-suspect:urn:ogc:def:crs:EPSG::32632';
    assert.deepEqual([record(suspect).bbox, record(suspect).warnings], [null, [warning]]);
    const confirmed = record(suspect, WEST_AFRICA);
    assert.deepEqual([confirmed.bbox, confirmed.warnings], [[2.6, 4.2, 14.7, 13.9], [warning]]);
    assert.deepEqual(record(box('EPSG:32632', '500000 1', '600000 2')).warnings, ['box-projected:EPSG:32632']);
  });

  it('passes over boxes without four numbers', () => {
    assert.deepEqual(record(box('EPSG:4326', '1', '3 4')).bbox, null);
    assert.deepEqual(record(box('EPSG:4326', 'a b', '3 4')).warnings, []);
  });

  it('unwraps answers of both versions, with Dublin Core or ISO inside', () => {
    const answers = [
      `<c:GetRecordsResponse xmlns:c="${V2}" ${OWS}><c:SearchStatus/><c:SearchResults><c:BriefRecord><dc:title>t</dc:title></c:BriefRecord><c:BriefRecord><dc:title>u</dc:title></c:BriefRecord></c:SearchResults></c:GetRecordsResponse>`,
      `<c:GetRecordByIdResponse xmlns:c="${V3}" ${OWS}><c:Record><dc:title>t</dc:title></c:Record></c:GetRecordByIdResponse>`,
      `<c:Record xmlns:c="${V3}" ${OWS}><dc:title>t</dc:title></c:Record>`,
    ];
    for (const answer of answers) assert.deepEqual([readText(answer).dialect, readText(answer).title], ['csw', 't']);
    const iso = `<c:GetRecordByIdResponse xmlns:c="${V2}"><g:MD_Metadata xmlns:g="http://www.isotc211.org/2005/gmd"/></c:GetRecordByIdResponse>`;
    assert.equal(readText(iso).dialect, 'iso19139');
  });

  it('refuses an answer without a record', () => {
    assert.throws(
      () => readText(`<c:GetRecordByIdResponse xmlns:c="${V2}"/>`),
      (error) => error instanceof MetadataError && error.code === 'unknown-dialect',
    );
  });

  it('reads boxes in the OWS namespace of version 3', () => {
    const text = `<c:Record xmlns:c="${V3}" ${OWS}><ows2:WGS84BoundingBox><ows2:LowerCorner>1 2</ows2:LowerCorner><ows2:UpperCorner>3 4</ows2:UpperCorner></ows2:WGS84BoundingBox></c:Record>`;
    assert.deepEqual(readText(text).bbox, [1, 2, 3, 4]);
  });
});
