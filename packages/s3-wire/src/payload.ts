import { createHash, hash } from 'node:crypto';
import { setImmediate as breathe } from 'node:timers/promises';

/** Bytes hashed before other work gets its turn: about 2 ms. */
const SLICE = 4 * 1024 * 1024;

/** Hex SHA-256 of a body. */
export async function sha256Of(bytes: Uint8Array): Promise<string> {
  if (bytes.byteLength <= SLICE) return hash('sha256', bytes);
  const whole = createHash('sha256');
  for (let offset = 0; offset < bytes.byteLength; offset += SLICE) {
    if (offset > 0) await breathe();
    whole.update(bytes.subarray(offset, offset + SLICE));
  }
  return whole.digest('hex');
}
