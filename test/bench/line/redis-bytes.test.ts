import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { kindOf } from './redis-bytes.ts';

suite('[bench] bytes of Redis', () => {
  test('a key says what it holds', () => {
    const kinds = ['d:dabc', 'd:dabc:steps', 'names', 'state:visible', 'i:lot:members', 'upload:meta', 'gate:x'];
    assert.deepEqual(
      kinds.map((name) => kindOf(`{geosluice}:${name}`)),
      ['entries', 'history', 'names of layers', 'indexes', 'indexes', 'queues', 'others'],
    );
  });
});
