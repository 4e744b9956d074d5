import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resourceValue } from './fields.ts';
import { quantity } from './quantity.ts';

test('quantities are read with their suffixes', () => {
  const read = ['250m', '1.5Gi', '2e3', '10', '3k', '100n'].map(quantity);
  assert.deepEqual(read, [0.25, 1.5 * 2 ** 30, 2000, 10, 3000, 100 * 1e-9]);
  assert.throws(() => quantity('much'), /"much" is no quantity/);
});

test('a resource is told in whole units, rounded up, the limit standing in for the request', () => {
  const container = { name: 'main', image: 'x', resources: { limits: { cpu: '250m', memory: '100Mi' } } };
  assert.equal(resourceValue(container, { resource: 'limits.cpu' }), '1');
  assert.equal(resourceValue(container, { resource: 'limits.cpu', divisor: '1m' }), '250');
  assert.equal(resourceValue(container, { resource: 'requests.memory', divisor: '1Mi' }), '100');
});
