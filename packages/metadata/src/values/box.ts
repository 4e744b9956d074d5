import type { Bbox } from '@geosluice/jobs';

/** Rounding of degrees that went through a text. */
const SLACK = 1e-6;

/**
 * [west, south, east, north] in degrees, longitudes brought into -180…180 (0…360 is read too); west > east where it
 * crosses the antimeridian. Null for what is no box on the globe.
 */
export function normalBox(raw: readonly [number, number, number, number]): Bbox | null {
  const [west, south, east, north] = raw;
  if (!raw.every(Number.isFinite)) return null;
  if (south > north || south < -90 - SLACK || north > 90 + SLACK) return null;
  if (Math.min(west, east) < -180 - SLACK || Math.max(west, east) > 360 + SLACK) return null;
  const [low, high] = [Math.max(south, -90), Math.min(north, 90)];
  if (east - west >= 360 - SLACK) return [-180, low, 180, high];
  const normal = (degrees: number) => (degrees > 180 + SLACK ? degrees - 360 : Math.max(-180, Math.min(180, degrees)));
  return [normal(west), low, normal(east), high];
}

export function crossesAntimeridian(box: Bbox): boolean {
  return box[0] > box[2];
}

/** True where two boxes share at least a point; either may cross the antimeridian. */
export function meet(a: Bbox, b: Bbox): boolean {
  if (a[1] > b[3] + SLACK || b[1] > a[3] + SLACK) return false;
  return spans(a).some(([aw, ae]) => spans(b).some(([bw, be]) => aw <= be + SLACK && bw <= ae + SLACK));
}

function spans(box: Bbox): Array<[number, number]> {
  return crossesAntimeridian(box)
    ? [
        [box[0], 180],
        [-180, box[2]],
      ]
    : [[box[0], box[2]]];
}

/** A number of degrees: `12.5`, `12,5`, `12.5°`, `12.5 N`, `12.5W`; NaN for anything else. */
export function degrees(text: string | undefined): number {
  const match = /^\s*([+-]?(?:\d{1,10}(?:[.,]\d{0,20})?|[.,]\d{1,20}))\s*°?\s*([NSEWO])?\s*$/i.exec(text ?? '');
  if (!match) return Number.NaN;
  const value = Number((match[1] ?? '').replace(',', '.'));
  return /^[SW]$/i.test(match[2] ?? '') ? -Math.abs(value) : value;
}
