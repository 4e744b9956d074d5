import { GeoTiffError } from './errors.ts';

/** Usual names of TIFF compressions (tag 259), and whether GeoServer's TIFF reader takes them. */
const COMPRESSIONS: ReadonlyMap<number, readonly [name: string, readable: boolean]> = new Map([
  [1, ['none', true]],
  [2, ['ccitt-rle', true]],
  [3, ['ccitt-fax3', true]],
  [4, ['ccitt-fax4', true]],
  [5, ['lzw', true]],
  [6, ['old-jpeg', false]],
  [7, ['jpeg', true]],
  [8, ['deflate', true]],
  [32773, ['packbits', true]],
  [32946, ['deflate', true]],
  [34661, ['jbig', false]],
  [34712, ['jpeg2000', false]],
  [34887, ['lerc', false]],
  [34925, ['lzma', false]],
  [50000, ['zstd', false]],
  [50001, ['webp', false]],
  [50002, ['jpeg-xl', false]],
  [52546, ['jpeg-xl', false]],
]);

/**
 * The name of a compression that GeoServer reads.
 * @param also codes that a deployment knows its GeoServer to read besides
 * @throws GeoTiffError UNSUPPORTED_COMPRESSION
 */
export function readableCompression(code: number, also: readonly number[] = []): { code: number; name: string } {
  const [name, readable] = COMPRESSIONS.get(code) ?? [`code ${code}`, false];
  if (readable || also.includes(code)) return { code, name };
  throw new GeoTiffError(
    'UNSUPPORTED_COMPRESSION',
    `the pixels are compressed by ${name} (${code}), which GeoServer does not read; use deflate, LZW, JPEG, PackBits or none`,
    { subject: 'Compression' },
  );
}
