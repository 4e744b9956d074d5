import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

const SALT_BYTES = 16;
const ROUNDS = 100_000;

/** Jasypt's strong digest, which GeoServer writes as `digest1:`. */
function digest(password: string, salt: Buffer): Buffer {
  let hash = createHash('sha256').update(salt).update(password.normalize('NFC')).digest();
  for (let round = 1; round < ROUNDS; round += 1) hash = createHash('sha256').update(hash).digest();
  return hash;
}

export function encodeDigest(password: string): string {
  const salt = randomBytes(SALT_BYTES);
  return `digest1:${Buffer.concat([salt, digest(password, salt)]).toString('base64')}`;
}

/** Whether a password is the one of users.xml. What is encrypted (`crypt1:`, `crypt2:`) needs a keystore: never. */
export function isPassword(encoded: string, password: string): boolean {
  if (encoded.startsWith('plain:')) return same(Buffer.from(encoded.slice(6)), Buffer.from(password));
  if (!encoded.startsWith('digest1:')) return false;
  const bytes = Buffer.from(encoded.slice(8), 'base64');
  return same(bytes.subarray(SALT_BYTES), digest(password, bytes.subarray(0, SALT_BYTES)));
}

function same(one: Buffer, other: Buffer): boolean {
  return one.length === other.length && timingSafeEqual(one, other);
}
