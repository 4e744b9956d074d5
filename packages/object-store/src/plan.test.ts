import assert from 'node:assert/strict';
import { test } from 'node:test';
import { choosePartSize, countParts, decideResume, MAX_PARTS, partSizeFor, planParts } from './plan.ts';

const MIB = 1024 * 1024;

test('the part size is the wanted one until a file needs more than 9,000 parts', () => {
  assert.equal(choosePartSize(1, 64 * MIB), 64 * MIB);
  assert.equal(choosePartSize(9_000 * 64 * MIB, 64 * MIB), 64 * MIB);
  assert.equal(choosePartSize(9_000 * 64 * MIB + 1, 64 * MIB), 65 * MIB);
  assert.equal(choosePartSize(1, 1), 5 * MIB, 'S3 takes no smaller parts');
});

test('5 TiB fit into 10,000 parts; what no part size can hold is refused with a reason', () => {
  const size = 5 * 1024 ** 4;
  assert.ok(countParts(size, choosePartSize(size, 64 * MIB)) <= MAX_PARTS);
  assert.throws(() => choosePartSize(60 * 1024 ** 4, 64 * MIB), { code: 'STORE_REFUSED', means: 'reject' });
});

test('parts cover a file exactly, boundary sizes included', () => {
  for (const size of [1, 9, 10, 11, 20, 21]) {
    const parts = [...planParts(size, 10)];
    assert.equal(parts.length, countParts(size, 10));
    let end = 0;
    for (const part of parts) {
      assert.equal(part.offset, end);
      assert.ok(part.length > 0);
      end += part.length;
    }
    assert.equal(end, size);
  }
});

test('resuming keeps parts that fit the plan, sends wrong ones again and drops an upload of another plan', () => {
  const part = (number: number, size: number) => ({ number, size, etag: 'e', crc32: null });
  const kept = decideResume([part(1, 10), part(2, 9), part(3, 5)], 25, 10);
  assert.deepEqual([...(kept?.keys() ?? [])], [1, 3]);
  assert.equal(decideResume([part(4, 10)], 25, 10), null);
  assert.equal(decideResume([], 25, 10)?.size, 0);
});

test('parts are as large as their link needs, so that waiting for answers costs a twentieth at most', () => {
  const bounds = { least: 8 * MIB, most: 64 * MIB };
  assert.equal(partSizeFor(null, bounds), 8 * MIB);
  // next to the store
  assert.equal(partSizeFor({ waitSeconds: 0.002, bytesPerSecond: 100 * MIB }, bounds), 8 * MIB);
  // far from it, on a good line
  assert.equal(partSizeFor({ waitSeconds: 0.1, bytesPerSecond: 20 * MIB }, bounds), 40 * MIB);
  assert.equal(partSizeFor({ waitSeconds: 0.3, bytesPerSecond: 50 * MIB }, bounds), 64 * MIB);
  // far from it, on a poor one
  assert.equal(partSizeFor({ waitSeconds: 0.1, bytesPerSecond: MIB }, bounds), 8 * MIB);
});
