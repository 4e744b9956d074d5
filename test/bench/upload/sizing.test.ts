import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { sizeUp } from './sizing.ts';

const AMOUNT = { files: 100_000, fileSize: 100e6 };

suite('[bench] sizing', () => {
  test('a link of 1 Gbit/s takes a day for 10 TB, whatever the pods', () => {
    const sizing = sizeUp(AMOUNT, 1e9, 0.5);
    assert.equal(sizing.rate, 112.5e6);
    assert.equal(Math.round(sizing.seconds), 88_889);
    assert.deepEqual([sizing.waiting, sizing.connections, sizing.inFlight, sizing.pods], [2, 2, 2, 1]);
    assert.equal(sizing.requests, 100_000 * 14);
  });
  test('ten times the link takes a tenth, and pods as their CPU and connections need', () => {
    const sizing = sizeUp(AMOUNT, 1e10, 0.5);
    assert.equal(Math.round(sizing.seconds), 8_889);
    assert.deepEqual([sizing.waiting, sizing.connections, sizing.inFlight], [6, 14, 14]);
    assert.ok(Math.abs((sizing.cores ?? 0) - 1.048) < 0.001);
    assert.equal(sizing.pods, 2);
    assert.equal(sizeUp(AMOUNT, 1e10, 2).pods, 6, 'a dear engine needs more');
  });
  test('without a measurement CPU is unknown', () => {
    const { cores, pods } = sizeUp(AMOUNT, 1e10, null);
    assert.deepEqual([cores, pods], [null, 2]);
  });
});
