import type { Bbox } from '@geosluice/jobs';

/** GDAL's order: x = g0 + col*g1 + row*g2, y = g3 + col*g4 + row*g5. */
export type Geotransform = [number, number, number, number, number, number];

export type Placement =
  | { kind: 'affine'; geotransform: Geotransform; warnings: string[] }
  /** Several tiepoints and no scale: ground control points. */
  | { kind: 'points' }
  | { kind: 'none' };

/** Decides by ModelPixelScale, ModelTiepoint and ModelTransformation, in the order GDAL does. */
export function decidePlacement(
  scale: readonly number[],
  tiepoints: readonly number[],
  matrix: readonly number[],
  pixelIsPoint: boolean,
): Placement {
  const warnings: string[] = [];
  let found: Geotransform | undefined;
  const [scaleX = 0, scaleY = 0] = scale;
  if (scale.length >= 2 && scaleX !== 0 && scaleY !== 0 && tiepoints.length >= 6) {
    const [column = 0, row = 0, , x = 0, y = 0] = tiepoints;
    if (scaleY < 0) warnings.push('negative-scale');
    const stepY = -Math.abs(scaleY);
    found = [x - column * scaleX, scaleX, 0, y - row * stepY, 0, stepY];
  } else if (matrix.length >= 16) {
    const at = (index: number) => matrix[index] ?? 0;
    found = [at(3), at(0), at(1), at(7), at(4), at(5)];
  } else if (tiepoints.length >= 6 * 3) return { kind: 'points' };
  if (found === undefined) return { kind: 'none' };
  if (pixelIsPoint) {
    found[0] -= (found[1] + found[2]) / 2;
    found[3] -= (found[4] + found[5]) / 2;
  }
  const determinant = found[1] * found[5] - found[2] * found[4];
  if (!Number.isFinite(determinant) || determinant === 0 || !found.every(Number.isFinite)) return { kind: 'none' };
  if (found[2] !== 0 || found[4] !== 0) warnings.push('rotated');
  else if (found[5] > 0) warnings.push('south-up');
  // -0 would not survive JSON.
  const geotransform = found.map((value) => value + 0) as Geotransform;
  return { kind: 'affine', geotransform, warnings };
}

/** The envelope of a window of pixels. */
export function windowBbox(g: Geotransform, x: number, y: number, width: number, height: number): Bbox {
  const columns = [x, x + width, x, x + width];
  const rows = [y, y, y + height, y + height];
  const xs = columns.map((column, index) => g[0] + column * g[1] + (rows[index] ?? 0) * g[2]);
  const ys = columns.map((column, index) => g[3] + column * g[4] + (rows[index] ?? 0) * g[5]);
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
}
