import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decideRanges, decideShare } from './decide-share.ts';

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;
const TIB = 1024 ** 4;
const all = (size: number, partSize: number) => Array.from({ length: Math.ceil(size / partSize) }, (_, at) => at + 1);
const rangesOf = (size: number, partSize: number) => decideRanges({ size, partSize, missing: all(size, partSize) });

test('a file is shared from the threshold on, where its bytes pass through us and nobody must read them in order', () => {
  const job = { fingerprint: { size: GIB, etag: 'e' }, expectedSha256: null };
  assert.equal(decideShare(job, 'through-us', GIB), true);
  assert.equal(decideShare(job, 'through-us', GIB + 1), false);
  assert.equal(decideShare(job, 'through-us', undefined), false);
  assert.equal(decideShare(job, 'server-side', GIB), false);
  assert.equal(decideShare(job, 'in-place', GIB), false);
  assert.equal(decideShare({ ...job, expectedSha256: 'a'.repeat(64) }, 'through-us', GIB), false);
});

test('the ranges of a file follow each other from its first part to its last, each of whole parts', () => {
  for (const [size, partSize] of [
    [1, 5 * MIB],
    [200 * MIB + 1, 5 * MIB],
    [GIB, 64 * MIB],
    [8 * GIB - 1, 64 * MIB],
    [100 * GIB + 17, 5 * MIB * 3],
    [5 * TIB, 550 * MIB],
  ] as const) {
    const ranges = rangesOf(size, partSize);
    const count = Math.ceil(size / partSize);
    assert.equal(ranges[0]?.first, 1);
    assert.equal(ranges.at(-1)?.last, count);
    for (const [at, { first, last }] of ranges.entries()) {
      assert.ok(last >= first);
      assert.equal(first, at === 0 ? 1 : (ranges[at - 1]?.last ?? 0) + 1);
    }
    assert.ok(ranges.length <= 1_024, `${ranges.length}`);
  }
});

test('four workers find enough of them to share evenly, and none is too small to be worth a job', () => {
  assert.deepEqual(rangesOf(8 * GIB, 64 * MIB).length, 64);
  assert.deepEqual(rangesOf(8 * GIB, 64 * MIB)[0], { first: 1, last: 2 });
  assert.equal(rangesOf(200 * MIB, 5 * MIB).length, 40, 'one part each');
  assert.equal(rangesOf(64 * GIB, 8 * MIB)[0]?.last, 16, '128 MiB');
  assert.equal(rangesOf(5 * TIB, 550 * MIB)[0]?.last, 10, 'a thousandth of it');
});

test('only what is missing needs a job, and its bounds are what they were when all was missing', () => {
  const upload = { size: 64 * GIB, partSize: 8 * MIB };
  assert.deepEqual(decideRanges({ ...upload, missing: [17, 32, 33, 8_192] }), [
    { first: 17, last: 32 },
    { first: 33, last: 48 },
    { first: 8_177, last: 8_192 },
  ]);
  assert.deepEqual(decideRanges({ ...upload, missing: [40, 18] }), [
    { first: 17, last: 32 },
    { first: 33, last: 48 },
  ]);
  assert.deepEqual(decideRanges({ ...upload, missing: [] }), []);
});
