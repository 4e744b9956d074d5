import type { Bbox } from '@geosluice/jobs';
import type { BoxCandidate } from './collected.ts';
import { crossesAntimeridian, meet, normalBox } from './values/box.ts';

/** Most boxes of one document that are looked at. */
const MANY = 100;

/**
 * One box of all that a document gives: the first reading that meets the raster's extent; else, and without a raster,
 * the likeliest reading of the first box. It is only ever compared with the raster, never published.
 */
export function chooseBox(
  candidates: readonly BoxCandidate[],
  raster: Bbox | undefined,
  warnings: string[],
): Bbox | null {
  let fallback: { box: Bbox; warning: string | undefined } | undefined;
  let unresolved: string | undefined;
  for (const { readings, onlyWithRaster } of candidates.slice(0, MANY)) {
    const valid = readings.flatMap(({ box, warning }) => {
      const normal = normalBox(box);
      return normal ? [{ box: normal, warning }] : [];
    });
    const hit = raster && valid.find((reading) => meet(reading.box, raster));
    if (hit) return taken(hit, warnings);
    if (onlyWithRaster !== undefined) unresolved ??= onlyWithRaster;
    else fallback ??= valid[0];
  }
  if (fallback && raster) warnings.push('bbox-mismatch');
  if (fallback) return taken(fallback, warnings);
  if (unresolved !== undefined) warnings.push(unresolved);
  else if (candidates.length > 0) warnings.push('invalid-bbox');
  return null;
}

function taken({ box, warning }: { box: Bbox; warning: string | undefined }, warnings: string[]): Bbox {
  if (warning !== undefined) warnings.push(warning);
  if (crossesAntimeridian(box)) warnings.push('crosses-antimeridian');
  return box;
}
