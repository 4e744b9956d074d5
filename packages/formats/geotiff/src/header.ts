import type { BoundedReader } from './bounded-reader.ts';
import { GeoTiffError } from './errors.ts';

export interface Header {
  bigTiff: boolean;
  littleEndian: boolean;
  /** Offset of the first directory. */
  first: number;
  /** What GDAL's COG driver writes behind the header; empty where there is none. */
  ghost: string;
}

const GHOST_LENGTH = 256;

/** @throws GeoTiffError EMPTY_FILE, NOT_A_TIFF, TRUNCATED, MALFORMED_TIFF */
export async function readHeader(reader: BoundedReader): Promise<Header> {
  if (reader.size === 0)
    throw new GeoTiffError('EMPTY_FILE', 'the file has no bytes; upload it again', { subject: 'size' });
  const view = await reader.read(0, Math.min(reader.size, 16 + GHOST_LENGTH), 'the header');
  const order = view.byteLength < 4 ? 0 : view.getUint16(0);
  const littleEndian = order === 0x4949;
  const magic = order === 0x4949 || order === 0x4d4d ? view.getUint16(2, littleEndian) : 0;
  if (magic !== 42 && magic !== 43) {
    throw new GeoTiffError('NOT_A_TIFF', 'the file does not begin as a TIFF does (II or MM, then 42 or 43)', {
      subject: 'magic',
    });
  }
  const bigTiff = magic === 43;
  const length = bigTiff ? 16 : 8;
  if (view.byteLength < length) {
    throw new GeoTiffError('TRUNCATED', 'the file ends within the TIFF header; upload it again', { subject: 'header' });
  }
  if (bigTiff && (view.getUint16(4, littleEndian) !== 8 || view.getUint16(6, littleEndian) !== 0)) {
    throw new GeoTiffError('MALFORMED_TIFF', 'a BigTIFF has offsets of 8 bytes; this header says otherwise', {
      subject: 'header',
    });
  }
  const first = bigTiff ? wideOffset(view, 8, littleEndian, 'the first directory') : view.getUint32(4, littleEndian);
  return { bigTiff, littleEndian, first, ghost: ghostOf(view, length) };
}

function ghostOf(view: DataView, from: number): string {
  const bytes = new Uint8Array(view.buffer, view.byteOffset + from, view.byteLength - from);
  const text = new TextDecoder('latin1').decode(bytes);
  return text.startsWith('GDAL_STRUCTURAL_METADATA_SIZE=') ? text : '';
}

/** @throws GeoTiffError MALFORMED_TIFF where the number is above 2^53: no file is that long */
export function wideOffset(view: DataView, at: number, littleEndian: boolean, subject: string): number {
  const high = view.getUint32(littleEndian ? at + 4 : at, littleEndian);
  const low = view.getUint32(littleEndian ? at : at + 4, littleEndian);
  if (high >= 2 ** 21) {
    throw new GeoTiffError('MALFORMED_TIFF', `${subject} names a place beyond 2^53 bytes, which no file reaches`, {
      subject,
    });
  }
  return high * 2 ** 32 + low;
}
