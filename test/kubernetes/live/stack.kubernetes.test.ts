import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createGatewayClient, type GatewayClient } from '@geosluice/gateway-api';
import type { LedgerEntry } from '@geosluice/jobs';
import { datasetIdOf, parseLocation } from '@geosluice/jobs';
import { sidecar, smallRaster } from '../../e2e/samples.ts';
import { type Buckets, openBuckets } from '../../world/bucket.ts';
import { decodeMap } from '../../world/map-image.ts';
import { until } from '../../world/until.ts';
import type { KubernetesObject } from '../client.ts';
import type { Pod } from '../kubelet/types.ts';
import { isReady } from '../test-pods.ts';
import { leftOver } from './left-over.ts';
import { type LiveStack, startLiveStack } from './stack.ts';

const NAMESPACE = 'geonode';
const GEONODE = {
  files: ['charts/geonode/examples/minikube.yaml'],
  values: {
    // pods come up as fast as this machine lets them, all on two cores
    geoserver: { replicas: 1, ready: { deadlineSeconds: 20 } },
    django: { processes: 1 },
    celery: { concurrency: 1 },
    ingress: { enabled: false },
    // this test asks Django by its Service's address
    site: { allowedHosts: ['*'] },
  },
};
const WORKERS = {
  files: ['charts/geosluice/examples/minikube.yaml', 'charts/geonode/examples/geosluice.yaml'],
  values: { autoscaling: { mode: 'none' }, ingress: { enabled: false } },
};
/** What stands for the images: all of it real but GeoServer and MinIO. */
const STANDS = {
  ...{ 'geosluice/geonode': /GeoNode 5.*Django.*Celery/, 'postgis/postgis': /PostGIS/, 'minio/minio': /versitygw/ },
  ...{ redis: /^redis-server/, 'docker.io/library/redis': /^redis-server/, 'apache/activemq-classic': /ActiveMQ 5/ },
  ...{ 'geosluice/geoserver': /start\.sh .*stand-in/, 'geosluice/cli': /standalone\.mjs/ },
  ...{ 'geosluice/discover': /discover\.mjs/, 'geosluice/upload': /upload\.mjs/, 'geosluice/publish': /publish\.mjs/ },
  ...{ 'geosluice/register': /register\.mjs/, 'geosluice/gateway': /gateway\.mjs/ },
};

let live: LiveStack;
let buckets: Buckets;
let gateway: GatewayClient;
let first: LedgerEntry;

before(async () => {
  live = await startLiveStack(NAMESPACE);
});
after(async () => {
  buckets?.close();
  await live?.stop();
});

const soon = (): AbortSignal => AbortSignal.timeout(20_000);

async function pods(component?: string): Promise<Pod[]> {
  const { items } = await live.cluster.client.list<Pod>(`/api/v1/namespaces/${NAMESPACE}/pods`);
  return items.filter(
    ({ metadata }) => component === undefined || metadata.labels?.['app.kubernetes.io/component'] === component,
  );
}

