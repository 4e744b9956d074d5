import { DATUM_ELLIPSOIDS, ELLIPSOIDS, LINEAR_UNITS, PRIME_MERIDIANS } from './ellipsoids.ts';

/** A projection by its parameters: degrees, and metres for a, x_0 and y_0. The common tongue of GeoKeys, WKT and PROJ. */
export interface Projection {
  /** PROJ's name of the method; `longlat` is none. */
  method: string;
  /** Semi-major axis in metres. */
  a: number;
  /** Inverse flattening; 0 is a sphere. */
  rf: number;
  /** Degrees east of Greenwich. */
  primeMeridian: number;
  /** Metres a unit of the coordinates; 1 for longlat. */
  toMeter: number;
  lat_0?: number;
  lon_0?: number;
  lat_1?: number;
  lat_2?: number;
  lat_ts?: number;
  k?: number;
  x_0?: number;
  y_0?: number;
  /** Degrees, oblique methods. */
  alpha?: number;
  gamma?: number;
}

/** Reads a PROJ string; null where it names an ellipsoid, unit or shape that is not known here. */
export function parseProj(text: string): Projection | null {
  const words = new Map<string, string>();
  for (const word of text.split(/\s+/)) {
    const [name = '', value = ''] = word.replace(/^\+/, '').split('=');
    if (name !== '') words.set(name, value);
  }
  const number = (name: string) => {
    const value = Number.parseFloat(words.get(name) ?? '');
    return Number.isFinite(value) ? value : undefined;
  };
  const shape = shapeOf(words.get('ellps') ?? DATUM_ELLIPSOIDS[words.get('datum') ?? ''], number);
  const pm = words.get('pm');
  const primeMeridian = pm === undefined ? 0 : (PRIME_MERIDIANS[pm] ?? number('pm'));
  const toMeter = number('to_meter') ?? LINEAR_UNITS[words.get('units') ?? 'm'];
  if (shape === null || primeMeridian === undefined || toMeter === undefined) return null;
  const [a, rf] = shape;
  const base = { a, rf, primeMeridian };
  const proj = words.get('proj') ?? '';
  if (proj === 'longlat' || proj === 'latlong') return { ...base, method: 'longlat', toMeter: 1 };
  if (proj === 'utm') return { ...base, ...utm(number('zone') ?? 0, words.has('south')), toMeter };
  const projection: Projection = { ...base, method: proj, toMeter };
  for (const name of ['lat_0', 'lon_0', 'lat_1', 'lat_2', 'lat_ts', 'x_0', 'y_0', 'alpha', 'gamma'] as const) {
    const value = number(name);
    if (value !== undefined) projection[name] = value;
  }
  const k = number('k_0') ?? number('k');
  if (k !== undefined) projection.k = k;
  const lonc = number('lonc');
  if (lonc !== undefined) projection.lon_0 = lonc;
  return projection;
}

function shapeOf(
  name: string | undefined,
  number: (name: string) => number | undefined,
): readonly [number, number] | null {
  if (name !== undefined) return ELLIPSOIDS[name] ?? null;
  const sphere = number('R');
  if (sphere !== undefined) return [sphere, 0];
  const a = number('a');
  if (a === undefined) return null;
  return [a, number('rf') ?? invertFlattening(a, number('b') ?? a)];
}

export function invertFlattening(a: number, b: number): number {
  return a === b ? 0 : a / (a - b);
}

export function utm(
  zone: number,
  south: boolean,
): Pick<Projection, 'method' | 'lat_0' | 'lon_0' | 'k' | 'x_0' | 'y_0'> {
  return { method: 'tmerc', lat_0: 0, lon_0: zone * 6 - 183, k: 0.9996, x_0: 500_000, y_0: south ? 10_000_000 : 0 };
}

/** A text that is equal for projections that are the same, however they are written. */
export function keyOf(projection: Projection): string {
  const p = projection;
  const parts = [p.method, digits(p.a, 3), digits(p.rf, 6), digits(p.primeMeridian, 5), digits(p.toMeter, 8)];
  if (p.method === 'longlat') return parts.join(' ');
  let { lat_0 = 0, lat_1, lat_2, lat_ts, k = 1 } = p;
  const lon_0 = ((((p.lon_0 ?? 0) + 180) % 360) + 360) % 360;
  if (p.method === 'lcc' && (lat_2 === undefined || lat_2 === lat_1)) {
    // One standard parallel: some write it as lat_1, some as lat_0.
    lat_1 ??= lat_0;
    if (lat_2 === undefined && p.lat_0 === undefined) lat_0 = lat_1;
    lat_2 = undefined;
  }
  if (lat_1 !== undefined && lat_2 !== undefined && lat_1 < lat_2) [lat_1, lat_2] = [lat_2, lat_1];
  // At a pole the parallel of true scale is the whole parameter, and without one it is the pole itself.
  if (p.method === 'stere' && Math.abs(lat_0) === 90 && lat_ts !== undefined) {
    if (Math.abs(lat_ts) === 90) lat_ts = undefined;
    else k = 1;
  }
  if ((p.method === 'merc' || p.method === 'eqc' || p.method === 'cea') && lat_ts === 0) lat_ts = undefined;
  const angles = [lat_0, lon_0, lat_1, lat_2, lat_ts, p.alpha, p.gamma];
  parts.push(...angles.map((angle) => (angle === undefined ? '-' : digits(angle, 6))));
  parts.push(digits(k, 8), digits(p.x_0 ?? 0, 2), digits(p.y_0 ?? 0, 2));
  return parts.join(' ');
}

function digits(value: number, places: number): string {
  const rounded = value.toFixed(places);
  return Number(rounded) === 0 ? '0' : rounded;
}
