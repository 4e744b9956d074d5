import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Supersede } from '@geosluice/jobs';
import type { GeoServerPort } from '../ports.ts';
import { testContext } from '../testing/context.ts';
import { removeEverywhere } from './remove-everywhere.ts';

const PLACE = { workspace: 'maps', name: 'dem', dataset: 'd1' };

/** A cluster on whose replicas `missed` did not hear of the removal; every call in order. */
function clusterOf(options: { found?: Awaited<ReturnType<GeoServerPort['remove']>>; missed?: readonly string[] }) {
  const { found = 'removed', missed = [] } = options;
  const calls: string[] = [];
  const geoserver: Pick<GeoServerPort, 'remove' | 'gone'> = {
    async remove({ workspace, name, dataset, isOurs, node = 'primary' }) {
      assert.deepEqual({ workspace, name, dataset }, PLACE);
      assert.ok(isOurs('alias://bucket/d1/a/dem.tif') && !isOurs('alias://bucket/d2/a/dem.tif'));
      calls.push(`remove ${node}`);
      return found;
    },
    async gone({ repair }) {
      calls.push('gone');
      for (const node of missed) await repair?.(node);
      return { repaired: missed };
    },
  };
  return { calls, geoserver };
}

test('the primary first, then every node; where all followed, the note is what there was to do', async () => {
  for (const found of ['removed', 'absent'] as const) {
    const { calls, geoserver } = clusterOf({ found });
    assert.equal(await removeEverywhere(PLACE, testContext(), geoserver), found);
    assert.deepEqual(calls, ['remove primary', 'gone'], 'an attempt that was broken off may have come no further');
  }
});

test('a node that missed it is sent the same deletes, and named', async () => {
  const { calls, geoserver } = clusterOf({ missed: ['http://b', 'http://c'] });
  assert.equal(await removeEverywhere(PLACE, testContext(), geoserver), 'removed; repaired on http://b, http://c');
  assert.deepEqual(calls, ['remove primary', 'gone', 'remove http://b', 'remove http://c']);
});

test('what is not ours on the primary is looked for nowhere else', async () => {
  const { calls, geoserver } = clusterOf({ found: 'not-ours', missed: ['http://b'] });
  assert.equal(await removeEverywhere(PLACE, testContext(), geoserver), 'not-ours');
  assert.deepEqual(calls, ['remove primary']);
});

test('a newer version that came meanwhile is taken from no node', async () => {
  const { calls, geoserver } = clusterOf({ missed: ['http://b'] });
  const fence = async (): Promise<void> => {
    if (calls.length > 0) throw new Supersede('newer');
  };
  await assert.rejects(removeEverywhere(PLACE, testContext({ fence }), geoserver), Supersede);
  assert.deepEqual(calls, ['remove primary', 'gone']);
});
