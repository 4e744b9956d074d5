import { inflateSync } from 'node:zlib';
import type { RangeReader } from '@geosluice/jobs';
import { lzwDecode } from './lzw.ts';
import { type Directory, readBytes, readDirectories } from './tiff-directories.ts';

/** Pixels of the full image. */
export interface Window {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Pixels {
  width: number;
  height: number;
  /** One array a band, row by row; NaN outside of the image, nodata (else 0) in a sparse block. */
  bands: Float64Array[];
}

/** A TIFF opened for its pixels: an independent, plain reader, so that tests see what is really in a file. */
export interface OpenTiff {
  width: number;
  height: number;
  bands: number;
  sampleFormat: 'uint' | 'int' | 'float';
  bits: number;
  /** NaN where the file says nan; null where it says nothing. */
  nodata: number | null;
  /** GDAL's order, of the outer corner; null where there is none. */
  geotransform: readonly [number, number, number, number, number, number] | null;
  /** From the GeoKeys; null where there is none or it is user-defined. */
  epsg: number | null;
  photometric: number;
  /** Red, green and blue of each value, 0 to 255, of a paletted image. */
  palette: ReadonlyArray<readonly [number, number, number]> | null;
  /**
   * Draws a window of the full image at another size by the nearest pixel, from the overview that suits.
   * The window may reach past the image. @throws Error where bytes are missing or damaged
   */
  read(window: Window, size?: { width: number; height: number }, signal?: AbortSignal): Promise<Pixels>;
}

/** Reads none, LZW, deflate and PackBits; predictors 1 to 3; integers and floats of 8 to 64 bits. */
export async function openTiff(reader: RangeReader, signal?: AbortSignal): Promise<OpenTiff> {
  const { directories, little } = await readDirectories(reader, signal);
  const images = directories
    .filter((tags, index) => index === 0 || numberOf(tags, 254, 0) === 1)
    .map((tags) => imageOf(tags, little));
  const main = images[0];
  const first = directories[0];
  if (main === undefined || first === undefined) throw new Error('the TIFF holds no image');
  const nodataText = first.get(42113);
  const nodata =
    typeof nodataText === 'string' ? Number(nodataText.trim().toLowerCase() === 'nan' ? NaN : nodataText) : null;
  return {
    width: main.width,
    height: main.height,
    bands: main.bands,
    sampleFormat: main.format,
    bits: main.bits,
    nodata,
    geotransform: geotransformOf(first),
    epsg: geoKey(first, 3072) ?? geoKey(first, 2048),
    photometric: numberOf(first, 262, 1),
    palette: paletteOf(first),
    read: (window, size = window, readSignal = signal) => {
      const scale = Math.min(window.width / size.width, window.height / size.height);
      const fitting = images.filter((image) => main.width / image.width <= scale * 1.01);
      const image = fitting.reduce((best, each) => (each.width < best.width ? each : best), main);
      return draw(reader, image, main, window, size, nodata ?? 0, readSignal);
    },
  };
}

/** Pixels of one window, as openTiff reads them. */
export async function readPixels(
  reader: RangeReader,
  window: Window,
  options: { size?: { width: number; height: number }; signal?: AbortSignal } = {},
): Promise<Pixels> {
  const tiff = await openTiff(reader, options.signal);
  return tiff.read(window, options.size, options.signal);
}

interface Image {
  width: number;
  height: number;
  bands: number;
  bits: number;
  format: 'uint' | 'int' | 'float';
  compression: number;
  predictor: number;
  planar: boolean;
  tiled: boolean;
  blockWidth: number;
  blockHeight: number;
  columns: number;
  rows: number;
  offsets: readonly number[];
  counts: readonly number[];
  little: boolean;
}

function numbersOf(tags: Directory, tag: number): readonly number[] {
  const values = tags.get(tag);
  return values === undefined || typeof values === 'string' ? [] : values;
}

function numberOf(tags: Directory, tag: number, fallback: number): number {
  return numbersOf(tags, tag)[0] ?? fallback;
}

function imageOf(tags: Directory, little: boolean): Image {
  const width = numberOf(tags, 256, 0);
  const height = numberOf(tags, 257, 0);
  const tiled = tags.has(322);
  const blockWidth = tiled ? numberOf(tags, 322, 0) : width;
  const blockHeight = tiled ? numberOf(tags, 323, 0) : Math.min(numberOf(tags, 278, height), height);
  return {
    width,
    height,
    bands: numberOf(tags, 277, 1),
    bits: numberOf(tags, 258, 1),
    format: (['uint', 'int', 'float'] as const)[numberOf(tags, 339, 1) - 1] ?? 'uint',
    compression: numberOf(tags, 259, 1),
    predictor: numberOf(tags, 317, 1),
    planar: numberOf(tags, 284, 1) === 2,
    tiled,
    blockWidth,
    blockHeight,
    columns: Math.ceil(width / blockWidth),
    rows: Math.ceil(height / blockHeight),
    offsets: numbersOf(tags, tiled ? 324 : 273),
    counts: numbersOf(tags, tiled ? 325 : 279),
    little,
  };
}

async function draw(
  reader: RangeReader,
  image: Image,
  main: Image,
  window: Window,
  size: { width: number; height: number },
  empty: number,
  signal?: AbortSignal,
): Promise<Pixels> {
  const bands = Array.from({ length: image.bands }, () => new Float64Array(size.width * size.height).fill(NaN));
  const columns = nearest(window.x, window.width, size.width, main.width, image.width);
  const rows = nearest(window.y, window.height, size.height, main.height, image.height);
  const blockRows = groupBy(rows, image.blockHeight);
  const blockColumns = groupBy(columns, image.blockWidth);
  const planes = image.planar ? image.bands : 1;
  for (const [blockRow, targetRows] of blockRows) {
    for (const [blockColumn, targetColumns] of blockColumns) {
      for (let plane = 0; plane < planes; plane += 1) {
        const block = (plane * image.rows + blockRow) * image.columns + blockColumn;
        const values = await readBlock(reader, image, block, blockRow, signal);
        const samples = image.planar ? 1 : image.bands;
        for (const target of targetRows) {
          const row = (rows[target] ?? 0) - blockRow * image.blockHeight;
          for (const targetColumn of targetColumns) {
            const column = (columns[targetColumn] ?? 0) - blockColumn * image.blockWidth;
            for (let sample = 0; sample < samples; sample += 1) {
              const value =
                values === null ? empty : (values[(row * image.blockWidth + column) * samples + sample] ?? 0);
              const band = bands[image.planar ? plane : sample];
              if (band !== undefined) band[target * size.width + targetColumn] = value;
            }
          }
        }
      }
    }
  }
  return { width: size.width, height: size.height, bands };
}

/** For each target pixel the image's column or row under its centre; -1 outside. */
function nearest(start: number, length: number, target: number, full: number, level: number): Int32Array {
  return Int32Array.from({ length: target }, (_, index) => {
    const at = start + ((index + 0.5) * length) / target;
    if (at < 0 || at >= full) return -1;
    return Math.min(level - 1, Math.floor((at * level) / full));
  });
}

function groupBy(places: Int32Array, block: number): Map<number, number[]> {
  const groups = new Map<number, number[]>();
  places.forEach((place, index) => {
    if (place < 0) return;
    const key = Math.floor(place / block);
    groups.set(key, [...(groups.get(key) ?? []), index]);
  });
  return groups;
}

async function readBlock(
  reader: RangeReader,
  image: Image,
  block: number,
  blockRow: number,
  signal?: AbortSignal,
): Promise<Float64Array | null> {
  const count = image.counts[block] ?? 0;
  if (count === 0) return null;
  const rows = image.tiled
    ? image.blockHeight
    : Math.min(image.blockHeight, image.height - blockRow * image.blockHeight);
  const samples = image.planar ? 1 : image.bands;
  const length = image.blockWidth * rows * samples * (image.bits / 8);
  const stored = await readBytes(reader, image.offsets[block] ?? 0, count, signal);
  const raw = decompress(image.compression, stored, length);
  if (raw.length < length) throw new Error(`block ${block} holds ${raw.length} of ${length} bytes`);
  return samplesOf(image, raw, rows, samples);
}

function decompress(compression: number, stored: Uint8Array, length: number): Uint8Array {
  if (compression === 1) return stored.slice();
  if (compression === 5) return lzwDecode(stored, length);
  if (compression === 8 || compression === 32946)
    return new Uint8Array(inflateSync(stored, { maxOutputLength: length + 65_536 }));
  if (compression === 32773) return unpackBits(stored, length);
  throw new Error(`compression ${compression} is not read here`);
}

function unpackBits(stored: Uint8Array, length: number): Uint8Array {
  const out = new Uint8Array(length);
  let at = 0;
  for (let index = 0; index < stored.length && at < length; ) {
    const head = stored[index] ?? 0;
    index += 1;
    if (head < 128) {
      out.set(stored.subarray(index, index + Math.min(head + 1, length - at)), at);
      index += head + 1;
      at += head + 1;
    } else if (head > 128) {
      out.fill(stored[index] ?? 0, at, at + 257 - head);
      index += 1;
      at += 257 - head;
    }
  }
  return out;
}

function samplesOf(image: Image, raw: Uint8Array, rows: number, samples: number): Float64Array {
  const perRow = image.blockWidth * samples;
  const size = image.bits / 8;
  if (image.predictor === 3) undoFloatPredictor(image, raw, rows, perRow, samples);
  const view = new DataView(raw.buffer, raw.byteOffset, raw.length);
  const get = getter(view, image);
  const values = Float64Array.from({ length: perRow * rows }, (_, index) => get(index * size));
  if (image.predictor === 2) {
    const modulus = 2 ** image.bits;
    for (let row = 0; row < rows; row += 1) {
      for (let index = row * perRow + samples; index < (row + 1) * perRow; index += 1) {
        let sum = ((values[index] ?? 0) + (values[index - samples] ?? 0)) % modulus;
        if (sum < 0) sum += modulus;
        values[index] = image.format === 'int' && sum >= modulus / 2 ? sum - modulus : sum;
      }
    }
  }
  return values;
}

/** Bytes of a row are differenced and parted by significance, the most significant first. */
function undoFloatPredictor(image: Image, raw: Uint8Array, rows: number, perRow: number, samples: number): void {
  const size = image.bits / 8;
  const length = perRow * size;
  for (let row = 0; row < rows; row += 1) {
    const line = raw.subarray(row * length, (row + 1) * length);
    for (let index = samples; index < length; index += 1)
      line[index] = ((line[index] ?? 0) + (line[index - samples] ?? 0)) & 255;
    const planes = line.slice();
    for (let index = 0; index < perRow; index += 1) {
      for (let byte = 0; byte < size; byte += 1) {
        const where = image.little ? size - 1 - byte : byte;
        line[index * size + where] = planes[byte * perRow + index] ?? 0;
      }
    }
  }
}

function getter(view: DataView, { bits, format, little }: Image): (at: number) => number {
  const kind = `${format}${bits}`;
  if (kind === 'uint8') return (at) => view.getUint8(at);
  if (kind === 'int8') return (at) => view.getInt8(at);
  if (kind === 'uint16') return (at) => view.getUint16(at, little);
  if (kind === 'int16') return (at) => view.getInt16(at, little);
  if (kind === 'uint32') return (at) => view.getUint32(at, little);
  if (kind === 'int32') return (at) => view.getInt32(at, little);
  if (kind === 'float32') return (at) => view.getFloat32(at, little);
  if (kind === 'float64') return (at) => view.getFloat64(at, little);
  if (kind === 'uint64') return (at) => Number(view.getBigUint64(at, little));
  if (kind === 'int64') return (at) => Number(view.getBigInt64(at, little));
  throw new Error(`samples of ${kind} are not read here`);
}

function geotransformOf(tags: Directory): OpenTiff['geotransform'] {
  const matrix = numbersOf(tags, 34264);
  const scale = numbersOf(tags, 33550);
  const tie = numbersOf(tags, 33922);
  const shift = geoKey(tags, 1025) === 2 ? 0.5 : 0;
  let place: [number, number, number, number, number, number];
  if (matrix.length === 16) {
    place = [matrix[3] ?? 0, matrix[0] ?? 0, matrix[1] ?? 0, matrix[7] ?? 0, matrix[4] ?? 0, matrix[5] ?? 0];
  } else if (scale.length >= 2 && tie.length === 6) {
    const [sx = 1, sy = 1] = scale;
    const [column = 0, row = 0, , x = 0, y = 0] = tie;
    place = [x - column * sx, sx, 0, y + row * sy, 0, -sy];
  } else return null;
  place[0] -= shift * (place[1] + place[2]);
  place[3] -= shift * (place[4] + place[5]);
  return place;
}

function geoKey(tags: Directory, key: number): number | null {
  const keys = numbersOf(tags, 34735);
  for (let index = 4; index + 3 < keys.length; index += 4) {
    if (keys[index] === key && keys[index + 1] === 0 && keys[index + 3] !== 32767) return keys[index + 3] ?? null;
  }
  return null;
}

function paletteOf(tags: Directory): OpenTiff['palette'] {
  const map = numbersOf(tags, 320);
  if (map.length === 0) return null;
  const size = map.length / 3;
  const byte = (index: number) => (map[index] ?? 0) >> 8;
  return Array.from({ length: size }, (_, value) => [byte(value), byte(size + value), byte(2 * size + value)] as const);
}
