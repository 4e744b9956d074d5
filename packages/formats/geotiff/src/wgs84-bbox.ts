import type { Bbox } from '@geosluice/jobs';
import { codeOf } from './crs/decide-crs.ts';
import { type Definition, definitionOf } from './crs/definitions.ts';
import { type Transform, transformOf } from './crs/transform.ts';
import { GeoTiffError } from './errors.ts';

/** Intervals a side of the grid of points that is transformed: 33 points along each edge, 1,089 in all. */
const STEPS = 32;

/** True where bounds in this CRS can be told in WGS84. */
export async function isKnownSrs(srs: string): Promise<boolean> {
  return (await definitionOf(codeOf(srs))) !== null;
}

/**
 * Bounds in degrees of bounds in a CRS: edges and inside densified, west > east across the antimeridian, all longitudes
 * around a pole.
 * @throws GeoTiffError CRS_UNKNOWN, BBOX_IMPLAUSIBLE
 */
export async function toWgs84Bbox(bbox: Bbox, srs: string): Promise<Bbox> {
  const definition = await definitionOf(codeOf(srs));
  if (definition === null) {
    throw new GeoTiffError(
      'CRS_UNKNOWN',
      `${srs} is no known EPSG code of a map's CRS; give a known one with the option srs`,
      {
        subject: 'srs',
      },
    );
  }
  return wgs84BboxOf(bbox, definition).bbox;
}

/** As toWgs84Bbox, with what was guessed on the way. `pixel` is the longer side of one, in units of the CRS. */
export function wgs84BboxOf(bbox: Bbox, definition: Definition, pixel = 0): { bbox: Bbox; warnings: string[] } {
  const transform = transformOf(definition);
  if (!bbox.every(Number.isFinite)) throw implausible(bbox, definition, 'they are not finite');
  if (transform === null) {
    if (definition.area === null) {
      throw new GeoTiffError(
        'CRS_UNKNOWN',
        `EPSG:${definition.code} (${definition.name}) has no definition that could be computed with; reproject the file`,
        { subject: 'srs' },
      );
    }
    return { bbox: [...definition.area], warnings: ['bbox-from-area-of-use'] };
  }
  if (transform.geographic) checkDegrees(bbox, definition, pixel);
  const grid = transformGrid(bbox, transform);
  const lats = grid.points.flatMap((point) => (point === null ? [] : [point[1]]));
  if (lats.length === 0) throw implausible(bbox, definition, 'no point of them lies on Earth');
  let south = Math.min(...lats);
  let north = Math.max(...lats);
  const poles = transform.geographic ? { north: false, south: false } : polesIn(bbox, transform);
  if (poles.north) north = 90;
  if (poles.south) south = -90;
  const [west, east] = poles.north || poles.south ? [-180, 180] : longitudes(grid.points);
  const box: Bbox = [west, Math.max(-90, south), east, Math.min(90, north)];
  const outside = isOutside(box, definition.area);
  if (outside && !transform.geographic && bbox.every((value) => Math.abs(value) <= 360) && pixel < 1) {
    throw implausible(bbox, definition, 'they look like degrees, but the CRS counts in another unit');
  }
  if (outside && isFarFrom(box, definition.area)) {
    throw implausible(
      bbox,
      definition,
      `they lie at ${box.map((value) => value.toFixed(2)).join(', ')} in WGS84, far from where it is used`,
    );
  }
  const warnings = outside ? [...transform.warnings, 'outside-area-of-use'] : transform.warnings;
  return { bbox: box.map((value) => Number(value.toFixed(10)) + 0) as Bbox, warnings };
}

function checkDegrees(bbox: Bbox, definition: Definition, pixel: number): void {
  const slack = Math.max(pixel, 1e-6);
  const turn = definition.unit === 'grad' ? 400 : 360;
  if (Math.abs(bbox[0]) > turn + slack || Math.abs(bbox[2]) > turn + slack) {
    throw implausible(bbox, definition, `its longitudes must be within ±${turn}`);
  }
  if (Math.abs(bbox[1]) > turn / 4 + slack || Math.abs(bbox[3]) > turn / 4 + slack) {
    throw implausible(bbox, definition, `its latitudes must be within ±${turn / 4}`);
  }
  if (bbox[2] - bbox[0] > turn + 2 * slack) throw implausible(bbox, definition, `they are wider than ${turn} degrees`);
}

function implausible(bbox: Bbox, { code, name }: Definition, why: string): GeoTiffError {
  return new GeoTiffError(
    'BBOX_IMPLAUSIBLE',
    `bounds ${bbox.join(', ')} cannot be in EPSG:${code} (${name}): ${why}; check the georeference and the srs`,
    { subject: 'bbox' },
  );
}

interface Grid {
  /** Row by row; null where there is no such place. Longitudes as they come. */
  points: Array<readonly [number, number] | null>;
}

