import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import type { DatasetHistory } from '@geosluice/gateway-api';
import { documentOf } from '@geosluice/geonode';
import { emptyMetadata, type RegisterJob } from '@geosluice/jobs';
import { openPipeline } from '@geosluice/pipeline';
import type { Report } from '@geosluice/reconcile';
import { Redis } from 'ioredis';
import { geosluice, startUp } from '../world/processes.ts';
import { until } from '../world/until.ts';
import type { World } from '../world/world.ts';
import { type Deployment, deploymentOf, startDeployment } from './deployment.ts';
import { sidecar, smallRaster } from './samples.ts';

const COUNT = 5;

/** What a comparison reports, without its summary. */
async function compared(
  { world, env: own }: Deployment,
  args: readonly string[],
  code: number,
  env = own,
): Promise<Report[]> {
  const ran = await geosluice(['reconcile', '--json', ...args], env, world.mount);
  assert.equal(ran.code, code, `${ran.stdout}\n${ran.stderr}`);
  const lines = ran.stdout.trimEnd().split('\n');
  assert.ok('summary' in JSON.parse(lines.at(-1) ?? ''));
  return lines.slice(0, -1).map((line) => JSON.parse(line) as Report);
}

const basic = ({ user, password }: { user: string; password: string }) => ({
  authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
});

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

  const reported = (args: readonly string[], code: number, env = deployment.env): Promise<Report[]> =>
    compared(deployment, args, code, env);
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

