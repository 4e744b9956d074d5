import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { Deployment } from '../../e2e/deployment.ts';
import { sidecar, smallRaster } from '../../e2e/samples.ts';
import { until } from '../../world/until.ts';
import type { Pod } from '../kubelet/types.ts';
import { isReady } from '../test-pods.ts';
import { leftOver } from './left-over.ts';
import { type LiveWorkers, startLiveWorkers, type Values } from './workers.ts';

const NAMESPACE = 'workers';
const RELEASE = 'geosluice';
const COMPONENTS = ['gateway', 'discover', 'upload', 'publish', 'register', 'redis'];
/** A lock that runs out soon: what a killed worker had is taken up by another within seconds. */
const VALUES: Values = {
  autoscaling: { mode: 'none' },
  config: { worker: { lockSeconds: 5, sweepSeconds: 5, sweepAgeSeconds: 20 } },
  upload: { replicas: 2 },
  publish: { replicas: 2 },
};
const MANY = 300;
/** Pods that are killed meanwhile. */
const KILLS = 20;
const IN_FLIGHT = 80;

let live: LiveWorkers;
let deployment: Omit<Deployment, 'close'>;

before(async () => {
  live = await startLiveWorkers();
});
after(() => live?.stop());

const soon = (): AbortSignal => AbortSignal.timeout(20_000);

/** Of the workloads, those that are to stay. */
async function pods(): Promise<Pod[]> {
  const { items } = await live.cluster.client.list<Pod>(`/api/v1/namespaces/${NAMESPACE}/pods`);
  return items.filter(
    ({ metadata, spec }) => metadata.deletionTimestamp === undefined && spec.restartPolicy === 'Always',
  );
}

async function pod(component: string): Promise<Pod> {
  const found = (await pods()).find(
    ({ metadata, status }) =>
      metadata.labels?.['app.kubernetes.io/component'] === component && status.phase === 'Running',
  );
  assert.ok(found, `a pod of ${component} runs`);
  return found;
}

/** Puts rasters into a folder of the inbox, and starts an ingestion of it. @returns waits until all are visible */
async function send(folder: string, count: number): Promise<() => Promise<void>> {
  const { gateway } = deployment.world;
  for (let at = 0; at < count; at += 20) {
    const some = Array.from({ length: Math.min(20, count - at) }, (_, more) => at + more);
    await Promise.all(some.map((one) => deployment.put(`${folder}/${one}.tif`, smallRaster(one))));
  }
  const { id } = await gateway.startIngestion({ sources: [deployment.uri(`${folder}/`)], options: {} }, soon(), folder);
  return async () => {
    let told = '';
    await until(
      `${count} rasters of ${folder} are visible`,
      async () => {
        const { counts } = await gateway.ingestion(id, soon());
        told = JSON.stringify(counts);
        return counts.visible === count;
      },
      { withinMs: 300_000, describe: () => told },
    );
  };
}

test('helm install --wait brings up the gateway, every worker and Redis in a restricted namespace', async () => {
  await live.install(RELEASE, NAMESPACE, VALUES);
  deployment = await live.deployment(RELEASE, NAMESPACE);
  for (const component of COMPONENTS) assert.ok(isReady(await pod(component)), component);
});

test('a raster goes in by the gateway and is visible', async () => {
  const raster = smallRaster(1);
  const uri = await deployment.put('one/a.tif', raster);
  await deployment.put('one/a.xml', sidecar('A raster on Kubernetes'));
  await deployment.ingested(deployment.uri('one/'));
  const entry = await deployment.becomes(uri, 'visible');
  await deployment.assertThere(entry, raster, 'A raster on Kubernetes');
});

test('helm test sends a raster through and takes it away again', async () => {
  const { code, stdout, stderr } = await live.cluster.helm('test', RELEASE, '-n', NAMESPACE, '--logs');
  assert.equal(code, 0, `${stdout}\n${stderr}`);
  await deployment.assertOnce();
});

test('no pod has a token, and no account of a worker may do anything', async () => {
  const accounts = await live.cluster.client.list(`/api/v1/namespaces/${NAMESPACE}/serviceaccounts`);
  assert.ok(accounts.items.length > COMPONENTS.length);
  for (const { metadata } of accounts.items) {
    const as = `--as=system:serviceaccount:${NAMESPACE}:${metadata.name}`;
    for (const what of ['get secrets', 'list pods', 'create pods', 'get configmaps', 'patch deployments']) {
      const { stdout } = await live.cluster.kubectl('auth', 'can-i', ...what.split(' '), as, '-n', NAMESPACE);
      assert.equal(stdout.trim(), 'no', `${metadata.name} may not ${what}`);
    }
  }
  for (const component of COMPONENTS) {
    const { metadata } = await pod(component);
    const { code } = await live.cluster.exec(NAMESPACE, metadata.name, ['ls', '/var/run/secrets/kubernetes.io']);
    assert.notEqual(code, 0, `${component} has no token`);
  }
});

test('while Redis is away workers are not ready but live on, and are ready again when it is back', async () => {
  const before = await pod('upload');
  await live.cluster.kubectl('scale', 'statefulset/geosluice-redis', '--replicas=0', '-n', NAMESPACE);
  await until(
    'no worker is ready',
    async () => {
      const workers = (await pods()).filter(({ metadata }) => !metadata.name.includes('redis'));
      return workers.every((one) => !isReady(one));
    },
    { withinMs: 90_000 },
  );
  await live.cluster.kubectl('scale', 'statefulset/geosluice-redis', '--replicas=1', '-n', NAMESPACE);
  await until('all are ready', async () => (await pods()).every(isReady), { withinMs: 120_000 });
  const now = (await pods()).find(({ metadata }) => metadata.uid === before.metadata.uid);
  assert.equal(now?.status.containerStatuses?.[0]?.restartCount, 0, 'it was not restarted for that');
});

