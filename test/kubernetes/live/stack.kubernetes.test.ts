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
  },
};
const WORKERS = {
  files: ['charts/geosluice/examples/minikube.yaml', 'charts/geonode/examples/geosluice.yaml'],
  values: { autoscaling: { mode: 'none' }, ingress: { enabled: false } },
};

let live: LiveStack;
let buckets: Buckets;
let gateway: GatewayClient;

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

const isReady = ({ status }: Pod): boolean =>
  status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;

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
  const login = async (name: string): Promise<string> =>
    `Basic ${Buffer.from(`${await live.secret(name, 'user')}:${await live.secret(name, 'password')}`).toString('base64')}`;
  const geoserver = await live.urlOf('geonode-geoserver-primary', 8080);
  const version = await fetch(`${geoserver}/geoserver/rest/about/version.json`, {
    headers: { authorization: await login('geonode-geoserver-admin') },
  });
  assert.equal(version.status, 200);
  const django = await live.urlOf('geonode-django', 8000);
  const me = await fetch(`${django}/api/v2/users/?page_size=1`, {
    headers: { authorization: await login('geonode-geonode-admin'), host: 'geonode.local' },
  });
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
  const entry = await bring('first', 1);
  await assertMap(await live.urlOf('geonode-geoserver', 8080), entry);
  const dataset = await fetch(`${await live.urlOf('geonode-django', 8000)}/api/v2/datasets/${entry.geonode?.pk}/`);
  assert.equal(dataset.status, 200);
  const { dataset: found } = (await dataset.json()) as { dataset: { title: string } };
  assert.equal(found.title, 'Raster first');
});

test('helm test of the workers sends a raster through the real GeoNode', async () => {
  const { code, stdout, stderr } = await live.cluster.helm('test', 'geosluice', '-n', NAMESPACE, '--logs');
  assert.equal(code, 0, `${stdout}\n${stderr}`);
});

test('a new replica starts from a snapshot and is ready only when it draws what was published before', async () => {
  const first = await bring('before-the-replica', 2);
  const job = await live.cluster.kubectl(
    ...['create', 'job', 'snapshot-now', '--from=cronjob/geonode-snapshot', '-n', NAMESPACE],
  );
  assert.equal(job.code, 0, job.stderr);
  const taken = await live.cluster.kubectl(
    ...['wait', '--for=condition=complete', 'job/snapshot-now', '-n', NAMESPACE, '--timeout=120s'],
  );
  assert.equal(taken.code, 0, taken.stderr);
  const second = await bring('after-the-snapshot', 3);
  await live.cluster.kubectl('scale', 'statefulset/geonode-geoserver-replica', '--replicas=2', '-n', NAMESPACE);
  const replica = await until(
    'the new replica is ready',
    async () => (await pods('geoserver-replica')).find((pod) => pod.metadata.name.endsWith('-1') && isReady(pod)),
    { withinMs: 180_000 },
  );
  const address = `http://${replica.status.podIP}:8080`;
  await assertMap(address, first);
  await assertMap(address, second);
  const third = await bring('after-the-replica', 4);
  await assertMap(address, third);
});

test('a sleeping stack has no pods but those that keep data, and wakes to its first map by one command', async (t) => {
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
  await bring('after-sleep', 5);
});

test('an upgrade changes the stack in place, the bootstrap runs again, and a rollback brings back what was', async () => {
  await live.install('geonode', 'geonode', {
    ...GEONODE,
    values: { ...GEONODE.values, django: { processes: 1, env: { LANGUAGE_CODE: 'de' } } },
  });
  const config = async (): Promise<Record<string, string>> =>
    (
      await live.cluster.client.get<KubernetesObject & { data: Record<string, string> }>(
        `/api/v1/namespaces/${NAMESPACE}/configmaps/geonode-django`,
      )
    ).data;
  assert.equal((await config()).LANGUAGE_CODE, 'de');
  const { code, stderr } = await live.cluster.helm('rollback', 'geonode', '-n', NAMESPACE, '--wait', '--timeout', '8m');
  assert.equal(code, 0, stderr);
  assert.equal((await config()).LANGUAGE_CODE, undefined);
  await assertMap(await live.urlOf('geonode-geoserver', 8080), await bring('after-rollback', 6));
});

test('uninstalled, both charts leave the volumes and secrets that the notes name, and nothing else', async () => {
  const notes = await Promise.all(
    ['geonode', 'geosluice'].map(
      async (release) => (await live.cluster.helm('get', 'notes', release, '-n', NAMESPACE)).stdout,
    ),
  );
  for (const release of ['geosluice', 'geonode']) {
    const { code, stderr } = await live.cluster.helm('uninstall', release, '-n', NAMESPACE, '--wait');
    assert.equal(code, 0, stderr);
  }
  await live.cluster.kubectl('delete', 'job', 'snapshot-now', '-n', NAMESPACE, '--ignore-not-found');
  const left = await leftOver(live.cluster, NAMESPACE, 'geonode');
  for (const one of left) {
    const [kind, name = ''] = one.split('/');
    assert.match(kind ?? '', /^(persistentvolumeclaims|secrets)$/, `${one} is left`);
    assert.ok(
      notes.some((text) => text.includes(name)),
      `the notes name ${one}`,
    );
  }
  assert.ok(left.length >= 5, left.join());
});
