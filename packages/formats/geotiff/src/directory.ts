import type { BoundedReader } from './bounded-reader.ts';
import { GeoTiffError } from './errors.ts';
import { type Header, wideOffset } from './header.ts';
import { TYPE_SIZES, tagName } from './tags.ts';

/** One tag as the directory has it; its values may lie elsewhere. */
export interface Entry {
  tag: number;
  type: number;
  /** Number of values. */
  count: number;
  /** Bytes of all values. */
  length: number;
  /** Where the values lie in the file, inline ones in the directory itself. */
  offset: number;
}

/** One image file directory. */
export interface Directory {
  offset: number;
  entries: ReadonlyMap<number, Entry>;
  /** Offset of the next one; 0 where this is the last. */
  next: number;
  header: Header;
}

/**
 * Reads the entries of a directory, not their values.
 * @param allowed how many tags it may have
 * @throws GeoTiffError TRUNCATED, MALFORMED_TIFF, TOO_COMPLEX
 */
export async function readDirectory(
  reader: BoundedReader,
  header: Header,
  offset: number,
  allowed: number,
): Promise<Directory> {
  const subject = `the directory at ${offset}`;
  const { bigTiff, littleEndian } = header;
  const least = bigTiff ? 16 : 8;
  if (offset < least) {
    throw new GeoTiffError('MALFORMED_TIFF', `${subject} would lie within the header`, { subject: 'IFD offset' });
  }
  const countBytes = bigTiff ? 8 : 2;
  const entryBytes = bigTiff ? 20 : 12;
  const inline = bigTiff ? 8 : 4;
  const head = await reader.read(offset, countBytes, subject);
  const count = bigTiff ? wideOffset(head, 0, littleEndian, subject) : head.getUint16(0, littleEndian);
  if (count === 0) throw new GeoTiffError('MALFORMED_TIFF', `${subject} has no tags`, { subject: 'IFD' });
  if (count > allowed) {
    throw new GeoTiffError(
      'TOO_COMPLEX',
      `${subject} has ${count} tags, more than the ${allowed} that are left to it`,
      {
        subject: 'IFD',
      },
    );
  }
  const view = await reader.read(offset + countBytes, count * entryBytes + inline, subject);
  const entries = new Map<number, Entry>();
  for (let index = 0; index < count; index += 1) {
    const at = index * entryBytes;
    const tag = view.getUint16(at, littleEndian);
    const type = view.getUint16(at + 2, littleEndian);
    const size = TYPE_SIZES.get(type);
    // A reader skips fields of a type it does not know (TIFF 6.0); of a doubled tag the first one counts.
    if (size === undefined || entries.has(tag)) continue;
    const values = wide(view, at + 4, header, tagName(tag));
    const length = values * size;
    const where = at + 4 + inline;
    const place = length <= inline ? offset + countBytes + where : lazyOffset(view, where, header);
    entries.set(tag, { tag, type, count: values, length, offset: place });
  }
  const next = wide(view, count * entryBytes, header, 'the next directory');
  return { offset, entries, next, header };
}

function wide(view: DataView, at: number, { bigTiff, littleEndian }: Header, subject: string): number {
  return bigTiff ? wideOffset(view, at, littleEndian, subject) : view.getUint32(at, littleEndian);
}

/** The offset of a tag that may never be looked at: one that is too large fails only where it is used. */
function lazyOffset(view: DataView, at: number, { bigTiff, littleEndian }: Header): number {
  return bigTiff ? Number(view.getBigUint64(at, littleEndian)) : view.getUint32(at, littleEndian);
}
