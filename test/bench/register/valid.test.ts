import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Request } from './geoserver.ts';
import type { Turn } from './turn.ts';
import { faultsOf, STOCK_REQUESTS } from './valid.ts';

const request: Request = { method: 'GET', path: '/geoserver/rest/layers/layer_1.xml', status: 200, ms: 1 };
const { least, most } = STOCK_REQUESTS['create + update'];

function turn(requests: Request[], way: Turn['way'] = 'create + update'): Turn {
  return { way, size: 0, round: 1, count: 2, django: 1, postgres: 1, wall: 1, requests };
}
const times = (count: number, what: Request = request): Request[] => Array.from({ length: count }, () => what);

suite('[bench] what makes a run void', () => {
  test('stock that asks as often as it should, and is answered at once, tells something', () => {
    for (const each of [least, most]) assert.deepEqual(faultsOf(turn(times(2 * each))), []);
  });
  test('fewer and more requests a dataset do not', () => {
    assert.match(faultsOf(turn(times(2 * least - 1))).join(), /create \+ update made .* requests a dataset/);
    assert.equal(faultsOf(turn(times(2 * most + 1))).length, 1);
  });
  for (const status of [302, 404, 500, null]) {
    test(`an answer of ${status} does not, of stock or of ours`, () => {
      const requests = [...times(2 * least), { ...request, status }];
      for (const way of ['create + update', 'ours'] as const) {
        assert.deepEqual(faultsOf(turn(requests, way)), [
          `GeoServer answered ${status ?? 'nothing'} to GET /rest/layers/{layer}.xml`,
        ]);
      }
    });
  }
  test('late answers do not, but a batch of ours may take its time', () => {
    const requests = [...times(2 * least), ...times(2, { ...request, ms: 5.1 })];
    assert.match(faultsOf(turn(requests)).join(), /took 5.1 ms/);
    assert.deepEqual(faultsOf(turn(requests, 'ours')), []);
  });
  test('one late answer in a hundred is let pass', () => {
    const requests = [...times(2 * least - 1), { ...request, ms: 50 }];
    assert.deepEqual(faultsOf(turn(requests)), []);
  });
  test('ours may ask nothing', () => {
    assert.deepEqual(faultsOf(turn([], 'ours')), []);
  });
});
