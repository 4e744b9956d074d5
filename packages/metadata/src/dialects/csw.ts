import { attribute, child, type XmlElement } from '@geosluice/xml';
import type { BoxCandidate, Collected, Reading } from '../collected.ts';
import { isCsw, isIso } from '../namespaces.ts';
import { crsCode, isGeographic } from '../values/crs.ts';
import { readDublinCore } from './dublin-core.ts';

const RECORDS: ReadonlySet<string> = new Set(['Record', 'SummaryRecord', 'BriefRecord', 'DCMIRecord']);
const WRAPPERS: ReadonlySet<string> = new Set(['GetRecordByIdResponse', 'GetRecordsResponse', 'SearchResults']);

export function isCswRecord(element: XmlElement): boolean {
  return isCsw(element.namespace) && RECORDS.has(element.local);
}

/** The first record (Dublin Core or ISO) of a catalogue's answer, in at most two wrappers; undefined for none. */
export function unwrapCsw(root: XmlElement): XmlElement | undefined {
  let element: XmlElement | undefined = root;
  for (let level = 0; element && isCsw(element.namespace) && WRAPPERS.has(element.local); level++) {
    if (level > 2) return undefined;
    element = element.children.find((each) => isCswRecord(each) || isIso(each.namespace) || WRAPPERS.has(each.local));
  }
  return element;
}

/** Dublin Core and the bounding boxes of OWS beside it. */
export function readCsw(record: XmlElement): Collected {
  const into = readDublinCore(record);
  const boxes: BoxCandidate[] = [];
  for (const element of record.children) {
    if (!/^https?:\/\/www\.opengis\.net\/ows(\/|$)/.test(element.namespace)) continue;
    const box =
      element.local === 'WGS84BoundingBox'
        ? wgs84(element)
        : element.local === 'BoundingBox'
          ? other(element, into)
          : null;
    // what is surely longitude and latitude goes first
    if (box) boxes[element.local === 'WGS84BoundingBox' ? 'unshift' : 'push'](box);
  }
  into.boxes.unshift(...boxes);
  return into;
}

function wgs84(element: XmlElement): BoxCandidate | null {
  const corners = cornersOf(element);
  return corners && { readings: [{ box: corners }] };
}

function other(element: XmlElement, into: Collected): BoxCandidate | null {
  const corners = cornersOf(element);
  if (!corners) return null;
  const [a, b, c, d] = corners;
  const lonLat: Reading = { box: [a, b, c, d], warning: 'axis-order-lon-lat-assumed' };
  const latLon: Reading = { box: [b, a, d, c], warning: 'axis-order-lat-lon-assumed' };
  const crs = (attribute(element, 'crs') ?? '').trim();
  const named = crsCode(crs);
  if (named?.code === '84') return { readings: [{ box: [a, b, c, d] }] };
  // an urn means the order of the authority, which is latitude first; the short form means either
  if (isGeographic(crs) && named?.style === 'urn') return { readings: [latLon, lonLat] };
  if (crs === '' || isGeographic(crs)) return { readings: [lonLat, latLon] };
  if (Math.max(Math.abs(a), Math.abs(c)) > 180 || Math.max(Math.abs(b), Math.abs(d)) > 180) {
    into.warnings.push(`box-projected:${crs.slice(0, 100)}`);
    return null;
  }
  // GeoNetwork writes the data's CRS over degrees, and has swapped east and west: only the raster can tell
  const warning = `bbox-crs-suspect:${crs.slice(0, 100)}`;
  const readings = [[a, b, c, d] as const, [b, a, d, c] as const, [c, b, a, d] as const, [d, a, b, c] as const];
  return { readings: readings.map((box) => ({ box, warning })), onlyWithRaster: warning };
}

function cornersOf(element: XmlElement): [number, number, number, number] | null {
  const [lower, upper] = ['LowerCorner', 'UpperCorner'].map((name) =>
    (child(element, name, element.namespace)?.text ?? '')
      .trim()
      .split(/[\s,]+/, 3)
      .map(Number),
  );
  const [a, b] = lower ?? [];
  const [c, d] = upper ?? [];
  if (a === undefined || b === undefined || c === undefined || d === undefined) return null;
  return [a, b, c, d].every(Number.isFinite) ? [a, b, c, d] : null;
}
