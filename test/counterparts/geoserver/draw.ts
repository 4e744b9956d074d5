import { encode } from 'fast-png';
import type { Pixels } from '../../rasters/read-pixels.ts';
import { isGeographic, transformBetween } from './crs.ts';
import type { Header } from './derive.ts';

export interface MapView {
  /** [minX, minY, maxX, maxY]. */
  bbox: readonly [number, number, number, number];
  srs: string;
  width: number;
  height: number;
  transparent: boolean;
  /** 0xRRGGBB of what the raster does not cover. */
  background: number;
}

/** Red, green, blue and alpha, 0 to 255. */
export interface Picture {
  width: number;
  height: number;
  rgba: Uint8Array;
  /** True where red, green and blue are equal everywhere. */
  grey: boolean;
}

/** Most pixels of a side of the window that is read for a map of another CRS. */
const MOST = 1024;

/**
 * Draws the real pixels of the raster: nearest neighbour, nodata transparent, single bands stretched from their least
 * to their greatest value where they are no bytes. Null where the CRS of the map is not known here.
 */
export async function drawRaster(header: Header, declared: string, view: MapView): Promise<Picture | null> {
  // GeoServer draws by the file's own CRS, by the declared one only where the file names none
  const native = header.srs === 'EPSG:404000' ? declared : header.srs;
  const transform = transformBetween(view.srs, native);
  if (transform === null) return null;
  const toPixel = pixelOf(header);
  const [minX, minY, maxX, maxY] = view.bbox;
  const xs = new Float64Array(view.width * view.height);
  const ys = new Float64Array(view.width * view.height);
  for (let row = 0; row < view.height; row += 1) {
    for (let column = 0; column < view.width; column += 1) {
      const x = minX + ((column + 0.5) * (maxX - minX)) / view.width;
      const y = maxY - ((row + 0.5) * (maxY - minY)) / view.height;
      const [px, py] = toPixel(transform([x, y]));
      xs[row * view.width + column] = px;
      ys[row * view.width + column] = py;
    }
  }
  const window = windowOf(header, xs, ys);
  const values =
    window === null
      ? emptyPixels(header, view)
      : sample(await header.tiff.read(window, sizeOf(window, view)), window, xs, ys, view);
  return colour(header, values, view);
}

/** From CRS units to pixels of the full image. */
function pixelOf({ geotransform: [x0, xCol, xRow, y0, yCol, yRow] }: Header) {
  const determinant = xCol * yRow - xRow * yCol;
  return ([x, y]: readonly [number, number]): readonly [number, number] => {
    const [dx, dy] = [x - x0, y - y0];
    return [(dx * yRow - dy * xRow) / determinant, (dy * xCol - dx * yCol) / determinant];
  };
}

