/** Name of the header of a CRC-32, on requests and answers. */
export const CRC32_HEADER = 'x-amz-checksum-crc32';

/** As S3 writes a CRC-32: four bytes, big-endian, base64. */
export function crc32ToBase64(value: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes.toString('base64');
}

/** @returns the value, or null where the text is not one plain CRC-32 (e.g. a checksum of checksums, `…-3`) */
export function crc32FromBase64(text: string | undefined): number | null {
  if (text === undefined || !/^[A-Za-z0-9+/]{6}==$/.test(text)) return null;
  return Buffer.from(text, 'base64').readUInt32BE();
}

/** The CRC-32 of the whole object or part an answer is about; null where it names none. */
export function crc32OfAnswer(headers: Readonly<Record<string, string>>): number | null {
  return headers['x-amz-checksum-type'] === 'COMPOSITE' ? null : crc32FromBase64(headers[CRC32_HEADER]);
}
