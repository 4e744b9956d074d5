import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { spreadOf } from './statistics.ts';

suite('[bench] statistics', () => {
  test('the median of an odd number is the one in the middle, whatever the order', () => {
    assert.deepEqual(spreadOf([10, 2, 3]), { median: 3, least: 2, most: 10, count: 3 });
  });
  test('the median of an even number lies between the two in the middle', () => {
    assert.deepEqual(spreadOf([4, 1, 2, 100]), { median: 3, least: 1, most: 100, count: 4 });
  });
  test('one value is its own spread', () => {
    assert.deepEqual(spreadOf([7]), { median: 7, least: 7, most: 7, count: 1 });
  });
  test('numbers are compared as numbers', () => {
    assert.equal(spreadOf([9, 10, 100]).median, 10);
  });
  test('without values there is none', () => {
    assert.throws(() => spreadOf([]), RangeError);
  });
});
