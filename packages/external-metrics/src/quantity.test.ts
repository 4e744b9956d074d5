import assert from 'node:assert/strict';
import { test } from 'node:test';
import { quantityOf } from './quantity.ts';

test('a whole number is written as it is, however large', () => {
  assert.deepEqual([0, 7, 1_000_000, 1e21].map(quantityOf), ['0', '7', '1000000', '1000000000000000000000']);
});

test('a fraction is thousandths, rounded up', () => {
  assert.deepEqual([0.5, 1.25, 0.0001, 2.9999].map(quantityOf), ['500m', '1250m', '1m', '3']);
});

test('what is no number is refused', () => {
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) assert.throws(() => quantityOf(value), RangeError);
});
