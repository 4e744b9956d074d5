import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type { DatasetHistory } from '@geosluice/gateway-api';
import type { Report } from '@geosluice/reconcile';
import { geosluice, startUp } from '../world/processes.ts';
import { until } from '../world/until.ts';
import { type Deployment, deploymentOf, startDeployment } from './deployment.ts';
import { smallRaster } from './samples.ts';

const COUNT = 5;

suite('[contract] reconcile', () => {
  let deployment: Deployment;
  const rasters = new Map<string, Uint8Array>();
  let visible: DatasetHistory[];

  before(async () => {
    deployment = await startDeployment();
    for (let number = 1; number <= COUNT; number += 1) {
      const raster = smallRaster(number);
      rasters.set(await deployment.put(`kept/scene${number}.tif`, raster), raster);
    }
    await deployment.ingested(deployment.uri('kept/'));
    visible = await Promise.all([...rasters.keys()].map((uri) => deployment.becomes(uri, 'visible')));
  });
  after(async () => {
    await deployment?.close();
  });

  /** What a comparison reports, without its summary. */
  const reported = async (args: readonly string[], code: number, env = deployment.env): Promise<Report[]> => {
    const ran = await geosluice(['reconcile', '--json', ...args], env, deployment.world.mount);
    assert.equal(ran.code, code, `${ran.stdout}\n${ran.stderr}`);
    const lines = ran.stdout.trimEnd().split('\n');
    assert.ok('summary' in JSON.parse(lines.at(-1) ?? ''));
    return lines.slice(0, -1).map((line) => JSON.parse(line) as Report);
  };
  const shortly = ({ difference, place, dataset, outcome }: Report): string =>
    `${difference} ${place} ${visible.findIndex((one) => one.dataset === dataset) + 1} ${outcome}`;

  test('where all is as it should be nothing differs', async () => {
    assert.match(
      await deployment.cli(['reconcile']),
      /^5 datasets compared on \d+ nodes? of GeoServer; nothing differs$/m,
    );
  });

  test('what was damaged behind its back is found in each system, and mended', async () => {
    const { geoserver, geonode, target } = deployment.world;
    const [first, second, third] = visible;
    assert.ok(first?.object && second?.layer && third?.layer);
    const basic = ({ user, password }: { user: string; password: string }) => ({
      authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
    });
    await target.drop(first.object.key);
    const { workspace, store } = second.layer;
    const storeUrl = (node: string) => `${node}/rest/workspaces/${workspace}/coveragestores/${store}`;
    const gone = await fetch(`${storeUrl(geoserver.nodes[0] ?? '')}?recurse=true`, {
      method: 'DELETE',
      headers: basic(geoserver),
    });
    assert.equal(gone.status, 200);
    for (const node of geoserver.nodes) {
      const left = async () => (await fetch(`${storeUrl(node)}.json`, { headers: basic(geoserver) })).status === 404;
      await until(`the store is gone from ${node}`, left);
    }
    const { dataset, generation, layer } = third;
    const unregistration = { dataset, generation, workspace: layer.workspace, name: layer.name };
    const answer = await fetch(`${geonode.url}/api/geosluice/v1/unregistrations`, {
      method: 'POST',
      headers: { ...basic(geonode), 'content-type': 'application/json' },
      body: JSON.stringify({ unregistrations: [unregistration] }),
    });
    assert.equal(answer.status, 200);
    const orphan = `rasters/d${'q'.repeat(20)}/${'q'.repeat(10)}/left.tif`;
    await target.put(orphan, 'left');

    const stores = geoserver.nodes.map((node) => `missing geoserver ${node} 2 found`);
    const expected = ['missing bucket 1 found', ...stores, 'missing geonode 3 found', 'orphaned bucket 0 found'].sort();
    assert.deepEqual((await reported([], 1)).map(shortly).sort(), expected);
    const repairs = await reported(['--repair'], 0);
    assert.deepEqual(
      repairs.map(shortly).sort(),
      expected.map((line) => line.replace('found', line.startsWith('orphaned') ? 'done' : 'asked')),
    );

    for (const [index, [uri, raster]] of [...rasters].entries()) {
      const before = visible[index];
      const now = await deployment.becomes(uri, 'visible', index < 3 ? { after: before?.generation ?? 0 } : {});
      await deployment.assertThere(now, raster, before?.title ?? '');
      assert.equal(now.name, before?.name);
    }
    assert.ok(!(await target.keys('rasters/')).includes(orphan));
    await deployment.assertOnce();
    assert.deepEqual(await reported([], 0), []);
  });

  test('a geosluice that lost its Redis takes in what is there, as it is, and its next listing has nothing to do', async () => {
    await deployment.processes.get('up')?.end();
    const env = { ...deployment.env, GEOSLUICE_REDIS_PREFIX: 'fresh' };
    const up = await startUp(env);
    try {
      const fresh = deploymentOf(deployment.world, env, new Map([['up', up]]));
      const uris = [...rasters.keys()];
      assert.equal(await fresh.entry(uris[0] ?? ''), null);
      const lost = await reported([], 1, env);
      assert.deepEqual(
        lost.map(({ difference, place }) => `${difference} ${place}`),
        Array(COUNT).fill('missing ledger'),
      );
      const writes = fresh.geoserverWrites();
      const repaired = await reported(['--repair'], 0, env);
      assert.deepEqual(
        repaired.map(({ outcome }) => outcome),
        Array(COUNT).fill('done'),
      );
      for (const [uri, raster] of rasters) {
        const entry = await fresh.becomes(uri, 'visible');
        assert.equal(entry.steps[0]?.note, 'recovered');
        await fresh.assertThere(entry, raster, entry.title ?? '');
      }
      assert.deepEqual(await reported([], 0, env), []);
      const ids = async () =>
        (await Promise.all(uris.map(fresh.entry))).map((entry) => [entry?.generation, entry?.geonode?.pk]);
      const before = await ids();
      await fresh.ingested(fresh.uri('kept/'));
      assert.deepEqual(await ids(), before);
      assert.equal(fresh.geoserverWrites(), writes, 'GeoServer is asked to change nothing');
      await fresh.assertOnce();
    } finally {
      await up.end();
    }
  });
});
