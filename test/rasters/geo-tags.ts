import type { ExtraTag, GeoKeys, Settled } from './tiff-options.ts';

const SHORT = 3;
const DOUBLE = 12;
const ASCII = 2;

/** ModelPixelScale, ModelTiepoint or ModelTransformation, and the three GeoKey tags. */
export function geoTags(options: Settled): ExtraTag[] {
  const tags: ExtraTag[] = [];
  if (options.georeferenced) {
    if (options.matrix !== undefined) {
      const [x0, xCol, xRow, y0, yCol, yRow] = options.matrix;
      tags.push({ tag: 34264, type: DOUBLE, values: [xCol, xRow, 0, x0, yCol, yRow, 0, y0, 0, 0, 0, 0, 0, 0, 0, 1] });
    } else {
      const [sx, sy] =
        typeof options.pixelSize === 'number' ? [options.pixelSize, options.pixelSize] : options.pixelSize;
      const [column, row] = options.tiepointPixel;
      tags.push({ tag: 33550, type: DOUBLE, values: [sx, sy, 0] });
      tags.push({ tag: 33922, type: DOUBLE, values: [column, row, 0, options.origin[0], options.origin[1], 0] });
    }
  }
  const keys = options.geoKeys ?? defaultKeys(options);
  if (Object.keys(keys).length > 0) tags.push(...keyTags({ 1025: options.pixelIsPoint ? 2 : 1, ...keys }));
  return tags;
}

function defaultKeys(options: Settled): GeoKeys {
  if (options.epsg === undefined) return {};
  const citation = options.citation ?? `EPSG:${options.epsg}`;
  if (options.geographic) return { 1024: 2, 1026: citation, 2048: options.epsg };
  return { 1024: 1, 1026: citation, 3072: options.epsg };
}

function keyTags(keys: GeoKeys): ExtraTag[] {
  const doubles: number[] = [];
  let text = '';
  const directory: number[] = [];
  const numbers = Object.keys(keys)
    .map(Number)
    .sort((a, b) => a - b);
  for (const key of numbers) {
    const value = keys[key];
    if (typeof value === 'number') directory.push(key, 0, 1, value);
    else if (typeof value === 'string') {
      directory.push(key, 34737, value.length + 1, text.length);
      text += `${value}|`;
    } else if (value !== undefined) {
      directory.push(key, 34736, 1, doubles.length);
      doubles.push(value[0]);
    }
  }
  const tags: ExtraTag[] = [{ tag: 34735, type: SHORT, values: [1, 1, 0, numbers.length, ...directory] }];
  if (doubles.length > 0) tags.push({ tag: 34736, type: DOUBLE, values: doubles });
  if (text !== '') tags.push({ tag: 34737, type: ASCII, values: text });
  return tags;
}
