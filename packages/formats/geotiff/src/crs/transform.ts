import proj4 from 'proj4';
import type { Definition } from './definitions.ts';

export interface Transform {
  /** CRS coordinates (x before y) to WGS84 degrees; null where there is no such place. */
  toWgs84(x: number, y: number): readonly [number, number] | null;
  /** And back. */
  fromWgs84(longitude: number, latitude: number): readonly [number, number] | null;
  /** True where coordinates are degrees. */
  geographic: boolean;
  /** e.g. `datum-shift-ignored` */
  warnings: string[];
}

/** Grids are not shipped: three or seven parameters of the same datum are right within some metres. */
const GRID_SHIFTS: Readonly<Record<string, string>> = {
  'OSTN15_NTv2_OSGBtoETRS.gsb': '446.448,-125.157,542.06,0.15,0.247,0.842,-20.489',
  'BETA2007.gsb': '598.1,73.7,418.2,0.202,0.045,-2.455,6.7',
  'NTv2_0.gsb': '-10,158,187',
  'nzgd2kgrid0005.gsb': '59.47,-5.04,187.44,0.47,-0.1,1.024,-4.5993',
};

/** Null where proj4 has no such projection. */
export function transformOf(definition: Definition): Transform | null {
  if (definition.proj4 === null) return null;
  const warnings: string[] = [];
  let text = definition.proj4.replace(/\+type=crs/, '').replace(/\+ellps=WGS72/, '+a=6378135 +rf=298.26');
  const grid = /\+nadgrids=("[^"]*"|\S+)/.exec(text);
  if (grid !== null && grid[1] !== '@null') {
    const shift = GRID_SHIFTS[grid[1] ?? ''];
    text = text.replace(grid[0], shift === undefined ? '' : `+towgs84=${shift}`);
    warnings.push('datum-shift-approximate');
  }
  // Rasters of these CRSs count westward and southward; other orders of axes are x before y in every GeoTIFF.
  const axes = /\+axis=[ws]/.test(text) && /\+axis=\w*w/.test(text);
  text = text.replace(/\+axis=\w+/, '');
  const geographic = /\+proj=(longlat|latlong)/.test(text);
  const grads = geographic && definition.unit === 'grad' ? 0.9 : 1;
  const sign = axes ? -1 : 1;
  let converter: { forward(point: [number, number]): number[]; inverse(point: [number, number]): number[] };
  try {
    converter = proj4(text, '+proj=longlat +datum=WGS84 +no_defs');
  } catch {
    return null;
  }
  const safely = (run: () => number[]): readonly [number, number] | null => {
    try {
      const [a = Number.NaN, b = Number.NaN] = run();
      return Number.isFinite(a) && Number.isFinite(b) ? [a, b] : null;
    } catch {
      return null;
    }
  };
  return {
    toWgs84: (x, y) => safely(() => converter.forward([x * sign * grads, y * sign * grads])),
    fromWgs84(longitude, latitude) {
      const point = safely(() => converter.inverse([longitude, latitude]));
      return point === null ? null : [(point[0] * sign) / grads, (point[1] * sign) / grads];
    },
    geographic,
    warnings,
  };
}
