import proj4 from 'proj4';

type Point = readonly [number, number];
export type Transform = (point: Point) => Point;

const WGS84 = '+proj=longlat +datum=WGS84 +no_defs';

/** The definition of the codes the tests need: WGS84, Web Mercator, and the UTM zones of WGS84 and ETRS89. */
function definitionOf(code: number): string | null {
  if (code === 4326 || code === 4258) return WGS84;
  if (code === 3857 || code === 900913)
    return '+proj=merc +a=6378137 +b=6378137 +lat_ts=0 +lon_0=0 +x_0=0 +y_0=0 +k=1 +units=m +nadgrids=@null +no_defs';
  const zone = code % 100;
  if (zone >= 1 && zone <= 60) {
    const family = Math.floor(code / 100);
    if (family === 326) return `+proj=utm +zone=${zone} +datum=WGS84 +units=m +no_defs`;
    if (family === 327) return `+proj=utm +zone=${zone} +south +datum=WGS84 +units=m +no_defs`;
    if (family === 258) return `+proj=utm +zone=${zone} +ellps=GRS80 +units=m +no_defs`;
  }
  return null;
}

export function codeOf(srs: string): number {
  return Number(/(\d+)$/.exec(srs)?.[1] ?? 0);
}

/** Codes that GeoServer would find in its database; a rough test that refuses what is surely none. */
export function isKnownSrs(srs: string): boolean {
  const code = codeOf(srs);
  return /^EPSG:\d+$/.test(srs) && (code === 404000 || code === 900913 || (code >= 2000 && code < 33000));
}

/** Null where one of the two has no definition here; equal codes and the wildcard 404000 change nothing. */
export function transformBetween(from: string, to: string): Transform | null {
  const [a, b] = [codeOf(from), codeOf(to)];
  if (a === b || a === 404000 || b === 404000) return (point) => point;
  const [source, target] = [definitionOf(a), definitionOf(b)];
  if (source === null || target === null) return null;
  const converter = proj4(source, target);
  return ([x, y]) => {
    const [outX = NaN, outY = NaN] = converter.forward([x, y]);
    return [outX, outY];
  };
}

export function isGeographic(srs: string): boolean {
  const code = codeOf(srs);
  return code >= 4000 && code < 5000;
}

const WILDCARD = `LOCAL_CS["Wildcard 2D cartesian plane in metric unit", 
  LOCAL_DATUM["Unknown", 0], 
  UNIT["m", 1.0], 
  AXIS["x", EAST], 
  AXIS["y", NORTH], 
  AUTHORITY["EPSG","404000"]]`;

const GEOGRAPHIC = (indent: string) => `GEOGCS["WGS 84", 
${indent}  DATUM["World Geodetic System 1984", 
${indent}    SPHEROID["WGS 84", 6378137.0, 298.257223563, AUTHORITY["EPSG","7030"]], 
${indent}    AUTHORITY["EPSG","6326"]], 
${indent}  PRIMEM["Greenwich", 0.0, AUTHORITY["EPSG","8901"]], 
${indent}  UNIT["degree", 0.017453292519943295], 
${indent}  AXIS["Geodetic longitude", EAST], 
${indent}  AXIS["Geodetic latitude", NORTH], 
${indent}  AUTHORITY["EPSG","4326"]]`;

/** The WKT GeoServer writes for a code, and the class beside it; only UTM and WGS84 are written out in full. */
export function wktOf(srs: string): { class: string; wkt: string } {
  const code = codeOf(srs);
  if (code === 404000) return { class: 'org.geotools.referencing.crs.DefaultEngineeringCRS', wkt: WILDCARD };
  if (isGeographic(srs)) return { class: 'geographic', wkt: GEOGRAPHIC('').replace('"4326"', `"${code}"`) };
  const zone = code % 100;
  const family = Math.floor(code / 100);
  if (family !== 326 && family !== 327)
    return { class: 'projected', wkt: `PROJCS["EPSG:${code}", \n  AUTHORITY["EPSG","${code}"]]` };
  const north = family === 326;
  const wkt = `PROJCS["WGS 84 / UTM zone ${zone}${north ? 'N' : 'S'}", 
  ${GEOGRAPHIC('  ')}, 
  PROJECTION["Transverse_Mercator", AUTHORITY["EPSG","9807"]], 
  PARAMETER["central_meridian", ${zone * 6 - 183}.0], 
  PARAMETER["latitude_of_origin", 0.0], 
  PARAMETER["scale_factor", 0.9996], 
  PARAMETER["false_easting", 500000.0], 
  PARAMETER["false_northing", ${north ? '0.0' : '1.0E7'}], 
  UNIT["m", 1.0], 
  AXIS["Easting", EAST], 
  AXIS["Northing", NORTH], 
  AUTHORITY["EPSG","${code}"]]`;
  return { class: 'projected', wkt };
}
