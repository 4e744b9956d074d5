import type { Projection } from './projection.ts';

/** WKT 1 names of methods (ESRI's and OGC's, folded) by PROJ's names. */
const METHODS: Readonly<Record<string, string>> = {
  transversemercator: 'tmerc',
  gausskruger: 'tmerc',
  mercator: 'merc',
  mercator1sp: 'merc',
  mercator2sp: 'merc',
  lambertconformalconic: 'lcc',
  lambertconformalconic1sp: 'lcc',
  lambertconformalconic2sp: 'lcc',
  lambertazimuthalequalarea: 'laea',
  albers: 'aea',
  albersconicequalarea: 'aea',
  azimuthalequidistant: 'aeqd',
  equidistantconic: 'eqdc',
  stereographicnorthpole: 'stere',
  stereographicsouthpole: 'stere',
  polarstereographic: 'stere',
  polarstereographicvarianta: 'stere',
  polarstereographicvariantb: 'stere',
  stereographic: 'stere',
  doublestereographic: 'sterea',
  obliquestereographic: 'sterea',
  sinusoidal: 'sinu',
  equirectangular: 'eqc',
  equidistantcylindrical: 'eqc',
  platecarree: 'eqc',
  cylindricalequalarea: 'cea',
  mollweide: 'moll',
  robinson: 'robin',
  eckertiv: 'eck4',
  eckertvi: 'eck6',
  cassini: 'cass',
  cassinisoldner: 'cass',
  polyconic: 'poly',
};

/** Reads a WKT 1 text (OGC's or ESRI's) as far as matching needs it; null where it is another text or method. */
export function parseWkt(wkt: string): { projection: Projection; names: string[] } | null {
  const text = wkt.slice(0, 16_384);
  const sphere = /SPHEROID\s*\[\s*"[^"]*"\s*,\s*([-+\d.eE]+)\s*,\s*([-+\d.eE]+)/i.exec(text);
  const names = [...text.matchAll(/(?:PROJCS|GEOGCS|DATUM)\s*\[\s*"([^"]*)"/gi)].map(([, name = '']) => name);
  if (sphere === null || names.length === 0) return null;
  const meridian = /PRIMEM\s*\[\s*"[^"]*"\s*,\s*([-+\d.eE]+)/i.exec(text);
  const base = { a: Number(sphere[1]), rf: Number(sphere[2]), primeMeridian: Number(meridian?.[1] ?? 0) };
  if (/^\s*GEOGCS/i.test(text)) return { projection: { ...base, method: 'longlat', toMeter: 1 }, names };
  const method = METHODS[fold(/PROJECTION\s*\[\s*"([^"]*)"/i.exec(text)?.[1] ?? '')];
  if (method === undefined) return null;
  // The last unit belongs to the projection, the one before to its angles.
  const units = [...text.matchAll(/UNIT\s*\[\s*"[^"]*"\s*,\s*([-+\d.eE]+)/gi)].map(([, value]) => Number(value));
  const toMeter = units.at(-1) ?? 1;
  const degree = ((units.length > 1 ? (units[0] ?? 0) : Math.PI / 180) * 180) / Math.PI;
  const given = new Map<string, number>();
  for (const [, name = '', value] of text.matchAll(/PARAMETER\s*\[\s*"([^"]*)"\s*,\s*([-+\d.eE]+)/gi)) {
    given.set(fold(name), Number(value));
  }
  const number = (...keys: string[]) => keys.map((key) => given.get(key)).find((value) => value !== undefined);
  const angle = (...keys: string[]) => {
    const value = number(...keys);
    // A degree's size comes rounded; what was 52 is to be 52 again.
    return value === undefined ? undefined : Number((value * degree).toFixed(9));
  };
  const found: { [name in keyof Projection]?: Projection[name] | undefined } = {
    lat_0: angle('latitudeoforigin', 'latitudeofcenter') ?? 0,
    lon_0: angle('centralmeridian', 'longitudeofcenter', 'longitudeoforigin') ?? 0,
    lat_1: angle('standardparallel1'),
    lat_2: angle('standardparallel2'),
    k: number('scalefactor'),
    x_0: (number('falseeasting') ?? 0) * toMeter,
    y_0: (number('falsenorthing') ?? 0) * toMeter,
  };
  if (method === 'merc' || method === 'eqc' || method === 'cea') {
    found.lat_ts = found.lat_1;
    found.lat_1 = undefined;
    if (method === 'merc') found.lat_0 = 0;
  }
  if (method === 'stere' && /pole|polar/i.test(/PROJECTION\s*\[\s*"([^"]*)"/i.exec(text)?.[1] ?? '')) {
    const truth = found.lat_1 ?? found.lat_0 ?? 90;
    found.lat_0 = truth < 0 ? -90 : 90;
    found.lat_1 = undefined;
    if (Math.abs(truth) !== 90) found.lat_ts = truth;
  }
  const parameters = Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined));
  return { projection: { ...base, method, toMeter, ...parameters }, names };
}

function fold(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '');
}
