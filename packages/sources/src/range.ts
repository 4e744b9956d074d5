/** `bytes 0-99/1234` taken apart; null where it is missing, of unknown total or not of this form. */
export function readContentRange(header: string | undefined): { first: number; last: number; total: number } | null {
  const [, first, last, total] = /^bytes (\d+)-(\d+)\/(\d+)$/i.exec(header?.trim() ?? '') ?? [];
  if (first === undefined || last === undefined || total === undefined) return null;
  return { first: Number(first), last: Number(last), total: Number(total) };
}

/**
 * The length of a range to read.
 * @throws RangeError where it does not lie inside of the file: a fault of the caller
 */
export function checkRange(offset: number, length: number, size: number, subject: string): number {
  if (!Number.isSafeInteger(offset) || offset < 0 || offset + length > size) {
    throw new RangeError(`bytes ${offset} to ${offset + length} lie outside of ${subject} with its ${size} bytes`);
  }
  return length;
}
