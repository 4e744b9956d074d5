/** Bytes that are enough for looksLikeTiff. */
export const MAGIC_BYTES = 8;

/** Whether a file begins like a TIFF or BigTIFF, of either byte order. */
export function looksLikeTiff(bytes: Uint8Array): boolean {
  const [a, b, c = -1, d = -1, e, f, g, h] = bytes;
  if (a !== b || (a !== 0x49 && a !== 0x4d)) return false;
  const number = (low: number | undefined, high: number | undefined, value: number): boolean =>
    a === 0x49 ? low === value && high === 0 : low === 0 && high === value;
  if (number(c, d, 42)) return true;
  // BigTIFF: version 43, offsets of 8 bytes, a zero
  return number(c, d, 43) && number(e, f, 8) && g === 0 && h === 0;
}
