import { type Collected, say } from '../collected.ts';
import { degrees } from './box.ts';
import { crsCode, isGeographic } from './crs.ts';
import { parseDate } from './dates.ts';
import { parseDcsv } from './dcsv.ts';
import { splitInterval } from './interval.ts';
import { oneLine } from './text.ts';
import { looksLikeWkt, wktEnvelope } from './wkt.ts';

const LIMITS = ['northlimit', 'southlimit', 'eastlimit', 'westlimit'];
const NORTH_SOUTH =
  /^\s*North\s+(-?[\d.]{1,20}),?\s*South\s+(-?[\d.]{1,20}),?\s*East\s+(-?[\d.]{1,20}),?\s*West\s+(-?[\d.]{1,20})\.?\s*/i;

/**
 * Takes one coverage, spatial or temporal value apart and adds what it is to `into`: a box, a point, a period, the
 * name of a reference system, a place.
 */
export function readCoverage(
  into: Collected,
  text: string,
  term: 'coverage' | 'spatial' | 'temporal',
  scheme?: string,
): void {
  const dcsv = parseDcsv(text);
  const has = (name: string) => dcsv?.has(name) ?? false;
  if (dcsv && term !== 'temporal' && LIMITS.some(has)) readBox(into, dcsv);
  else if (dcsv && term !== 'temporal' && has('north') && has('east')) readPoint(into, dcsv);
  else if (dcsv && (has('start') || has('end')) && (term !== 'spatial' || scheme === 'Period'))
    into.periods.push({ start: dcsv.get('start') ?? null, end: dcsv.get('end') ?? null });
  else if (term === 'temporal') readTemporal(into, text, term);
  else if (!readSpatial(into, text) && (term === 'spatial' || !readTemporal(into, text, term)))
    readPlace(into, text, dcsv);
}

function readSpatial(into: Collected, text: string): boolean {
  if (crsCode(text)) {
    into.crs.push(text.trim());
    into.warnings.push('spatial-is-crs-not-place');
    return true;
  }
  if (looksLikeWkt(text)) {
    const envelope = wktEnvelope(text);
    if (!envelope) into.warnings.push('unparsed-geometry');
    else if (envelope.crs !== null && !isGeographic(envelope.crs)) into.warnings.push(`box-projected:${envelope.crs}`);
    else into.boxes.push({ readings: envelope.readings });
    return true;
  }
  const match = NORTH_SOUTH.exec(text);
  if (!match) return false;
  const [north, south, east, west] = match.slice(1, 5).map(Number) as [number, number, number, number];
  // GeoNetwork has written east and west the wrong way round: then only the raster can tell
  if (west <= east) into.boxes.push({ readings: [{ box: [west, south, east, north] }] });
  else {
    const warning = 'east-west-suspect: use raster extent';
    const swapped = { box: [east, south, west, north] as const, warning };
    into.boxes.push({ readings: [swapped, { box: [west, south, east, north], warning }], onlyWithRaster: warning });
  }
  say(into, 'place', text.slice(match[0].length).replace(/\.\s*$/, ''));
  return true;
}

function readTemporal(into: Collected, text: string, term: 'coverage' | 'temporal'): boolean {
  const interval = splitInterval(text);
  const single = parseDate(text, new Date(0)).value;
  if (interval) into.periods.push(interval);
  else if (single !== null) into.periods.push({ start: text, end: text });
  else if (term === 'temporal') into.warnings.push(`unparsed-temporal:${oneLine(text).slice(0, 60)}`);
  return interval !== null || single !== null || term === 'temporal';
}

function readBox(into: Collected, dcsv: ReadonlyMap<string, string>): void {
  say(into, 'place', dcsv.get('name'));
  const projection = dcsv.get('projection');
  const units = dcsv.get('units') ?? 'signed decimal degrees';
  if (projection !== undefined && !isGeographic(projection)) {
    into.warnings.push(`box-projected:${projection.slice(0, 60)}`);
  } else if (!/degree|^deg/i.test(units)) {
    into.warnings.push(`box-units:${units.slice(0, 60)}`);
  } else {
    const [north, south, east, west] = LIMITS.map((name) => degrees(dcsv.get(name))) as [
      number,
      number,
      number,
      number,
    ];
    into.boxes.push({ readings: [{ box: [west, south, east, north] }] });
  }
}

function readPoint(into: Collected, dcsv: ReadonlyMap<string, string>): void {
  const [east, north] = [degrees(dcsv.get('east')), degrees(dcsv.get('north'))];
  const projection = dcsv.get('projection');
  say(into, 'place', dcsv.get('name'));
  if (projection !== undefined && !isGeographic(projection))
    into.warnings.push(`box-projected:${projection.slice(0, 60)}`);
  else into.boxes.push({ readings: [{ box: [east, north, east, north] }] });
}

function readPlace(into: Collected, text: string, dcsv: ReadonlyMap<string, string> | null): void {
  const place = oneLine(dcsv?.get('name') ?? text);
  if (/^(https?|urn):\S+$/i.test(place)) into.warnings.push('spatial-is-uri-not-place');
  else if (!/\p{L}/u.test(place)) into.warnings.push(`unparsed-coverage:${place.slice(0, 60)}`);
  else say(into, 'place', place);
}
