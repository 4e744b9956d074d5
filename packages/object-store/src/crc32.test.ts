import assert from 'node:assert/strict';
import { randomBytes, randomInt } from 'node:crypto';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import { combineCrc32, crc32Of, formatCrc32 } from './crc32.ts';

test('the CRC-32 of two pieces combines to that of the whole, whatever their lengths', () => {
  for (let round = 0; round < 200; round += 1) {
    const a = randomBytes(randomInt(0, 3000));
    const b = randomBytes(randomInt(0, 3000));
    assert.equal(combineCrc32(crc32(a), crc32(b), b.length), crc32(Buffer.concat([a, b])));
  }
});

test('lengths past 4 GiB combine: two halves of zeros of 2^40 bytes in all agree with one step', () => {
  const half = 2 ** 39;
  // the CRC of n zero bytes, by doubling
  let zeros = crc32(Buffer.alloc(1));
  for (let length = 1; length < half; length *= 2) zeros = combineCrc32(zeros, zeros, length);
  const whole = combineCrc32(zeros, zeros, half);
  const piecewise = combineCrc32(combineCrc32(zeros, 0, 0), zeros, half);
  assert.equal(whole, piecewise);
  // moving one byte across the seam changes nothing
  const one = crc32(Buffer.alloc(1));
  let most = one;
  for (let have = 1; have < half; have *= 2) most = combineCrc32(most, most, have);
  assert.equal(
    combineCrc32(combineCrc32(most, one, 1), zeros, half),
    combineCrc32(zeros, combineCrc32(one, zeros, half), half + 1),
  );
});

test('long bytes are hashed in slices to the same value', async () => {
  const bytes = randomBytes(9 * 1024 * 1024 + 13);
  assert.equal(await crc32Of(bytes), crc32(bytes));
});

test('a checksum is written with all of its digits', () => {
  assert.equal(formatCrc32(0xabc), 'crc32:00000abc');
});
