import type { BoundedReader } from './bounded-reader.ts';
import type { Bounds } from './bounds.ts';
import type { Directory, Entry } from './directory.ts';
import { GeoTiffError } from './errors.ts';
import { TAG, type TagName, TYPE_SIZES, tagName } from './tags.ts';

/** Reads tag values within a budget of bytes. */
export interface ValueReader {
  /** Empty where the tag is missing. @throws GeoTiffError MALFORMED_TIFF where it holds no numbers */
  numbers(directory: Directory, name: TagName): Promise<number[]>;
  number(directory: Directory, name: TagName, fallback: number): Promise<number>;
  /** Latin-1 as far as the first zero, or with the zeros where `whole`; null where the tag is missing. */
  text(directory: Directory, name: TagName, whole?: boolean): Promise<string | null>;
  /** Fetches the values of several tags with as few reads as possible. */
  prefetch(directory: Directory, names: readonly TagName[]): Promise<void>;
}

export function valueReader(reader: BoundedReader, bounds: Bounds): ValueReader {
  let spent = 0;
  async function view(entry: Entry): Promise<DataView> {
    const subject = tagName(entry.tag);
    if (!Number.isSafeInteger(entry.offset)) {
      throw new GeoTiffError('MALFORMED_TIFF', `${subject} names a place beyond 2^53 bytes, which no file reaches`, {
        subject,
      });
    }
    spent += entry.length;
    if (spent > bounds.tagBytes) {
      throw new GeoTiffError(
        'TOO_COMPLEX',
        `${subject} and others hold more than ${bounds.tagBytes} bytes of tag values`,
        {
          subject,
        },
      );
    }
    return reader.read(entry.offset, entry.length, subject);
  }
  async function numbers(directory: Directory, name: TagName): Promise<number[]> {
    const entry = directory.entries.get(TAG[name]);
    if (entry === undefined) return [];
    return decode(await view(entry), entry, directory.header.littleEndian);
  }
  return {
    numbers,
    async number(directory, name, fallback) {
      const entry = directory.entries.get(TAG[name]);
      if (entry !== undefined && entry.count > 64) {
        throw new GeoTiffError('MALFORMED_TIFF', `${name} holds ${entry.count} values where one belongs`, {
          subject: name,
        });
      }
      return (await numbers(directory, name))[0] ?? fallback;
    },
    async text(directory, name, whole = false) {
      const entry = directory.entries.get(TAG[name]);
      if (entry === undefined) return null;
      const bytes = await view(entry);
      const text = new TextDecoder('latin1').decode(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength));
      const end = text.indexOf('\0');
      return whole || end < 0 ? text : text.slice(0, end);
    },
    async prefetch(directory, names) {
      const entries = names.map((name) => directory.entries.get(TAG[name])).filter((entry) => entry !== undefined);
      const total = entries.reduce((sum, entry) => sum + entry.length, 0);
      if (total > bounds.tagBytes) return;
      await reader.prefetch(entries, 'tag values');
    },
  };
}

function decode(view: DataView, entry: Entry, little: boolean): number[] {
  const size = TYPE_SIZES.get(entry.type) ?? 1;
  const get = getter(view, entry, little);
  return Array.from({ length: entry.count }, (_, index) => get(index * size));
}

function getter(view: DataView, { type, tag }: Entry, little: boolean): (at: number) => number {
  switch (type) {
    case 1:
    case 7:
      return (at) => view.getUint8(at);
    case 3:
      return (at) => view.getUint16(at, little);
    case 4:
    case 13:
      return (at) => view.getUint32(at, little);
    case 6:
      return (at) => view.getInt8(at);
    case 8:
      return (at) => view.getInt16(at, little);
    case 9:
      return (at) => view.getInt32(at, little);
    case 11:
      return (at) => view.getFloat32(at, little);
    case 12:
      return (at) => view.getFloat64(at, little);
    case 16:
    case 18:
      return (at) => Number(view.getBigUint64(at, little));
    case 17:
      return (at) => Number(view.getBigInt64(at, little));
    default:
      throw new GeoTiffError(
        'MALFORMED_TIFF',
        `${tagName(tag)} is of TIFF type ${type}, which holds no plain numbers`,
        {
          subject: tagName(tag),
        },
      );
  }
}
