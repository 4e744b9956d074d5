import { open } from 'node:fs/promises';
import { deflateSync } from 'node:zlib';
import { lzwEncode } from './lzw.ts';
import { type Layout, layOut, rawBlockSize } from './tiff-layout.ts';
import {
  type Level,
  levelsOf,
  rowsOfBlock,
  type Settled,
  samplesPerBlockPixel,
  settle,
  type TiffOptions,
} from './tiff-options.ts';

export type { ExtraTag, GeoKeys, SampleFormat, TiffOptions } from './tiff-options.ts';
export { ramp } from './tiff-options.ts';

/** A real GeoTIFF as bytes. Made for pictures of some megapixels; see writeSparseTiffFile for large ones. */
export function writeTiff(options: TiffOptions): Uint8Array {
  const settled = settle(options);
  const blocks = levelsOf(settled).map((level) =>
    Array.from({ length: level.blocks }, (_, block) =>
      isSparse(settled, level, block) ? new Uint8Array(0) : compress(settled, encodeBlock(settled, level, block)),
    ),
  );
  const layout = layOut(
    settled,
    blocks.map((list) => Float64Array.from(list, (block) => block.length)),
  );
  const file = new Uint8Array(layout.size);
  for (const { offset, bytes } of layout.pieces) file.set(bytes, offset);
  blocks.forEach((list, level) => {
    list.forEach((bytes, block) => {
      const offset = layout.offsets[level]?.[block] ?? 0;
      if (offset === 0) return;
      file.set(bytes, offset);
      if (layout.framed) frame(file, offset, bytes.length);
    });
  });
  return file;
}

export interface SparseFileOptions extends Omit<TiffOptions, 'compression' | 'predictor'> {
  /** Blocks of the full image whose pixels are written; others are real in the index and holes (zeros) on disk. */
  written?: (column: number, row: number) => boolean;
}

/**
 * A large uncompressed TIFF as a file with holes: gigabytes in the index, kilobytes on disk, made in milliseconds.
 * Only blocks that `written` names (the first, the last and the middle one where absent) hold pixels.
 * @returns bytes of the file
 */
export async function writeSparseTiffFile(path: string, options: SparseFileOptions): Promise<number> {
  const settled = settle({ ...options, compression: 'none' });
  const levels = levelsOf(settled);
  const counts = levels.map((level) => {
    const list = new Float64Array(level.blocks);
    for (let block = 0; block < list.length; block += 1) {
      if (!isSparse(settled, level, block))
        list[block] = rawBlockSize(settled, level, rowsOfBlock(settled, level, block));
    }
    return list;
  });
  const layout = layOut(settled, counts);
  if (!settled.bigTiff && layout.size > 0xffff_ffff) throw new Error('a classic TIFF ends at 4 GiB; ask for bigTiff');
  const file = await open(path, 'w');
  try {
    await file.truncate(layout.size);
    for (const { offset, bytes } of layout.pieces) await file.write(bytes, 0, bytes.length, offset);
    await writeBlocks(file, settled, levels, layout, options.written);
  } finally {
    await file.close();
  }
  return layout.size;
}

async function writeBlocks(
  file: Awaited<ReturnType<typeof open>>,
  settled: Settled,
  levels: readonly Level[],
  layout: Layout,
  written: SparseFileOptions['written'],
): Promise<void> {
  for (const [index, level] of levels.entries()) {
    const middle = Math.floor(level.rows / 2) * level.columns + Math.floor(level.columns / 2);
    for (let block = 0; block < level.blocks; block += 1) {
      const offset = layout.offsets[index]?.[block] ?? 0;
      const column = block % level.columns;
      const row = Math.floor(block / level.columns) % level.rows;
      const wanted =
        written === undefined || level.level > 0
          ? block === 0 || block === middle || block === level.blocks - 1
          : written(column, row);
      if (offset === 0 || !wanted) continue;
      const bytes = encodeBlock(settled, level, block);
      await file.write(bytes, 0, bytes.length, offset);
    }
  }
}

function isSparse(options: Settled, level: Level, block: number): boolean {
  return options.sparse(block % level.columns, Math.floor(block / level.columns) % level.rows, level.level);
}

function encodeBlock(options: Settled, level: Level, block: number): Uint8Array {
  const rows = rowsOfBlock(options, level, block);
  const samples = samplesPerBlockPixel(options);
  const plane = Math.floor(block / (level.columns * level.rows));
  const left = (block % level.columns) * level.blockWidth;
  const top = (Math.floor(block / level.columns) % level.rows) * level.blockHeight;
  const bytes = new Uint8Array(rawBlockSize(options, level, rows));
  const view = new DataView(bytes.buffer);
  const put = setter(view, options);
  const size = options.bits / 8;
  const previous = new Float64Array(samples);
  let at = 0;
  for (let row = 0; row < rows; row += 1) {
    previous.fill(0);
    for (let column = 0; column < level.blockWidth; column += 1) {
      // The picture goes on past the edge by its last pixel, as encoders pad tiles.
      const x = Math.min(left + column, level.width - 1) * level.factor;
      const y = Math.min(top + row, level.height - 1) * level.factor;
      for (let sample = 0; sample < samples; sample += 1) {
        const value = options.pixel(x, y, options.planar ? plane : sample);
        put(at, options.predictor === 2 ? value - (previous[sample] ?? 0) : value);
        previous[sample] = value;
        at += size;
      }
    }
  }
  return bytes;
}

function setter(view: DataView, { bits, sampleFormat, littleEndian }: Settled): (at: number, value: number) => void {
  if (sampleFormat === 'float') {
    if (bits === 64) return (at, value) => view.setFloat64(at, value, littleEndian);
    return (at, value) => view.setFloat32(at, value, littleEndian);
  }
  if (bits === 8) return (at, value) => view.setUint8(at, value);
  if (bits === 16) return (at, value) => view.setUint16(at, value, littleEndian);
  if (bits === 32) return (at, value) => view.setUint32(at, value, littleEndian);
  return (at, value) => view.setBigInt64(at, BigInt(Math.round(value)), littleEndian);
}

function compress(options: Settled, bytes: Uint8Array): Uint8Array {
  if (options.compression === 'deflate') return deflateSync(bytes);
  if (options.compression === 'lzw') return lzwEncode(bytes);
  return bytes;
}

/** GDAL's COG framing: the size before the block, its last four bytes once more behind it. */
function frame(file: Uint8Array, offset: number, length: number): void {
  new DataView(file.buffer, file.byteOffset).setUint32(offset - 4, length, true);
  for (let index = 0; index < 4; index += 1) file[offset + length + index] = file[offset + length - 4 + index] ?? 0;
}
