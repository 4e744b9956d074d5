import type { BoundedReader } from './bounded-reader.ts';
import type { Bounds } from './bounds.ts';
import type { Entry } from './directory.ts';
import { GeoTiffError } from './errors.ts';
import { wideOffset } from './header.ts';
import type { Image } from './image.ts';
import { TAG } from './tags.ts';

/** What the tile or strip arrays of one image say, once all of them are checked. */
export interface BlockIndex {
  /** Blocks that are left out. */
  sparse: number;
  /** Offset of the first byte of block data; Infinity where every block is sparse. */
  firstByte: number;
  /** Column and row of the block with data that is nearest to the centre (first plane); null where all are sparse. */
  nearest: { column: number; row: number } | null;
}

/** Bytes of an entry by TIFF type. */
const INDEX_SIZES: ReadonlyMap<number, number> = new Map([
  [3, 2],
  [4, 4],
  [13, 4],
  [16, 8],
  [18, 8],
]);

/** Offsets of two arrays nearer than this are read together. */
const GAP = 64 * 1024;

/**
 * Checks that every block lies inside the file, in pieces of bounded size.
 * @param rawBytes bytes of a row of a block, for uncompressed images, whose readers believe the size and not the count
 * @throws GeoTiffError MALFORMED_TIFF, TRUNCATED
 */
export async function checkBlocks(
  reader: BoundedReader,
  image: Image,
  bounds: Bounds,
  rawBytes: number,
): Promise<BlockIndex> {
  const offsets = arrayOf(image, image.tiled ? 'TileOffsets' : 'StripOffsets');
  const counts = arrayOf(image, image.tiled ? 'TileByteCounts' : 'StripByteCounts');
  const index: BlockIndex = { sparse: 0, firstByte: Infinity, nearest: null };
  const nearest = nearestToCentre(image);
  const step = Math.max(1, Math.floor(bounds.pieceBytes / 2 / Math.max(offsets.size, counts.size)));
  const load = (from: number) => loadPiece(reader, offsets, counts, from, Math.min(step, image.blocks - from));
  const little = image.directory.header.littleEndian;
  let ahead: ReturnType<typeof load> | undefined = load(0);
  for (let from = 0; from < image.blocks && ahead !== undefined; from += step) {
    const [offsetView, countView] = await ahead;
    // The next piece is on its way while this one is looked at.
    ahead = from + step < image.blocks ? load(from + step) : undefined;
    ahead?.catch(() => undefined);
    const to = Math.min(from + step, image.blocks);
    for (let block = from; block < to; block += 1) {
      const offset = valueAt(offsetView, block - from, offsets.size, little, offsets.name);
      const count = valueAt(countView, block - from, counts.size, little, counts.name);
      if (count === 0 && offset === 0) {
        index.sparse += 1;
        continue;
      }
      checkBlock(reader.size, image, block, offset, count, rawBytes, offsets.name);
      if (offset < index.firstByte) index.firstByte = offset;
      nearest.offer(block);
    }
  }
  return { ...index, nearest: nearest.best() };
}

interface ArrayTag {
  name: string;
  offset: number;
  /** Bytes of an entry. */
  size: number;
}

function arrayOf(image: Image, name: 'TileOffsets' | 'StripOffsets' | 'TileByteCounts' | 'StripByteCounts'): ArrayTag {
  const entry: Entry | undefined = image.directory.entries.get(TAG[name]);
  const size = entry === undefined ? undefined : INDEX_SIZES.get(entry.type);
  if (entry === undefined || size === undefined || !Number.isSafeInteger(entry.offset)) {
    throw new GeoTiffError(
      'MALFORMED_TIFF',
      entry === undefined
        ? `${name} is missing: nobody could find the pixels`
        : `${name} is of a type or at a place that makes no sense`,
      { subject: name },
    );
  }
  if (entry.count < image.blocks) {
    throw new GeoTiffError(
      'MALFORMED_TIFF',
      `${name} has ${entry.count} entries, but ${image.width} x ${image.height} pixels in blocks of ${image.blockWidth} x ${image.blockHeight} need ${image.blocks}`,
      { subject: name },
    );
  }
  return { name, offset: entry.offset, size };
}

async function loadPiece(
  reader: BoundedReader,
  offsets: ArrayTag,
  counts: ArrayTag,
  from: number,
  length: number,
): Promise<[DataView, DataView]> {
  const a = { at: offsets.offset + from * offsets.size, length: length * offsets.size };
  const b = { at: counts.offset + from * counts.size, length: length * counts.size };
  const start = Math.min(a.at, b.at);
  const end = Math.max(a.at + a.length, b.at + b.length);
  if (end - start - a.length - b.length < GAP) {
    const both = await reader.readIndex(start, end - start, `${offsets.name} and ${counts.name}`);
    const part = (piece: typeof a) => new DataView(both.buffer, both.byteOffset + piece.at - start, piece.length);
    return [part(a), part(b)];
  }
  return Promise.all([reader.readIndex(a.at, a.length, offsets.name), reader.readIndex(b.at, b.length, counts.name)]);
}

function valueAt(view: DataView, index: number, size: number, little: boolean, subject: string): number {
  if (size === 4) return view.getUint32(index * 4, little);
  if (size === 8) return wideOffset(view, index * 8, little, subject);
  return view.getUint16(index * 2, little);
}

function checkBlock(
  size: number,
  image: Image,
  block: number,
  offset: number,
  count: number,
  rawBytes: number,
  subject: string,
): void {
  if (count === 0 || offset < 8) {
    throw new GeoTiffError(
      'MALFORMED_TIFF',
      `block ${block} is said to hold ${count} bytes at ${offset}; a block that is left out has 0 for both`,
      { subject },
    );
  }
  const row = Math.floor(block / image.columns) % image.rows;
  const rows = image.tiled ? image.blockHeight : Math.min(image.blockHeight, image.height - row * image.blockHeight);
  const needed = image.compression === 1 ? Math.max(count, rawBytes * rows) : count;
  if (offset + needed > size) {
    throw new GeoTiffError(
      'TRUNCATED',
      `block ${block} (${image.role}) ends at byte ${offset + needed}, but the file ends at ${size}; upload the whole file again`,
      { subject },
    );
  }
}

function nearestToCentre(image: Image): {
  offer(block: number): void;
  best(): { column: number; row: number } | null;
} {
  const middleColumn = (image.columns - 1) / 2;
  const middleRow = (image.rows - 1) / 2;
  const plane = image.columns * image.rows;
  let best: { column: number; row: number } | null = null;
  let distance = Infinity;
  return {
    offer(block) {
      if (block >= plane) return;
      const column = block % image.columns;
      const row = (block - column) / image.columns;
      const away = ((column - middleColumn) * image.blockWidth) ** 2 + ((row - middleRow) * image.blockHeight) ** 2;
      if (away >= distance) return;
      distance = away;
      best = { column, row };
    },
    best: () => best,
  };
}
