/** Semi-major axis in metres and inverse flattening (0 is a sphere), by PROJ's names. */
export const ELLIPSOIDS: Readonly<Record<string, readonly [a: number, rf: number]>> = {
  WGS84: [6378137, 298.257223563],
  GRS80: [6378137, 298.257222101],
  WGS72: [6378135, 298.26],
  GRS67: [6378160, 298.247167427],
  IAU76: [6378140, 298.257],
  NWL9D: [6378145, 298.25],
  GSK2011: [6378136.5, 298.2564151],
  airy: [6377563.396, 299.3249646],
  aust_SA: [6378160, 298.25],
  bessel: [6377397.155, 299.1528128],
  bess_nam: [6377483.865, 299.1528128],
  clrk66: [6378206.4, 294.978698213898],
  clrk80: [6378249.145, 293.4663],
  clrk80ign: [6378249.2, 293.4660212936],
  evrst30: [6377276.345, 300.8017],
  evrst48: [6377304.063, 300.8017],
  evrst69: [6377295.664, 300.8017],
  evrstSS: [6377298.556, 300.8017],
  fschr60: [6378166, 298.3],
  fschr60m: [6378155, 298.3],
  fschr68: [6378150, 298.3],
  helmert: [6378200, 298.3],
  hough: [6378270, 297],
  intl: [6378388, 297],
  krass: [6378245, 298.3],
  walbeck: [6376896, 302.78],
  sphere: [6370997, 0],
};

/** PROJ's datum names by ellipsoid. */
export const DATUM_ELLIPSOIDS: Readonly<Record<string, string>> = { WGS84: 'WGS84', NAD83: 'GRS80', NAD27: 'clrk66' };

/** EPSG codes of ellipsoids as GeogEllipsoid has them. */
export const ELLIPSOID_CODES: Readonly<Record<number, string>> = {
  7001: 'airy',
  7003: 'aust_SA',
  7004: 'bessel',
  7008: 'clrk66',
  7011: 'clrk80ign',
  7012: 'clrk80',
  7015: 'evrst30',
  7019: 'GRS80',
  7020: 'helmert',
  7022: 'intl',
  7024: 'krass',
  7030: 'WGS84',
  7036: 'GRS67',
  7043: 'WGS72',
  7046: 'bess_nam',
};

/** Degrees east of Greenwich by PROJ's names. */
export const PRIME_MERIDIANS: Readonly<Record<string, number>> = {
  greenwich: 0,
  lisbon: -9.131906111111,
  paris: 2.337229166667,
  bogota: -74.080916666667,
  rome: 12.452333333333,
  bern: 7.439583333333,
  jakarta: 106.807719444444,
  ferro: -17.666666666667,
  brussels: 4.367975,
  stockholm: 18.058277777778,
  athens: 23.7163375,
  oslo: 10.722916666667,
};

/** Metres by PROJ's names of units. */
export const LINEAR_UNITS: Readonly<Record<string, number>> = {
  m: 1,
  km: 1000,
  ft: 0.3048,
  'us-ft': 1200 / 3937,
  link: 0.201168,
  ch: 20.1168,
  'ind-yd': 0.91439523,
};
