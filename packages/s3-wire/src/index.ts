export type { Answer } from './answer.ts';
export { CRC32_HEADER, crc32FromBase64, crc32OfAnswer, crc32ToBase64 } from './checksum.ts';
export { escapeText, textIn } from './document.ts';
export { WireError } from './error.ts';
export { isExpired } from './retry.ts';
export { createS3Wire, type S3Wire, type WireOptions, type WireRequest, type WireStats } from './wire.ts';
