import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { rotated } from './rotated.ts';

suite('[bench] rotated', () => {
  test('everybody comes first once, and nobody is lost', () => {
    const list = ['a', 'b', 'c'];
    assert.deepEqual(
      [1, 2, 3].map((round) => rotated(list, round).join('')),
      ['bca', 'cab', 'abc'],
    );
    assert.deepEqual(rotated([], 3), []);
  });
});