test('a worker that stands still is restarted', async () => {
  const { metadata } = await pod('register');
  const life = live.cluster.kubelet.pods.get(`${NAMESPACE}/${metadata.name}`);
  // from outside: the first process of a container hears no such signal from within
  await life?.containers.get('register')?.process()?.signal('SIGSTOP');
  await until(
    'it was restarted and is ready',
    async () => {
      const now = (await pods()).find(({ metadata: { uid } }) => uid === metadata.uid);
      return now !== undefined && (now.status.containerStatuses?.[0]?.restartCount ?? 0) > 0 && isReady(now);
    },
    { withinMs: 150_000 },
  );
});

test('an upgrade and a rollback with jobs in flight lose none and double none', async () => {
  const arrived = await send('upgrade', IN_FLIGHT);
  const before = new Set((await pods()).map(({ metadata }) => metadata.uid));
  await live.install(RELEASE, NAMESPACE, {
    ...VALUES,
    config: { ...(VALUES.config as Values), process: { logLevel: 'debug' } },
  });
  const upgraded = (await pods()).filter(({ metadata }) => !metadata.name.includes('redis'));
  assert.ok(
    upgraded.length > 4 && upgraded.every(({ metadata }) => !before.has(metadata.uid)),
    'every worker is a new one',
  );
  const more = await send('rollback', IN_FLIGHT);
  const { code, stderr } = await live.cluster.helm(
    'rollback',
    RELEASE,
    '1',
    '-n',
    NAMESPACE,
    '--wait',
    '--timeout',
    '4m',
  );
  assert.equal(code, 0, stderr);
  await arrived();
  await more();
  await deployment.assertOnce();
});

test(`${MANY} rasters arrive, each once, while pods are killed at random, Redis among them`, async (t) => {
  const seed = Number(process.env.GEOSLUICE_TEST_SEED ?? Date.now() % 100_000);
  t.diagnostic(`GEOSLUICE_TEST_SEED=${seed}`);
  const random = randomOf(seed);
  const arrived = await send('killed', MANY);
  let [through, count] = [false, 0];
  const killed = new Map<string, number>();
  const killing = (async () => {
    while (!through && count < KILLS) {
      count += 1;
      const running = (await pods()).filter(isReady);
      const victim = running[Math.floor(random() * running.length)];
      if (victim !== undefined) {
        const component = victim.metadata.labels?.['app.kubernetes.io/component'] ?? '';
        killed.set(component, (killed.get(component) ?? 0) + 1);
        await live.cluster.client.delete(`/api/v1/namespaces/${NAMESPACE}/pods/${victim.metadata.name}`, {
          gracePeriodSeconds: 0,
        });
      }
      // a life long enough to take up a job, and short enough that most are killed over one
      await wait(2_000 + random() * 3_000);
    }
  })();
  try {
    await arrived();
  } finally {
    through = true;
    await killing;
  }
  t.diagnostic(`killed: ${[...killed].map(([name, times]) => `${name} ${times}`).join(', ')}`);
  assert.ok([...killed.values()].reduce((sum, times) => sum + times, 0) >= 5, 'pods were killed meanwhile');
  await until('the gateway answers again', async () => isReady(await pod('gateway')), { withinMs: 60_000 });
  await deployment.assertOnce();
});

test('helm uninstall leaves the volume of Redis, which the notes name, and nothing else', async () => {
  const notes = (await live.cluster.helm('get', 'notes', RELEASE, '-n', NAMESPACE)).stdout;
  const { code, stderr } = await live.cluster.helm('uninstall', RELEASE, '-n', NAMESPACE, '--wait');
  assert.equal(code, 0, stderr);
  // Helm waits for the workloads; their pods end by themselves
  const left = (): Promise<string[]> => leftOver(live.cluster, NAMESPACE, RELEASE);
  await until(
    'only the volume is left',
    async () => (await left()).join() === 'persistentvolumeclaims/data-geosluice-redis-0',
    {
      withinMs: 90_000,
      describe: async () => (await left()).join(', '),
    },
  );
  assert.match(notes, /data-geosluice-redis-0/);
  await live.cluster.kubectl('delete', 'pvc', 'data-geosluice-redis-0', '-n', NAMESPACE, '--wait');
});

test('with redis.persistence.retain=false it leaves nothing, and with the mode external nothing outside its namespace', async () => {
  await live.install(RELEASE, NAMESPACE, {
    ...VALUES,
    autoscaling: { mode: 'external' },
    redis: { persistence: { retain: false } },
  });
  const { code, stderr } = await live.cluster.helm('uninstall', RELEASE, '-n', NAMESPACE, '--wait');
  assert.equal(code, 0, stderr);
  await until('nothing is left', async () => (await leftOver(live.cluster, NAMESPACE, RELEASE)).length === 0, {
    withinMs: 60_000,
    describe: async () => (await leftOver(live.cluster, NAMESPACE, RELEASE)).join(', '),
  });
});

/** Numbers from 0 up to 1, the same for the same seed. */
function randomOf(seed: number): () => number {
  let state = seed >>> 0 || 1;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