interface Window {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** The part of the image that the map touches; null where it touches none. */
function windowOf({ tiff }: Header, xs: Float64Array, ys: Float64Array): Window | null {
  const range = (values: Float64Array, most: number): readonly [number, number] => {
    let [low, high] = [Infinity, -Infinity];
    for (const value of values) {
      if (value < low) low = value;
      if (value > high) high = value;
    }
    return [Math.max(0, Math.floor(low)), Math.min(most, Math.ceil(high + 1e-6))];
  };
  const [left, right] = range(xs, tiff.width);
  const [top, bottom] = range(ys, tiff.height);
  return right > left && bottom > top ? { x: left, y: top, width: right - left, height: bottom - top } : null;
}

/** As fine as the map needs it: twice its pixels where the window is larger. */
function sizeOf(window: Window, view: MapView): { width: number; height: number } {
  return {
    width: Math.min(window.width, Math.max(MOST, view.width)),
    height: Math.min(window.height, Math.max(MOST, view.height)),
  };
}

function emptyPixels({ tiff }: Header, view: MapView): Float64Array[] {
  return Array.from({ length: tiff.bands }, () => new Float64Array(view.width * view.height).fill(NaN));
}

function sample(pixels: Pixels, window: Window, xs: Float64Array, ys: Float64Array, view: MapView): Float64Array[] {
  return pixels.bands.map((band) => {
    const out = new Float64Array(view.width * view.height).fill(NaN);
    for (let index = 0; index < out.length; index += 1) {
      const column = Math.floor((((xs[index] ?? NaN) - window.x) * pixels.width) / window.width);
      const row = Math.floor((((ys[index] ?? NaN) - window.y) * pixels.height) / window.height);
      if (column >= 0 && column < pixels.width && row >= 0 && row < pixels.height)
        out[index] = band[row * pixels.width + column] ?? NaN;
    }
    return out;
  });
}

function colour({ tiff }: Header, bands: readonly Float64Array[], view: MapView): Picture {
  const [first, second, third] = bands;
  const rgba = new Uint8Array(view.width * view.height * 4);
  const threeBands = second !== undefined && third !== undefined;
  const alpha = tiff.photometric === 2 && bands.length === 4 ? bands[3] : undefined;
  const sources = threeBands ? [first, second, third] : [first, first, first];
  const stretch = sources.map((band) => stretchOf(band, tiff.bits === 8 && tiff.sampleFormat === 'uint', tiff.nodata));
  for (let index = 0; index < view.width * view.height; index += 1) {
    const values = threeBands ? [first?.[index], second[index], third[index]] : [first?.[index]];
    const missing = values.some((value) => value === undefined || Number.isNaN(value));
    const nodata = tiff.nodata !== null && values.every((value) => value === tiff.nodata);
    if (missing || nodata) continue;
    const entry = tiff.palette?.[first?.[index] ?? 0];
    for (let channel = 0; channel < 3; channel += 1) {
      const value = sources[channel]?.[index] ?? 0;
      rgba[index * 4 + channel] = entry?.[channel] ?? stretch[channel]?.(value) ?? 0;
    }
    rgba[index * 4 + 3] = alpha === undefined ? 255 : (alpha[index] ?? 255);
  }
  return { width: view.width, height: view.height, rgba, grey: !threeBands && tiff.palette === null };
}

/** Bytes as they are; all else from 1 to 255 over what the map shows, as GeoServer does for a layer without a style. */
function stretchOf(band: Float64Array | undefined, bytes: boolean, nodata: number | null): (value: number) => number {
  if (bytes || band === undefined) return (value) => value;
  let [low, high] = [Infinity, -Infinity];
  for (const value of band) {
    if (Number.isNaN(value) || value === nodata) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (!(high > low)) return () => 128;
  return (value) => 1 + Math.round(((value - low) * 254) / (high - low));
}

/** RGBA where transparency was asked for; else grey where all is, else RGB over the background. */
export function toPng(picture: Picture, view: MapView): Uint8Array {
  const { width, height, rgba } = picture;
  if (view.transparent) return encode({ width, height, data: rgba, channels: 4, depth: 8 });
  const ground = [(view.background >> 16) & 255, (view.background >> 8) & 255, view.background & 255];
  let covered = true;
  for (let index = 3; index < rgba.length; index += 4) covered &&= rgba[index] === 255;
  const channels = picture.grey && covered ? 1 : 3;
  const data = new Uint8Array(width * height * channels);
  for (let index = 0; index < width * height; index += 1) {
    const alpha = (rgba[index * 4 + 3] ?? 0) / 255;
    for (let channel = 0; channel < channels; channel += 1)
      data[index * channels + channel] = Math.round(
        (rgba[index * 4 + channel] ?? 0) * alpha + (ground[channel] ?? 255) * (1 - alpha),
      );
  }
  return encode({ width, height, data, channels, depth: 8 });
}

/** WMS 1.3.0 writes latitude first for geographic codes; 1.1.1 never does. */
export function mapBbox(
  version: string,
  srs: string,
  numbers: readonly number[],
): readonly [number, number, number, number] | null {
  const [a = NaN, b = NaN, c = NaN, d = NaN] = numbers;
  if (numbers.length !== 4 || [a, b, c, d].some((value) => !Number.isFinite(value))) return null;
  const box = version.startsWith('1.3') && isGeographic(srs) ? ([b, a, d, c] as const) : ([a, b, c, d] as const);
  return box[2] > box[0] && box[3] > box[1] ? box : null;
}
