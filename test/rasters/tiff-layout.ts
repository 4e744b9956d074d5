import { geoTags } from './geo-tags.ts';
import { type ExtraTag, type Level, levelsOf, type Settled, samplesPerBlockPixel } from './tiff-options.ts';

const TYPE_SIZES: Readonly<Record<number, number>> = {
  1: 1,
  2: 1,
  3: 2,
  4: 4,
  5: 8,
  6: 1,
  8: 2,
  12: 8,
  13: 4,
  16: 8,
  18: 8,
};
const SAMPLE_FORMATS = { uint: 1, int: 2, float: 3 } as const;
const COMPRESSIONS = { none: 1, lzw: 5, deflate: 8 } as const;

/** GDAL's ghost area: what its COG driver promises of the layout, between the header and the first directory. */
const GHOST_BODY = [
  'LAYOUT=IFDS_BEFORE_DATA',
  'BLOCK_ORDER=ROW_MAJOR',
  'BLOCK_LEADER=SIZE_AS_UINT4',
  'BLOCK_TRAILER=LAST_4_BYTES_REPEATED',
  'KNOWN_INCOMPATIBLE_EDITION=NO',
  ' ',
].join('\n');
const GHOST = `GDAL_STRUCTURAL_METADATA_SIZE=${String(GHOST_BODY.length).padStart(6, '0')} bytes\n${GHOST_BODY}`;

/** Where everything of a file lies; blocks of offset 0 are sparse. */
export interface Layout {
  levels: Level[];
  /** Per level, per block. */
  offsets: Float64Array[];
  /** Header, ghost area and directories, ready to be written. */
  pieces: Array<{ offset: number; bytes: Uint8Array }>;
  /** Bytes of the whole file. */
  size: number;
  /** Blocks are framed by their size and their last four bytes. */
  framed: boolean;
}

/** Decides where directories and blocks lie. `counts` are the bytes of each block; 0 is a sparse one. */
export function layOut(options: Settled, counts: readonly Float64Array[]): Layout {
  const levels = levelsOf(options);
  const offsets = counts.map((list) => new Float64Array(list.length));
  const framed = options.layout === 'cog';
  const ghost = framed ? new TextEncoder().encode(GHOST) : new Uint8Array(0);
  const headerSize = options.bigTiff ? 16 : 8;
  const directoryOffsets = new Array<number>(levels.length).fill(0);
  let at = even(headerSize + ghost.length);
  const placeDirectory = (index: number) => {
    directoryOffsets[index] = at;
    at = even(at + directorySize(options, tagsOf(options, levels, index, counts, offsets)));
  };
  const placeBlocks = (index: number) => {
    const list = counts[index] ?? new Float64Array(0);
    for (let block = 0; block < list.length; block += 1) {
      const count = list[block] ?? 0;
      if (count === 0) continue;
      at += framed ? 4 : 0;
      (offsets[index] ?? list)[block] = at;
      at += count + (framed ? 4 : 0);
    }
    at = even(at);
  };
  const order = levels.map((_, index) => index);
  if (options.layout === 'plain') {
    for (const index of order) {
      placeDirectory(index);
      placeBlocks(index);
    }
  } else if (options.layout === 'cog') {
    for (const index of order) placeDirectory(index);
    for (const index of order.toReversed()) placeBlocks(index);
  } else {
    for (const index of order) placeBlocks(index);
    for (const index of order) placeDirectory(index);
  }
  const pieces = [
    { offset: 0, bytes: header(options, directoryOffsets[0] ?? 0) },
    { offset: headerSize, bytes: ghost },
    ...order.map((index) => ({
      offset: directoryOffsets[index] ?? 0,
      bytes: directory(
        options,
        tagsOf(options, levels, index, counts, offsets),
        directoryOffsets[index] ?? 0,
        directoryOffsets[index + 1] ?? 0,
      ),
    })),
  ];
  return { levels, offsets, pieces, size: at, framed };
}

function even(offset: number): number {
  return offset + (offset % 2);
}

