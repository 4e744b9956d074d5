import { convertIndexedToRgb, type DecodedPng, decode } from 'fast-png';

export interface MapImage {
  width: number;
  height: number;
  /** Pixels that are not fully transparent. */
  visible: number;
}

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** Decodes a PNG of the asked size and counts what can be seen; null where it is no such PNG. */
export function readMapImage(bytes: Buffer, size: number): MapImage | null {
  // the size is believed only once the header says what was asked for: it decides how much memory decoding takes
  if (bytes.length < 33 || !bytes.subarray(0, 8).equals(SIGNATURE)) return null;
  if (bytes.readUInt32BE(16) !== size || bytes.readUInt32BE(20) !== size) return null;
  try {
    const png = decode(bytes, { checkCrc: true });
    const { width, height } = png;
    return { width, height, visible: countVisible(png, width * height) };
  } catch {
    return null;
  }
}

function countVisible(png: DecodedPng, pixels: number): number {
  const { channels, palette, transparency } = png;
  if (palette !== undefined) return countAlpha(convertIndexedToRgb(png), palette[0]?.length ?? 3, pixels);
  if (transparency === undefined) return countAlpha(png.data, channels, pixels);
  const samples = png.depth < 8 ? unpack(png) : png.data;
  let visible = 0;
  for (let index = 0; index < pixels; index += 1) {
    let same = true;
    for (let channel = 0; channel < channels; channel += 1)
      same &&= samples[index * channels + channel] === transparency[channel];
    if (!same) visible += 1;
  }
  return visible;
}

/** Two or four channels: the last is alpha; else nothing is transparent. */
function countAlpha(data: ArrayLike<number>, channels: number, pixels: number): number {
  if (channels !== 2 && channels !== 4) return pixels;
  let visible = 0;
  for (let index = channels - 1; index < pixels * channels; index += channels) if ((data[index] ?? 0) > 0) visible += 1;
  return visible;
}

/** Grey pixels of 1, 2 or 4 bits, packed row by row. */
function unpack({ data, width, height, depth }: DecodedPng): Uint8Array {
  const out = new Uint8Array(width * height);
  const rowBytes = Math.ceil((width * depth) / 8);
  for (let index = 0; index < out.length; index += 1) {
    const bit = (index % width) * depth;
    const byte = data[Math.floor(index / width) * rowBytes + (bit >> 3)] ?? 0;
    out[index] = (byte >> (8 - depth - (bit & 7))) & ((1 << depth) - 1);
  }
  return out;
}
