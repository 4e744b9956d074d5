import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytes, bytesOf, createOutput } from './output.ts';

test('bytes are told in the unit that fits, two of them in one', () => {
  assert.deepEqual([0, 1_023, 1_024, 1_234_567, 250 * 1024 ** 2, 3 * 1024 ** 5].map(bytes), [
    '0 B',
    '1023 B',
    '1.0 KiB',
    '1.2 MiB',
    '250 MiB',
    '3.0 PiB',
  ]);
  assert.equal(bytesOf(1.2 * 1024 ** 3, 4 * 1024 ** 3), '1.2 of 4.0 GiB');
  assert.equal(bytesOf(0, 500), '0 of 500 B');
  assert.equal(bytes(0.4), '0 B');
});

test('a live line is as long as the terminal is wide at most, and replaced by the next', () => {
  let written = '';
  const stderr = { write: (text: string) => (written += text), isTTY: true, columns: 10 };
  const output = createOutput({ stdout: { write: () => {} }, stderr }, false);
  output.status('0123456789abc');
  output.status('next');
  assert.equal(written, '012345678\r\u001b[2Knext');
});
