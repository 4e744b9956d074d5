import type { Reading } from '../collected.ts';
import { isGeographic } from './crs.ts';

/** Longest text of which an envelope is taken. */
const MAX_LENGTH = 1_000_000;
const START =
  /^\s*(?:SRID\s*=\s*(\d{1,6})\s*;)?\s*(?:<([^<>\s]{1,200})>\s*)?(?:MULTI)?(POINT|LINESTRING|POLYGON|GEOMETRYCOLLECTION|ENVELOPE|BBOX)\s*(?:ZM|Z|M)?\s*(?:[([]|EMPTY)/i;

/** True for text that begins as WKT, WKT with an SRID, or a GeoSPARQL literal does. */
export function looksLikeWkt(text: string): boolean {
  return START.test(text.slice(0, 400));
}

/** The envelope of a geometry, by its numbers alone: one walk, no recursion. Null where there is none. */
export function wktEnvelope(text: string): { readings: Reading[]; crs: string | null } | null {
  const start = START.exec(text.slice(0, 400));
  if (!start || text.length > MAX_LENGTH) return null;
  const crs = start[1] ? `EPSG:${start[1]}` : (start[2] ?? null);
  const body = text.slice(start[0].length - 1);
  const numbers = /^(ENVELOPE|BBOX)$/i.test(start[3] ?? '') ? envelopeOf(body, start[3] ?? '') : extremesOf(body);
  if (!numbers) return null;
  const [a, b, c, d] = numbers;
  // only a GeoSPARQL literal with an EPSG uri has latitude first; PostGIS's SRID has longitude first
  const latFirst = start[2] !== undefined && !/CRS:?\/?(?:1\.3\/)?(?:CRS)?84/i.test(start[2]) && isGeographic(start[2]);
  const lonLat: Reading = { box: [a, b, c, d] };
  const latLon: Reading = { box: [b, a, d, c], warning: 'axis-order-lat-lon-assumed' };
  return { readings: latFirst ? [latLon, { ...lonLat, warning: 'axis-order-lon-lat-assumed' }] : [lonLat], crs };
}

/** ENVELOPE(west, east, north, south) of CQL and Solr; BBOX(west, south, east, north). */
function envelopeOf(body: string, kind: string): [number, number, number, number] | null {
  const four = body
    .slice(1, 200)
    .replace(/[)\]].*$/su, '')
    .split(',')
    .map(Number);
  const [a, b, c, d] = four;
  if (four.length !== 4 || a === undefined || b === undefined || c === undefined || d === undefined) return null;
  if (!four.every(Number.isFinite)) return null;
  return /^BBOX$/i.test(kind) ? [a, b, c, d] : [a, d, b, c];
}

function extremesOf(body: string): [number, number, number, number] | null {
  let [west, south, east, north] = [Infinity, Infinity, -Infinity, -Infinity];
  const position = /([+-]?[\d.]+(?:e[+-]?\d+)?)\s+([+-]?[\d.]+(?:e[+-]?\d+)?)[^,()]*/giy;
  const between = /[^\d+.-]+/y;
  for (let index = 0; index < body.length; ) {
    between.lastIndex = index;
    if (between.exec(body)) index = between.lastIndex;
    if (index >= body.length) break;
    position.lastIndex = index;
    const pair = position.exec(body);
    if (!pair) return null;
    const [x, y] = [Number(pair[1]), Number(pair[2])];
    if (!Number.isFinite(x) || !Number.isFinite(y)) return null;
    [west, south, east, north] = [Math.min(west, x), Math.min(south, y), Math.max(east, x), Math.max(north, y)];
    index = position.lastIndex;
  }
  return Number.isFinite(west) ? [west, south, east, north] : null;
}
