import type { RangeReader } from '@geosluice/jobs';

const TYPE_SIZES: Readonly<Record<number, number>> = {
  1: 1,
  2: 1,
  3: 2,
  4: 4,
  6: 1,
  7: 1,
  8: 2,
  9: 4,
  11: 4,
  12: 8,
  13: 4,
  16: 8,
  17: 8,
  18: 8,
};

/** Tag number to numbers or text; for well-formed files only. */
export type Directory = ReadonlyMap<number, readonly number[] | string>;

export async function readBytes(
  reader: RangeReader,
  offset: number,
  length: number,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  if (offset + length > reader.size)
    throw new Error(`bytes ${offset} to ${offset + length} lie past the end ${reader.size}`);
  const bytes = new Uint8Array(length);
  await reader.readInto(offset, bytes, signal);
  return bytes;
}

/** All directories of the main chain (64 at most) and the byte order. */
export async function readDirectories(
  reader: RangeReader,
  signal?: AbortSignal,
): Promise<{ directories: Directory[]; little: boolean }> {
  const head = await readBytes(reader, 0, Math.min(16, reader.size), signal);
  const view = new DataView(head.buffer);
  const little = head[0] === 0x49;
  const magic = head.length < 8 ? 0 : view.getUint16(2, little);
  if (magic !== 42 && magic !== 43) throw new Error('not a TIFF');
  const big = magic === 43;
  const directories: Directory[] = [];
  let at = big ? Number(view.getBigUint64(8, little)) : view.getUint32(4, little);
  while (at !== 0 && directories.length < 64) {
    const count = await readCount(reader, at, big, little, signal);
    const entry = big ? 20 : 12;
    const begin = at + (big ? 8 : 2);
    const body = await readBytes(reader, begin, count * entry + (big ? 8 : 4), signal);
    const fields = new DataView(body.buffer);
    const wide = (where: number) =>
      big ? Number(fields.getBigUint64(where, little)) : fields.getUint32(where, little);
    const tags = new Map<number, readonly number[] | string>();
    for (let index = 0; index < count; index += 1) {
      const where = index * entry;
      const type = fields.getUint16(where + 2, little);
      const values = wide(where + 4);
      const inline = big ? 8 : 4;
      const length = values * (TYPE_SIZES[type] ?? 1);
      const raw =
        length <= inline
          ? body.subarray(where + 4 + inline, where + 4 + inline + length)
          : await readBytes(reader, wide(where + 4 + inline), length, signal);
      tags.set(fields.getUint16(where, little), valuesOf(raw, type, values, little));
    }
    directories.push(tags);
    at = wide(count * entry);
  }
  return { directories, little };
}

async function readCount(
  reader: RangeReader,
  at: number,
  big: boolean,
  little: boolean,
  signal?: AbortSignal,
): Promise<number> {
  const bytes = await readBytes(reader, at, big ? 8 : 2, signal);
  const view = new DataView(bytes.buffer);
  return big ? Number(view.getBigUint64(0, little)) : view.getUint16(0, little);
}

function valuesOf(raw: Uint8Array, type: number, count: number, little: boolean): readonly number[] | string {
  if (type === 2) return new TextDecoder('latin1').decode(raw).replace(/\0.*$/s, '');
  const view = new DataView(raw.buffer, raw.byteOffset, raw.length);
  return Array.from({ length: count }, (_, index) => {
    if (type === 12) return view.getFloat64(index * 8, little);
    if (type === 11) return view.getFloat32(index * 4, little);
    if (type === 16 || type === 18) return Number(view.getBigUint64(index * 8, little));
    if (type === 3) return view.getUint16(index * 2, little);
    if (type === 4 || type === 13) return view.getUint32(index * 4, little);
    return view.getUint8(index);
  });
}
