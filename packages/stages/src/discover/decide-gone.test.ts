import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decideGone } from './decide-gone.ts';

const hours = (count: number): number => count * 3_600_000;
const rule = { policy: 'delete', graceHours: 24, capPercent: 5 } as const;

test('a layer stays while its grace runs', () => {
  assert.equal(decideGone(rule, { forMs: hours(23.9), gone: 1, of: 100 }), 'wait');
  assert.equal(decideGone(rule, { forMs: hours(24), gone: 1, of: 100 }), 'delete');
  assert.equal(decideGone({ ...rule, policy: 'unpublish' }, { forMs: hours(24), gone: 1, of: 100 }), 'unpublish');
  assert.equal(decideGone({ ...rule, graceHours: 0 }, { forMs: 0, gone: 1, of: 100 }), 'delete');
});

test('where more of a rule are gone than its cap, all are held', () => {
  const gone = (gone: number, of: number, capPercent = 5) =>
    decideGone({ ...rule, capPercent }, { forMs: hours(48), gone, of });
  assert.equal(gone(5, 100), 'delete');
  assert.equal(gone(6, 100), 'held');
  assert.equal(gone(119, 119, 100), 'delete');
  assert.equal(gone(1, 3), 'delete', 'one of a few');
  assert.equal(gone(2, 3), 'held');
  assert.equal(gone(1, 1), 'delete', 'the only one');
  assert.equal(gone(1, 1000, 0), 'held', 'a cap of 0 asks for each');
});

test('a rule that keeps never removes', () => {
  assert.equal(decideGone({ ...rule, policy: 'keep' }, { forMs: hours(999), gone: 1, of: 100 }), 'wait');
});
