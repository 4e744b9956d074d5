import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { faultsIn, type Places } from './once.ts';

const DROPPED = ['s3://i/a.tif', 's3://i/b.tif'];
const PLACES: Places = {
  ...{ ledger: DROPPED, names: ['a', 'b'], layers: ['b', 'a'], registered: ['a', 'b'] },
  ...{ keys: ['k/a', 'k/b'], objects: ['k/a', 'k/b'] },
};

suite('[bench] once', () => {
  test('what is everywhere once has no fault, in whatever order', () => {
    assert.deepEqual(faultsIn(DROPPED, PLACES), { lost: 0, doubled: 0 });
  });
  test('what a place lacks is lost there', () => {
    assert.deepEqual(faultsIn(DROPPED, { ...PLACES, layers: ['a'], objects: [] }), { lost: 3, doubled: 0 });
  });
  test('what a place has twice, or of nobody, is doubled', () => {
    assert.deepEqual(faultsIn(DROPPED, { ...PLACES, registered: ['a', 'b', 'b', 'c'] }), { lost: 0, doubled: 2 });
  });
  test('two datasets of one name are doubled', () => {
    const names = ['a', 'a'];
    assert.deepEqual(faultsIn(DROPPED, { ...PLACES, names, layers: ['a'], registered: ['a'] }), {
      lost: 0,
      doubled: 1,
    });
  });
});
