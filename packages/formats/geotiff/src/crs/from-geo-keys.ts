import { type GeoKeys, type KeyName, USER_DEFINED } from '../geo-keys.ts';
import { definitionOf } from './definitions.ts';
import { ELLIPSOID_CODES, ELLIPSOIDS } from './ellipsoids.ts';
import { invertFlattening, type Projection, parseProj, utm } from './projection.ts';

/** Base of a projection: its shape and where its longitudes begin. */
type Base = Pick<Projection, 'a' | 'rf' | 'primeMeridian'>;

const LINEAR_CODES: Readonly<Record<number, number>> = {
  9001: 1,
  9002: 0.3048,
  9003: 1200 / 3937,
  9036: 1000,
};
const ANGULAR_CODES: Readonly<Record<number, number>> = { 9101: 180 / Math.PI, 9102: 1, 9105: 0.9, 9122: 1 };

/** ProjCoordTrans by PROJ's names. */
const METHODS: Readonly<Record<number, string>> = {
  1: 'tmerc',
  7: 'merc',
  8: 'lcc',
  9: 'lcc',
  10: 'laea',
  11: 'aea',
  12: 'aeqd',
  13: 'eqdc',
  14: 'stere',
  15: 'stere',
  16: 'sterea',
  17: 'eqc',
  18: 'cass',
  19: 'gnom',
  20: 'mill',
  21: 'ortho',
  22: 'poly',
  23: 'robin',
  24: 'sinu',
  25: 'vandg',
  26: 'nzmg',
  28: 'cea',
};

/** The parameters a user-defined CRS spells out in GeoKeys; null where they are incomplete or of an unknown method. */
export async function projectionOf(keys: GeoKeys): Promise<Projection | null> {
  const base = await baseOf(keys);
  if (base === null) return null;
  const model = keys.number('GTModelType');
  const geographic = model === 2 || (model === undefined && keys.number('ProjectedCSType') === undefined);
  if (geographic) return { ...base, method: 'longlat', toMeter: 1 };
  const unit = keys.number('ProjLinearUnits') ?? 9001;
  const toMeter = unit === USER_DEFINED ? keys.number('ProjLinearUnitSize') : LINEAR_CODES[unit];
  if (toMeter === undefined) return null;
  const code = keys.number('Projection') ?? USER_DEFINED;
  if (code > 16_000 && code <= 16_060) return { ...base, ...utm(code - 16_000, false), toMeter };
  if (code > 16_100 && code <= 16_160) return { ...base, ...utm(code - 16_100, true), toMeter };
  const method = METHODS[keys.number('ProjCoordTrans') ?? 0];
  if (method === undefined) return null;
  return { ...base, method, toMeter, ...parameters(keys, method, toMeter) };
}

function parameters(keys: GeoKeys, method: string, toMeter: number): Partial<Projection> {
  const degree = angular(keys);
  const angle = (...names: KeyName[]) => {
    const value = keys.number(...names);
    return value === undefined ? undefined : value * degree;
  };
  const length = (...names: KeyName[]) => (keys.number(...names) ?? 0) * toMeter;
  const trans = keys.number('ProjCoordTrans');
  const lat = angle('ProjNatOriginLat', 'ProjFalseOriginLat', 'ProjCenterLat');
  const found: { [name in keyof Projection]?: Projection[name] | undefined } = {
    lat_0: lat ?? 0,
    lon_0: angle('ProjNatOriginLong', 'ProjFalseOriginLong', 'ProjCenterLong', 'ProjStraightVertPoleLong') ?? 0,
    x_0: length('ProjFalseEasting', 'ProjFalseOriginEasting', 'ProjCenterEasting'),
    y_0: length('ProjFalseNorthing', 'ProjFalseOriginNorthing', 'ProjCenterNorthing'),
    k: keys.number('ProjScaleAtNatOrigin', 'ProjScaleAtCenter'),
    lat_1: angle('ProjStdParallel1'),
    lat_2: angle('ProjStdParallel2'),
  };
  if (trans === 9) found.lat_1 = found.lat_0;
  if (method === 'merc' || method === 'cea' || method === 'eqc') {
    found.lat_ts = found.lat_1;
    found.lat_1 = undefined;
    if (method !== 'eqc') found.lat_0 = 0;
  }
  if (method === 'stere' && trans === 15) {
    // The latitude of natural origin is the parallel of true scale; the pole is on its side.
    const truth = lat ?? 90;
    found.lat_0 = truth < 0 ? -90 : 90;
    if (Math.abs(truth) !== 90) found.lat_ts = truth;
    else if (found.lat_1 !== undefined) found.lat_ts = found.lat_1;
    found.lat_1 = undefined;
  }
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined));
}

function angular(keys: GeoKeys): number {
  const unit = keys.number('GeogAngularUnits') ?? 9102;
  if (unit === USER_DEFINED) return ((keys.number('GeogAngularUnitSize') ?? Math.PI / 180) * 180) / Math.PI;
  return ANGULAR_CODES[unit] ?? 1;
}

/** The code of the geographic CRS below, as far as the keys tell; a datum's code is 2000 above its CRS's. */
export function baseCode(keys: GeoKeys): number | undefined {
  const type = keys.number('GeographicType');
  if (type !== undefined && type >= 4000 && type < USER_DEFINED) return type;
  const datum = keys.number('GeogGeodeticDatum');
  return datum !== undefined && datum >= 6100 && datum < 7000 ? datum - 2000 : undefined;
}

async function baseOf(keys: GeoKeys): Promise<Base | null> {
  const code = baseCode(keys);
  const definition = code === undefined ? null : await definitionOf(code);
  const known = definition?.proj4 == null ? null : parseProj(definition.proj4);
  if (known !== null) return { a: known.a, rf: known.rf, primeMeridian: known.primeMeridian };
  const primeMeridian = keys.number('GeogPrimeMeridianLong') ?? 0;
  const named = ELLIPSOIDS[ELLIPSOID_CODES[keys.number('GeogEllipsoid') ?? 0] ?? ''];
  if (named !== undefined) return { a: named[0], rf: named[1], primeMeridian };
  const a = keys.number('GeogSemiMajorAxis');
  if (a === undefined || a <= 0) return null;
  const b = keys.number('GeogSemiMinorAxis');
  const rf = keys.number('GeogInvFlattening') ?? (b === undefined ? undefined : invertFlattening(a, b));
  return rf === undefined ? null : { a, rf, primeMeridian };
}