async function login(secret: string): Promise<string> {
  const [user, password] = [await live.secret(secret, 'user'), await live.secret(secret, 'password')];
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

/** Asks Django as its admin. */
async function geonode(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = { authorization: await login('geonode-geonode-admin') };
  return fetch(`${await live.urlOf('geonode-django', 8000)}${path}`, { signal: soon(), ...init, headers });
}

/** Drops a raster with its sidecar into the inbox and waits until it is visible. */
async function bring(name: string, seed: number): Promise<LedgerEntry> {
  const inbox = buckets.bucket('inbox');
  await inbox.put(`${name}.xml`, sidecar(`Raster ${name}`));
  await inbox.put(`${name}.tif`, smallRaster(seed));
  const uri = `s3://inbox/${name}.tif`;
  await gateway.startIngestion({ sources: [uri], options: {} }, soon());
  let told = '';
  return await until(
    `${uri} is visible`,
    async () => {
      const entry = await gateway.dataset(datasetIdOf(parseLocation(uri)), soon());
      told = JSON.stringify(entry);
      assert.notEqual(entry.state, 'dead', told);
      return entry.state === 'visible' ? (entry as LedgerEntry) : null;
    },
    { withinMs: 120_000, describe: () => told },
  );
}

async function titleOf({ geonode: registered }: LedgerEntry): Promise<string> {
  const answer = await geonode(`/api/v2/datasets/${registered?.pk}/`);
  assert.equal(answer.status, 200);
  return ((await answer.json()) as { dataset: { title: string } }).dataset.title;
}

async function djangoConfig(): Promise<Record<string, string>> {
  const path = `/api/v1/namespaces/${NAMESPACE}/configmaps/geonode-django`;
  return (await live.cluster.client.get<KubernetesObject & { data: Record<string, string> }>(path)).data;
}

/** Runs a CronJob now, as `<name>-now`. */
async function runJob(name: string): Promise<void> {
  const job = await live.cluster.kubectl('create', 'job', `${name}-now`, `--from=cronjob/${name}`, '-n', NAMESPACE);
  assert.equal(job.code, 0, job.stderr);
  const done = await live.cluster.kubectl(
    ...['wait', '--for=condition=complete', `job/${name}-now`, '-n', NAMESPACE, '--timeout=120s'],
  );
  assert.equal(done.code, 0, done.stderr);
}

async function uninstall(release: string): Promise<void> {
  const { code, stderr } = await live.cluster.helm('uninstall', release, '-n', NAMESPACE, '--wait');
  assert.equal(code, 0, stderr);
}

const stillThere = async (): Promise<string> => (await leftOver(live.cluster, NAMESPACE, 'geonode')).join(', ');

/** A map of a layer from one GeoServer; it must show more than one colour. */
async function assertMap(geoserver: string, entry: LedgerEntry): Promise<void> {
  const { layer, facts } = entry;
  assert.ok(layer !== null && layer !== undefined && facts !== undefined, 'it has a layer');
  const url = new URL(`${geoserver}/geoserver/${layer.workspace}/${layer.name}/wms`);
  const query = {
    ...{ service: 'WMS', version: '1.1.1', request: 'GetMap', layers: `${layer.workspace}:${layer.name}`, styles: '' },
    ...{ srs: layer.srs, bbox: facts?.nativeBbox.join(',') ?? '', width: '96', height: '80', format: 'image/png' },
  };
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  const response = await fetch(url, { signal: soon() });
  const bytes = new Uint8Array(await response.arrayBuffer());
  assert.match(
    response.headers.get('content-type') ?? '',
    /^image\/png/,
    new TextDecoder().decode(bytes.subarray(0, 400)),
  );
  const map = decodeMap(bytes);
  const colours = new Set(Array.from({ length: 80 }, (_, at) => map.at(at, at).join()));
  assert.ok(colours.size > 5, `${layer.name} at ${geoserver} is drawn`);
}

test('helm install --wait of the stack: every piece is ready, in a restricted namespace', async () => {
  await live.install('geonode', 'geonode', GEONODE);
  for (const name of [
    'django',
    'celery',
    'celery-beat',
    'geoserver-primary',
    'geoserver-replica',
    'activemq',
    'postgis',
    'redis',
    'minio',
  ]) {
    const found = await pods(name);
    assert.ok(found.length > 0 && found.every(isReady), `${name} is ready`);
  }
});

test('the admins of Django and GeoServer are those of the secrets, and GeoServer knows GeoNode’s OAuth application', async () => {
  const geoserver = await live.urlOf('geonode-geoserver-primary', 8080);
  const version = await fetch(`${geoserver}/geoserver/rest/about/version.json`, {
    headers: { authorization: await login('geonode-geoserver-admin') },
  });
  assert.equal(version.status, 200);
  const me = await geonode('/api/v2/users/?page_size=1');
  assert.equal(me.status, 200);
  const clientId = await live.secret('geonode-oauth', 'clientId');
  const [primary] = await pods('geoserver-primary');
  const { output: stdout } = await live.cluster.exec(NAMESPACE, primary?.metadata.name ?? '', [
    'grep',
    '-rho',
    clientId,
    '/var/lib/geoserver/data/security/filter',
  ]);
  assert.ok(stdout.includes(clientId), 'its filter has the client id of the secret');
});

test('the workers beside it bring a raster to the map and into GeoNode', async () => {
  await live.install('geosluice', 'geosluice', WORKERS);
  const s3 = await live.urlOf('geonode-minio', 9000);
  buckets = openBuckets({
    ...{ endpoint: s3, region: 'us-east-1' },
    ...{
      accessKey: await live.secret('geonode-s3', 'accessKey'),
      secretKey: await live.secret('geonode-s3', 'secretKey'),
    },
  });
  gateway = createGatewayClient({
    url: await live.urlOf('geosluice-gateway', 8080),
    key: await live.secret('geosluice-key', 'key'),
  });
  first = await bring('first', 1);
  await assertMap(await live.urlOf('geonode-geoserver', 8080), first);
  assert.equal(await titleOf(first), 'Raster first');
});

test('helm test of the workers sends a raster through the real GeoNode', async () => {
  const { code, stdout, stderr } = await live.cluster.helm('test', 'geosluice', '-n', NAMESPACE, '--logs');
  assert.equal(code, 0, `${stdout}\n${stderr}`);
});

test('a new replica starts from a snapshot and is ready only when it draws what was published before', async () => {
  const before = await bring('before-the-replica', 2);
  await runJob('geonode-snapshot');
  const since = await bring('after-the-snapshot', 3);
  await live.cluster.kubectl('scale', 'statefulset/geonode-geoserver-replica', '--replicas=2', '-n', NAMESPACE);
  const replica = await until(
    'the new replica is ready',
    async () => (await pods('geoserver-replica')).find((pod) => pod.metadata.name.endsWith('-1') && isReady(pod)),
    { withinMs: 180_000 },
  );
  const { name } = replica.metadata;
  const restored = await live.cluster.logs(NAMESPACE, name, 'restore-data-directory');
  assert.match(restored, /Restoring snapshot [\s\S]*Restored \d+ files from the primary/);
  const { output } = await live.cluster.exec(NAMESPACE, name, [
    'cat',
    '/var/lib/geoserver/data/cluster/cluster.properties',
  ]);
  assert.match(output, /^instanceName=geonode-geoserver-replica-1$/m);
  const address = `http://${replica.status.podIP}:8080`;
  await assertMap(address, before);
  await assertMap(address, since);
  await assertMap(address, await bring('after-the-replica', 4));
});

test('a sleeping stack has no pods but those that keep data, and wakes to its first map by one command', async (t) => {
  let since = performance.now();
  const seconds = (): string => {
    const passed = (performance.now() - since) / 1000;
    since = performance.now();
    return `${passed.toFixed(0)} s`;
  };
  const said = await live.stack('sleep', 'geonode', '-n', NAMESPACE);
  assert.match(said, /sleeps/);
  await until(
    'only PostGIS and MinIO are left of it',
    async () => {
      const left = (await pods())
        .filter(
          ({ metadata, status }) =>
            metadata.labels?.['app.kubernetes.io/instance'] === 'geonode' &&
            !/Succeeded|Failed/.test(status.phase ?? ''),
        )
        .map(({ metadata }) => metadata.labels?.['app.kubernetes.io/component']);
      return left.sort().join() === 'minio,postgis';
    },
    { withinMs: 120_000 },
  );
  t.diagnostic(`asleep after ${seconds()}`);
  const woken = await live.stack(
    'wake',
    'geonode',
    '-n',
    NAMESPACE,
    '--layer',
    'geosluice:first',
    '--url',
    `${await live.urlOf('geonode-geoserver', 8080)}/geoserver`,
  );
  assert.match(woken, /first map after \d+ s/);
  t.diagnostic(woken.trim().split('\n').at(-1) ?? '');
  seconds();
  await bring('after-sleep', 5);
  t.diagnostic(`a raster in GeoNode ${seconds()} later`);
});

test('a raster uploaded in GeoNode’s own page goes by the inbox to the map', async () => {
  const form = new FormData();
  form.set('action', 'upload');
  form.set('base_file', new Blob([smallRaster(6) as Uint8Array<ArrayBuffer>]), 'of-a-page.tif');
  form.set('xml_file', new Blob([sidecar('Raster of a page')]), 'of-a-page.xml');
  const answer = await geonode('/api/v2/uploads/upload', { method: 'POST', body: form });
  assert.equal(answer.status, 201, await answer.text());
  const { datasets } = await until(
    'it is visible',
    async () => {
      const page = await gateway.datasets({ q: 'of-a-page' }, soon());
      return page.datasets[0]?.state === 'visible' && page;
    },
    { withinMs: 120_000 },
  );
  const entry = datasets[0] as LedgerEntry;
  assert.equal(await titleOf(entry), 'Raster of a page');
  await assertMap(await live.urlOf('geonode-geoserver', 8080), entry);
});

test('an upgrade changes the stack in place, and the load of maps brings a second replica', async () => {
  await live.install('geonode', 'geonode', {
    ...GEONODE,
    values: {
      ...GEONODE.values,
      django: { processes: 1, env: { LANGUAGE_CODE: 'de' } },
      geoserver: {
        ...GEONODE.values.geoserver,
        autoscaling: { enabled: true, minReplicas: 1, maxReplicas: 2, targetCPUUtilizationPercentage: 10 },
      },
    },
  });
  assert.equal((await djangoConfig()).LANGUAGE_CODE, 'de');
  const entry = await bring('after-upgrade', 7);
  const maps = await live.urlOf('geonode-geoserver', 8080);
  await until(
    'two replicas are ready',
    async () => {
      await Promise.all(Array.from({ length: 8 }, () => assertMap(maps, entry)));
      return (await pods('geoserver-replica')).filter(isReady).length === 2;
    },
    {
      withinMs: 180_000,
      describe: async () => (await live.cluster.kubectl('describe', 'hpa', '-n', NAMESPACE)).stdout,
    },
  );
});

test('a rollback brings back what was, and the bootstrap runs again', async () => {
  const { code, stderr } = await live.cluster.helm(
    ...['rollback', 'geonode', '-n', NAMESPACE, '--wait', '--timeout', '8m', '--force-conflicts'],
  );
  assert.equal(code, 0, stderr);
  assert.equal((await djangoConfig()).LANGUAGE_CODE, undefined);
  const { stdout } = await live.cluster.kubectl('get', 'hpa,jobs', '-n', NAMESPACE, '-o', 'name');
  assert.doesNotMatch(stdout, /horizontalpodautoscaler/);
  assert.match(stdout, /geonode-bootstrap-\d+/);
  await assertMap(await live.urlOf('geonode-geoserver', 8080), await bring('after-rollback', 8));
});

test('the kubelet said of every image of both charts which process stands for it', async (t) => {
  await runJob('geosluice-sweep-uploads');
  const wanted = new Set<string>();
  for (const release of ['geonode', 'geosluice']) {
    for (const what of ['manifest', 'hooks']) {
      const { stdout } = await live.cluster.helm('get', what, release, '-n', NAMESPACE);
      for (const [, image = ''] of stdout.matchAll(/^\s*(?:- )?image: "?([^"\s]+)/gm)) wanted.add(image);
    }
  }
  const table = new Map(live.told.map((line) => /^image (\S+) → (.+)$/.exec(line)?.slice(1) as [string, string]));
  assert.deepEqual([...wanted].sort(), [...table.keys()].sort(), 'all that the charts name has run, and nothing else');
  for (const [image, what] of Object.entries(STANDS)) {
    const [name = '', stands = ''] = [...table].find(([each]) => each.startsWith(`${image}:`)) ?? [];
    assert.match(stands, what, `${name} → ${stands}`);
    t.diagnostic(`${name} → ${stands}`);
  }
  assert.equal(Object.keys(STANDS).length, wanted.size);
});