function tagsOf(
  options: Settled,
  levels: readonly Level[],
  index: number,
  counts: readonly Float64Array[],
  offsets: readonly Float64Array[],
): ExtraTag[] {
  const level = levels[index];
  if (level === undefined) throw new Error(`no level ${index}`);
  const tiled = options.rowsPerStrip === undefined;
  const wide = options.bigTiff ? 16 : 4;
  const each = new Array<number>(options.bands);
  const tags: ExtraTag[] = [
    { tag: 256, type: 4, values: [level.width] },
    { tag: 257, type: 4, values: [level.height] },
    { tag: 258, type: 3, values: each.fill(options.bits).slice() },
    { tag: 259, type: 3, values: [COMPRESSIONS[options.compression]] },
    { tag: 262, type: 3, values: [options.photometric] },
    { tag: 277, type: 3, values: [options.bands] },
    { tag: 284, type: 3, values: [options.planar ? 2 : 1] },
    { tag: 339, type: 3, values: each.fill(SAMPLE_FORMATS[options.sampleFormat]).slice() },
    { tag: tiled ? 324 : 273, type: wide, values: offsets[index] as unknown as number[] },
    { tag: tiled ? 325 : 279, type: wide, values: counts[index] as unknown as number[] },
  ];
  if (tiled)
    tags.push({ tag: 322, type: 4, values: [level.blockWidth] }, { tag: 323, type: 4, values: [level.blockHeight] });
  else tags.push({ tag: 278, type: 4, values: [level.blockHeight] });
  if (level.subfileType !== 0) tags.push({ tag: 254, type: 4, values: [level.subfileType] });
  if (options.predictor === 2) tags.push({ tag: 317, type: 3, values: [2] });
  const usual = options.photometric === 2 ? 3 : 1;
  if (options.bands > usual) {
    const extra = new Array<number>(options.bands - usual).fill(0);
    tags.push({ tag: 338, type: 3, values: extra });
  }
  if (index === 0) tags.push(...geoTags(options));
  if (options.nodata !== undefined) tags.push({ tag: 42113, type: 2, values: String(options.nodata) });
  if (index > 0) return tags.sort((a, b) => a.tag - b.tag);
  const replaced = new Set([...options.extraTags.map(({ tag }) => tag), ...options.omitTags]);
  return [...tags.filter(({ tag }) => !replaced.has(tag)), ...options.extraTags].sort((a, b) => a.tag - b.tag);
}

function header(options: Settled, first: number): Uint8Array {
  const bytes = new Uint8Array(options.bigTiff ? 16 : 8);
  const view = new DataView(bytes.buffer);
  const little = options.littleEndian;
  bytes.fill(little ? 0x49 : 0x4d, 0, 2);
  view.setUint16(2, options.bigTiff ? 43 : 42, little);
  if (options.bigTiff) {
    view.setUint16(4, 8, little);
    view.setBigUint64(8, BigInt(first), little);
  } else view.setUint32(4, first, little);
  return bytes;
}

function byteLength(tag: ExtraTag): number {
  const length = typeof tag.values === 'string' ? tag.values.length + 1 : tag.values.length;
  return length * (TYPE_SIZES[tag.type] ?? 1);
}

function directorySize(options: Settled, tags: readonly ExtraTag[]): number {
  const inline = options.bigTiff ? 8 : 4;
  const fixed = options.bigTiff ? 8 + tags.length * 20 + 8 : 2 + tags.length * 12 + 4;
  return tags.reduce((sum, tag) => sum + (byteLength(tag) > inline ? even(byteLength(tag)) : 0), even(fixed));
}

function directory(options: Settled, tags: readonly ExtraTag[], at: number, next: number): Uint8Array {
  const bytes = new Uint8Array(directorySize(options, tags));
  const view = new DataView(bytes.buffer);
  const little = options.littleEndian;
  const inline = options.bigTiff ? 8 : 4;
  const wide = (where: number, value: number) => {
    if (options.bigTiff) view.setBigUint64(where, BigInt(value), little);
    else view.setUint32(where, value, little);
  };
  let cursor = options.bigTiff ? 8 : 2;
  if (options.bigTiff) wide(0, tags.length);
  else view.setUint16(0, tags.length, little);
  let data = even(cursor + tags.length * (options.bigTiff ? 20 : 12) + inline);
  for (const tag of tags) {
    const length = byteLength(tag);
    view.setUint16(cursor, tag.tag, little);
    view.setUint16(cursor + 2, tag.type, little);
    wide(cursor + 4, tag.count ?? length / (TYPE_SIZES[tag.type] ?? 1));
    const where = cursor + 4 + inline;
    if (length > inline) {
      wide(where, at + data);
      putValues(view, data, tag, little);
      data += even(length);
    } else putValues(view, where, tag, little);
    cursor = where + inline;
  }
  wide(cursor, next);
  return bytes;
}

function putValues(view: DataView, at: number, { type, values }: ExtraTag, little: boolean): void {
  const list = typeof values === 'string' ? new TextEncoder().encode(`${values}\0`) : values;
  const size = TYPE_SIZES[type] ?? 1;
  for (let index = 0; index < list.length; index += 1) {
    const where = at + index * size;
    const value = list[index] ?? 0;
    if (type === 12) view.setFloat64(where, value, little);
    else if (size === 8) view.setBigUint64(where, BigInt(value), little);
    else if (size === 4) view.setUint32(where, value, little);
    else if (size === 2) view.setUint16(where, value, little);
    else view.setUint8(where, value);
  }
}

/** Bytes of one uncompressed block. */
export function rawBlockSize(options: Settled, level: Level, rows: number): number {
  return level.blockWidth * rows * samplesPerBlockPixel(options) * (options.bits / 8);
}
