import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GeoServerError } from './errors.ts';
import { isOverloaded, isSilent } from './write-gate.ts';

test('silence and the answers of a busy server say that it has too much to do; a refusal does not', () => {
  for (const status of [429, 502, 503, 504]) assert.equal(isOverloaded({ value: { status } }), true);
  for (const status of [200, 201, 404, 500]) assert.equal(isOverloaded({ value: { status } }), false);
  assert.equal(isOverloaded({ error: new GeoServerError('GEOSERVER_TIMEOUT', 'no answer') }), true);
  assert.equal(isOverloaded({ error: new GeoServerError('GEOSERVER_DOWN', 'refused') }), false);
  assert.equal(isOverloaded({ error: new Error('aborted') }), false);
});

test('a write without an answer may still be done; one that was answered or refused at the door is over, and one given up keeps no turn', () => {
  for (const code of ['GEOSERVER_TIMEOUT', 'GEOSERVER_DROPPED'] as const)
    assert.equal(isSilent({ error: new GeoServerError(code, 'nothing') }), true);
  assert.equal(isSilent({ error: new Error('the worker shuts down') }), false);
  assert.equal(isSilent({ error: new GeoServerError('GEOSERVER_DOWN', 'refused') }), false);
  assert.equal(isSilent({ value: { status: 500 } }), false);
});