test('uninstalled, both charts leave the volumes and secrets that the notes name, and nothing else', async () => {
  const notes = await Promise.all(
    ['geonode', 'geosluice'].map(
      async (release) => (await live.cluster.helm('get', 'notes', release, '-n', NAMESPACE)).stdout,
    ),
  );
  for (const release of ['geosluice', 'geonode']) await uninstall(release);
  for (const job of ['geonode-snapshot', 'geosluice-sweep-uploads'])
    await live.cluster.kubectl('delete', 'job', `${job}-now`, '-n', NAMESPACE);
  // pods may take their time to stop
  const isKept = (one: string): boolean => /^(persistentvolumeclaims|secrets)\//.test(one);
  const left = await until(
    'no more than volumes and secrets is left',
    async () => {
      const found = await leftOver(live.cluster, NAMESPACE, 'geonode');
      return found.every(isKept) && found;
    },
    { withinMs: 60_000, describe: stillThere },
  );
  for (const one of left)
    assert.ok(
      notes.some((text) => text.includes(one.split('/')[1] ?? '')),
      `the notes name ${one}`,
    );
  assert.equal(left.length, 9, left.join());
});

test('installed again over what was kept, the stack knows its datasets; with persistence.retain=false it leaves nothing', async () => {
  await live.cluster.kubectl('delete', 'pvc', 'data-geosluice-redis-0', '-n', NAMESPACE, '--wait');
  await live.install('geonode', 'geonode', {
    ...GEONODE,
    values: { ...GEONODE.values, persistence: { retain: false } },
  });
  assert.equal(await titleOf(first), 'Raster first');
  await assertMap(await live.urlOf('geonode-geoserver', 8080), first);
  await uninstall('geonode');
  await until('nothing is left', async () => (await leftOver(live.cluster, NAMESPACE, 'geonode')).length === 0, {
    withinMs: 60_000,
    describe: stillThere,
  });
});
