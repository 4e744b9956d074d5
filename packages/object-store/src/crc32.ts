import { createRequire } from 'node:module';
import { setImmediate as breathe } from 'node:timers/promises';
import { crc32 as crc32OfZlib } from 'node:zlib';

type Crc32 = (bytes: Uint8Array, before?: number) => number;

/**
 * By the processor's own instructions where this platform has a build of it: Node compiles zlib's without them. A fifth of the
 * time for bytes in the cache, less than half in an upload (docs/performance.md).
 */
const native = loadNative();
const crc32: Crc32 = native ?? crc32OfZlib;

/** What CRC-32s are computed by: `native`, or `zlib` where there is no build for this platform. */
export const crc32By: 'native' | 'zlib' = native === null ? 'zlib' : 'native';

function loadNative(): Crc32 | null {
  try {
    return (createRequire(import.meta.url)('@node-rs/crc32') as { crc32: Crc32 }).crc32;
  } catch {
    return null;
  }
}

/** Bytes hashed before other work gets its turn: about 0.5 ms of CRC-32, 3 to 15 ms of SHA-256. */
const SLICE = 4 * 1024 * 1024;

/** Walks over bytes without holding up the event loop. */
export async function inSlices(bytes: Uint8Array, visit: (slice: Uint8Array) => void): Promise<void> {
  for (let offset = 0; offset < bytes.byteLength; offset += SLICE) {
    if (offset > 0) await breathe();
    visit(bytes.subarray(offset, offset + SLICE));
  }
}

/** CRC-32 (ISO-HDLC, as S3's CRC32) of bytes, as an unsigned number. */
export async function crc32Of(bytes: Uint8Array): Promise<number> {
  let value = 0;
  // named, so that a profile tells what native code took
  const addCrc32 = (slice: Uint8Array): void => {
    value = crc32(slice, value);
  };
  await inSlices(bytes, addCrc32);
  return value;
}

/** The CRC-32 of `a` followed by `b`, from the CRC-32 of each and the length of `b` in bytes. */
export function combineCrc32(a: number, b: number, lengthOfB: number): number {
  if (lengthOfB === 0) return a;
  // appending n zero bytes multiplies by x^(8n) modulo the polynomial
  return (multiply(powerOfX(lengthOfB * 8), a) ^ b) >>> 0;
}

const POLYNOMIAL = 0xedb88320;

/** Product of two polynomials over GF(2), reflected, modulo the CRC's. */
function multiply(a: number, b: number): number {
  let product = 0;
  let factor = b;
  for (let mask = 0x80000000; mask !== 0; mask >>>= 1) {
    if ((a & mask) !== 0) product ^= factor;
    factor = (factor & 1) !== 0 ? (factor >>> 1) ^ POLYNOMIAL : factor >>> 1;
  }
  return product >>> 0;
}

/** x^n modulo the polynomial, by squaring. `n` may be larger than 2^32. */
function powerOfX(n: number): number {
  // 1 and x, reflected
  let result = 0x80000000;
  let square = 0x40000000;
  for (let rest = n; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result = multiply(result, square);
    square = multiply(square, square);
  }
  return result;
}

/** Eight hex digits. */
export function hexOfCrc32(value: number): string {
  return value.toString(16).padStart(8, '0');
}

/** `crc32:` and eight hex digits: as StoredObject.checksum has it. */
export function formatCrc32(value: number): string {
  return `crc32:${hexOfCrc32(value)}`;
}
