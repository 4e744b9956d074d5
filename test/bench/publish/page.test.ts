import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { RECORDED } from '../../counterparts/geoserver/latencies.ts';
import { LAG_MS } from './cluster/lag.ts';
import { publishSection, remarksOf } from './page.ts';

suite('[bench] the page of publish', () => {
  test('a run on the stand-in says what of it was measured elsewhere, and what nobody measured', () => {
    const [lock = '', size = '', ...more] = remarksOf(false);
    assert.deepEqual(more, []);
    assert.match(lock, /^The cluster is a stand-in\./);
    for (const ms of [RECORDED.store, RECORDED.layer]) assert.ok(lock.includes(`${ms} ms`), `${ms} ms under the lock`);
    assert.match(size, /above 2,270 layers is unmeasured/);
  });

  test('a run on a real GeoServer says nothing of the stand-in', () => {
    const remarks = remarksOf(true);
    assert.equal(remarks.length, 1);
    assert.match(remarks.join(), /real GeoServer/);
    assert.doesNotMatch(remarks.join(), /stand-in/);
  });

  test('the method names how far each node is behind', () => {
    const section = publishSection();
    assert.match(section, /^## Publishing\n/);
    for (const ms of LAG_MS.slice(1)) assert.ok(section.includes(`${ms / 1000} s`), `${ms} ms`);
  });
});
