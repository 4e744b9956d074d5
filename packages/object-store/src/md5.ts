import { createHash } from 'node:crypto';
import { inSlices } from './crc32.ts';

/** Hex MD5 of bytes: what many stores have for the ETag of a part. */
export async function md5Of(bytes: Uint8Array): Promise<string> {
  const hash = createHash('md5');
  await inSlices(bytes, (slice) => hash.update(slice));
  return hash.digest('hex');
}

export function isMd5(etag: string): boolean {
  return /^[0-9a-f]{32}$/.test(etag);
}