function transformGrid([minX, minY, maxX, maxY]: Bbox, transform: Transform): Grid {
  const points: Grid['points'] = [];
  // A point that does not come back lies outside of what the projection maps, e.g. beside the globe of a sinusoidal.
  const near = Math.max(maxX - minX, maxY - minY, 1e-6) * 1e-3;
  for (let row = 0; row <= STEPS; row += 1) {
    for (let column = 0; column <= STEPS; column += 1) {
      const x = minX + ((maxX - minX) * column) / STEPS;
      const y = transform.geographic
        ? Math.min(90, Math.max(-90, minY + ((maxY - minY) * row) / STEPS))
        : minY + ((maxY - minY) * row) / STEPS;
      const point = transform.toWgs84(x, y);
      const valid =
        point !== null &&
        Math.abs(point[1]) <= 90.000001 &&
        (transform.geographic || comesBack(transform, point, x, y, near));
      points.push(valid ? point : null);
    }
  }
  return { points };
}

function comesBack(
  transform: Transform,
  point: readonly [number, number],
  x: number,
  y: number,
  near: number,
): boolean {
  const back = transform.fromWgs84(point[0], point[1]);
  if (back === null) return false;
  // Both sides of a map's seam are the same meridian: x may come back mirrored there.
  const seam = Math.abs(Math.abs(back[0]) - Math.abs(x)) < near && Math.abs(Math.abs(point[0]) - 180) < 1e-6;
  return Math.abs(back[1] - y) < near && (Math.abs(back[0] - x) < near || seam);
}

/** Whether a pole lies in the bounds or within one step of them (the grid could not tell which way round to go). */
function polesIn([minX, minY, maxX, maxY]: Bbox, transform: Transform): { north: boolean; south: boolean } {
  const marginX = (maxX - minX) / STEPS;
  const marginY = (maxY - minY) / STEPS;
  const holds = (latitude: number) => {
    // Where the pole is a line, as on a Mercator-like map, the longitudes are told apart and no care is needed.
    const places = [0, 120, -120].map((longitude) => transform.fromWgs84(longitude, latitude));
    const [first] = places;
    if (first == null) return false;
    const isPoint = places.every(
      (place) => place != null && Math.abs(place[0] - first[0]) < 1 && Math.abs(place[1] - first[1]) < 1,
    );
    const [x, y] = first;
    const inside = x >= minX - marginX && x <= maxX + marginX && y >= minY - marginY && y <= maxY + marginY;
    const back = transform.toWgs84(x, y);
    return isPoint && inside && back !== null && Math.abs(back[1] - latitude) < 1e-3;
  };
  return { north: holds(90), south: holds(-90) };
}

/** West and east of the points, followed from neighbour to neighbour so that no seam parts them. */
function longitudes(points: Grid['points']): [number, number] {
  const unrolled = new Array<number | undefined>(points.length);
  const side = STEPS + 1;
  let west = Infinity;
  let east = -Infinity;
  for (let seed = 0; seed < points.length; seed += 1) {
    const start = points[seed];
    if (start == null || unrolled[seed] !== undefined) continue;
    // A part that hangs on nothing is put nearest to what is known.
    unrolled[seed] = west === Infinity ? start[0] : closest(start[0], (west + east) / 2);
    const queue = [seed];
    for (let at = queue.pop(); at !== undefined; at = queue.pop()) {
      const own = unrolled[at] ?? 0;
      west = Math.min(west, own);
      east = Math.max(east, own);
      const column = at % side;
      const neighbours = [at - side, at + side, column > 0 ? at - 1 : -1, column < STEPS ? at + 1 : -1];
      for (const next of neighbours) {
        const point = points[next];
        if (point == null || unrolled[next] !== undefined) continue;
        unrolled[next] = closest(point[0], own);
        queue.push(next);
      }
    }
  }
  if (east - west >= 360 - 1e-9) return [-180, 180];
  const shift = Math.floor((west + 180) / 360) * 360;
  const left = west - shift;
  const right = east - shift;
  return [left, right > 180 + 1e-9 ? right - 360 : Math.min(right, 180)];
}

function closest(longitude: number, to: number): number {
  return longitude + Math.round((to - longitude) / 360) * 360;
}

function isOutside(box: Bbox, area: Definition['area']): boolean {
  if (area === null) return false;
  return !overlapsLongitude(box, area, 0) || box[3] < area[1] || box[1] > area[3];
}

/** Further than a neighbouring country's use of the same grid: 60 degrees of longitude or 30 of latitude. */
function isFarFrom(box: Bbox, area: Definition['area']): boolean {
  if (area === null) return false;
  return !overlapsLongitude(box, area, 60) || box[3] < area[1] - 30 || box[1] > area[3] + 30;
}

function overlapsLongitude(a: Bbox, b: readonly number[], margin: number): boolean {
  const [bWest = -180, , bEast = 180] = b;
  const aWidth = a[2] - a[0] + (a[0] > a[2] ? 360 : 0);
  const bWidth = bEast - bWest + (bWest > bEast ? 360 : 0) + 2 * margin;
  if (aWidth + bWidth >= 360) return true;
  // How far b begins to the east of where a begins, in 0..360.
  const offset = (((bWest - margin - a[0]) % 360) + 360) % 360;
  return offset <= aWidth || offset + bWidth >= 360;
}
