/** GeoKeys that are looked at. */
export const KEY = {
  GTModelType: 1024,
  GTRasterType: 1025,
  GTCitation: 1026,
  GeographicType: 2048,
  GeogCitation: 2049,
  GeogGeodeticDatum: 2050,
  GeogPrimeMeridian: 2051,
  GeogAngularUnits: 2054,
  GeogAngularUnitSize: 2055,
  GeogEllipsoid: 2056,
  GeogSemiMajorAxis: 2057,
  GeogSemiMinorAxis: 2058,
  GeogInvFlattening: 2059,
  GeogPrimeMeridianLong: 2061,
  ProjectedCSType: 3072,
  PCSCitation: 3073,
  Projection: 3074,
  ProjCoordTrans: 3075,
  ProjLinearUnits: 3076,
  ProjLinearUnitSize: 3077,
  ProjStdParallel1: 3078,
  ProjStdParallel2: 3079,
  ProjNatOriginLong: 3080,
  ProjNatOriginLat: 3081,
  ProjFalseEasting: 3082,
  ProjFalseNorthing: 3083,
  ProjFalseOriginLong: 3084,
  ProjFalseOriginLat: 3085,
  ProjFalseOriginEasting: 3086,
  ProjFalseOriginNorthing: 3087,
  ProjCenterLong: 3088,
  ProjCenterLat: 3089,
  ProjCenterEasting: 3090,
  ProjCenterNorthing: 3091,
  ProjScaleAtNatOrigin: 3092,
  ProjScaleAtCenter: 3093,
  ProjStraightVertPoleLong: 3095,
} as const;
export type KeyName = keyof typeof KEY;

export const USER_DEFINED = 32767;

/** The keys of a file by name. */
export interface GeoKeys {
  number(...names: KeyName[]): number | undefined;
  text(...names: KeyName[]): string | undefined;
  /** All citations and names, for matching. */
  citations(): string[];
}

/** Reads GeoKeyDirectory with its two companions. What makes no sense is left out. */
export function parseGeoKeys(directory: readonly number[], doubles: readonly number[], ascii: string): GeoKeys {
  const found = new Map<number, number | string>();
  const count = Math.min(directory[3] ?? 0, Math.floor(directory.length / 4) - 1);
  for (let index = 1; index <= count; index += 1) {
    const [key = 0, place = 0, length = 0, value = 0] = directory.slice(index * 4, index * 4 + 4);
    if (place === 0) found.set(key, value);
    else if (place === 34736) {
      const double = doubles[value];
      if (double !== undefined) found.set(key, double);
    } else if (place === 34737) found.set(key, ascii.slice(value, value + length).replace(/[|\0]+$/, ''));
  }
  function first<T>(
    names: readonly KeyName[],
    fits: (value: number | string) => value is T & (number | string),
  ): T | undefined {
    for (const name of names) {
      const value = found.get(KEY[name]);
      if (value !== undefined && fits(value)) return value;
    }
    return undefined;
  }
  return {
    number: (...names) => first(names, (value): value is number => typeof value === 'number' && Number.isFinite(value)),
    text: (...names) => first(names, (value): value is string => typeof value === 'string'),
    citations: () =>
      [...found.values()].filter((value) => typeof value === 'string').flatMap((text) => text.split('|')),
  };
}
