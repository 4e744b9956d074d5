import { convertIndexedToRgb, decode } from 'fast-png';

/** An image of a WMS, whatever kind of PNG it came as. */
export interface MapImage {
  width: number;
  height: number;
  /** Red, green, blue and alpha of a pixel, 0 to 255. */
  at(column: number, row: number): readonly [number, number, number, number];
}

export function decodeMap(png: Uint8Array): MapImage {
  const image = decode(png);
  const { width, height } = image;
  const indexed = image.palette !== undefined;
  const data = indexed ? convertIndexedToRgb(image) : image.data;
  const channels = data.length / (width * height);
  return {
    width,
    height,
    at(column, row) {
      const from = (row * width + column) * channels;
      const value = (channel: number): number => data[from + channel] ?? 0;
      const alpha = channels === 2 ? value(1) : channels === 4 ? value(3) : 255;
      return channels < 3 ? [value(0), value(0), value(0), alpha] : [value(0), value(1), value(2), alpha];
    },
  };
}