suite('[failure] reconcile, where one node alone is damaged', () => {
  const ORPHANS = 11;
  let deployment: Deployment;
  const rasters = new Map<string, Uint8Array>();
  const entries = new Map<string, DatasetHistory>();

  before(async () => {
    const env = ({ mount, inbox }: World): Record<string, string> => {
      const path = join(mount, 'rules.yaml');
      const rule = `source: s3://${inbox.name}/ruled/, deletions: { policy: delete, graceHours: 0, capPercent: 100 }`;
      writeFileSync(path, `version: 1\nrules:\n  - { name: ruled, ${rule} }\n`);
      return { GEOSLUICE_RULES_FILE: path };
    };
    deployment = await startDeployment({ env });
    const names = ['away', 'old', 'bare', 'disabled', 'doubled', 'removed', 'sourceless', 'changed', 'ruled'];
    for (const [seed, name] of names.entries()) {
      const raster = smallRaster(seed + 50);
      const folder = name === 'ruled' ? 'ruled' : 'one';
      rasters.set(await deployment.put(`${folder}/${name}.tif`, raster), raster);
    }
    await deployment.put('one/sourceless.xml', sidecar('Kept beside its object'));
    await deployment.ingested(deployment.uri('one/'));
    await deployment.ingested(deployment.uri('ruled/'));
    for (const uri of rasters.keys()) {
      entries.set(/([a-z]+)\.tif$/.exec(uri)?.[1] ?? '', await deployment.becomes(uri, 'visible'));
    }
  });
  after(async () => {
    await deployment?.close();
  });

  const entryOf = (name: string): DatasetHistory => {
    const entry = entries.get(name);
    assert.ok(entry !== undefined);
    return entry;
  };

  test('each kind of damage is found where it is, and mended', async () => {
    const { world } = deployment;
    const { geoserver, geonode, target, inbox } = world;
    const node = geoserver.nodes[1] ?? '';
    const { workspace } = deployment;
    const stores = `/workspaces/${workspace}/coveragestores`;
    /** What only this node is asked, and tells nobody: so a node comes apart from its cluster. */
    const alone = async (method: string, path: string, document?: object): Promise<void> => {
      geoserver.cluster.setBroker(false);
      const answer = await fetch(`${node}/rest${path}`, {
        method,
        headers: { ...basic(geoserver), 'content-type': 'application/json' },
        ...(document === undefined ? {} : { body: JSON.stringify(document) }),
      });
      geoserver.cluster.setBroker(true);
      assert.equal(answer.status, 500, 'done, and told to nobody');
    };
    const store = (name: string, dataset: string) => {
      const url = `${geoserver.alias}://${target.name}/rasters/x.tif`;
      const of = { name, type: 'S3GeoTiff', enabled: true, workspace: { name: workspace }, url };
      return { coverageStore: { ...of, description: `geosluice:${dataset}` } };
    };
    const nobody = (letter: string): string => `d${letter.repeat(20)}`;

    await geoserver.cluster.settled();
    for (const name of ['away', 'sourceless']) await alone('DELETE', `${stores}/${entryOf(name).name}?recurse=true`);
    const old = `${geoserver.alias}://${target.name}/rasters/old.tif`;
    await alone('PUT', `${stores}/${entryOf('old').name}`, { coverageStore: { url: old } });
    await alone('DELETE', `/workspaces/${workspace}/layers/${entryOf('bare').name}`);
    await alone('PUT', `${stores}/${entryOf('disabled').name}`, { coverageStore: { enabled: false } });
    await alone('POST', stores, store('left_over', nobody('q')));
    await alone('POST', stores, store('second', entryOf('doubled').dataset));

    const removed = entryOf('removed');
    await deployment.cli(['rm', removed.dataset]);
    const gone = await deployment.becomes(removed.uri, 'removed');
    const { facts, layer, object, name = '' } = removed;
    assert.ok(facts && layer && object);
    const again = {
      ...{
        stage: 'register',
        kind: 'add',
        dataset: gone.dataset,
        generation: gone.generation + 1,
        facts,
        layer,
        object,
      },
      ...{ version: removed.version, location: removed.location, options: {}, workspace, name, ingestion: 'i' },
      ...{ metadata: { ...emptyMetadata(), title: name }, metadataState: 'none', sidecar: null, style: null },
    } as unknown as RegisterJob;
    const answer = await fetch(`${geonode.url}/api/geosluice/v1/registrations`, {
      method: 'POST',
      headers: { ...basic(geonode), 'content-type': 'application/json' },
      body: JSON.stringify({ registrations: [documentOf(again, null, {})] }),
    });
    assert.equal(answer.status, 200, await answer.clone().text());

    for (const key of ['one/sourceless.tif', 'one/sourceless.xml', 'ruled/ruled.tif']) await inbox.drop(key);
    const newer = smallRaster(99);
    await deployment.put('one/changed.tif', newer);
    const letters = [...'abcdefghijk'].slice(0, ORPHANS);
    for (const letter of letters) await target.put(`rasters/${nobody(letter)}/${'q'.repeat(10)}/left.tif`, 'left');

    const known = new Map([...entries].map(([name, { dataset }]) => [dataset, name]));
    const shortly = ({ difference, place, dataset, outcome }: Report): string =>
      [difference, place.replace(node, 'one node'), known.get(dataset) ?? 'nobody', outcome].join(' ');
    const mended = [
      'differing geoserver one node disabled',
      'missing geoserver one node away',
      'missing geoserver one node bare',
      'missing geoserver one node sourceless',
      'missing source ruled',
      'stale geoserver one node old',
      'stale source changed',
    ];
    const taken = [
      'doubled geoserver one node doubled',
      'orphaned geoserver one node nobody',
      'orphaned geonode removed',
      ...letters.map(() => 'orphaned bucket nobody'),
    ];
    const all = (asked: string, removal: string): string[] =>
      [...mended.map((line) => `${line} ${asked}`), ...taken.map((line) => `${line} ${removal}`)].sort();
    assert.deepEqual((await compared(deployment, [], 1)).map(shortly).sort(), all('found', 'found'));
    const held = await compared(deployment, ['--repair'], 1);
    assert.deepEqual(held.map(shortly).sort(), all('asked', 'held'));

    for (const name of ['away', 'old', 'bare', 'disabled', 'sourceless', 'changed']) {
      const { uri, generation, title = '' } = entryOf(name);
      const now = await deployment.becomes(uri, 'visible', { after: generation });
      assert.equal(now.name, name);
      if (name === 'sourceless') assert.equal(title, 'Kept beside its object');
      await deployment.assertThere(now, name === 'changed' ? newer : (rasters.get(uri) ?? newer), title);
    }
    await deployment.becomes(entryOf('ruled').uri, 'removed');
    assert.equal((await target.keys('rasters/')).filter((key) => key.endsWith('/left.tif')).length, ORPHANS);

    const done = await compared(deployment, ['--repair', '--yes'], 0);
    assert.deepEqual(done.map(shortly).sort(), taken.map((line) => `${line} done`).sort());
    assert.deepEqual(await compared(deployment, [], 0), []);
    await deployment.assertOnce();
  });

  test('what it takes away waits for its turn among all who write to GeoServer', async () => {
    const { world, workspace } = deployment;
    const { geoserver } = world;
    const stores = `/rest/workspaces/${workspace}/coveragestores`;
    const url = `${geoserver.alias}://${world.target.name}/rasters/x.tif`;
    const of = { name: 'waits', type: 'S3GeoTiff', enabled: true, workspace: { name: workspace }, url };
    const made = await fetch(`${geoserver.url}${stores}`, {
      method: 'POST',
      headers: { ...basic(geoserver), 'content-type': 'application/json' },
      body: JSON.stringify({ coverageStore: { ...of, description: `geosluice:d${'q'.repeat(20)}` } }),
    });
    assert.equal(made.status, 201);
    await geoserver.cluster.settled();

    const pipeline = await openPipeline({ redisUrl: world.redis.url, prefix: 'geosluice' });
    const redis = new Redis(world.redis.url);
    const gate = pipeline.gate('geoserver', { most: 1 });
    try {
      const { promise: over, resolve: end } = Promise.withResolvers<void>();
      const turn = gate.through(
        AbortSignal.timeout(60_000),
        () => over,
        () => ({ overloaded: false }),
      );
      await until('another has the one turn there is', () => gate.stats().active === 1);
      const env = { ...deployment.env, GEOSLUICE_GEOSERVER_WRITE_CONCURRENCY: '1' };
      const taking = compared(deployment, ['--repair', '--yes'], 0, env);
      // the last command of who waits no longer is the same
      const waits = async () => / flags=\w*b\w* .* cmd=blpop /.test(String(await redis.client('LIST')));
      await until('it waits for its turn', waits);
      assert.equal(geoserver.count(/^DELETE .*\/waits\?/), 0);
      end();
      await turn;
      assert.ok((await taking).some(({ outcome, subject }) => outcome === 'done' && subject === `${workspace}:waits`));
    } finally {
      gate.close();
      redis.disconnect();
      await pipeline.close();
    }
    assert.ok(geoserver.count(/^DELETE .*\/waits\?/) > 0);
  });
});
