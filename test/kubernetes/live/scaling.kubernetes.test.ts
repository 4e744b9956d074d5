import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Queue } from 'bullmq';
import type { Deployment } from '../../e2e/deployment.ts';
import { smallRaster } from '../../e2e/samples.ts';
import { type Gate, startGate } from '../../faults/gate.ts';
import { until } from '../../world/until.ts';
import type { KubernetesObject } from '../client.ts';
import { keepCurve, type Point, record } from './curve.ts';
import { clusterIp, type LiveWorkers, secretValue, startLiveWorkers, type Values } from './workers.ts';

const NAMESPACE = 'scaling';
const RELEASE = 'geosluice';
const COUNT = 160;
const MOST = 4;
/** What a line to a distant S3 adds to every request, so that uploads take long enough to be scaled. */
const LATENCY_MS = 400;
const API = '/apis/apiregistration.k8s.io/v1/apiservices';
const EXTERNAL = 'v1beta1.external.metrics.k8s.io';

/** Fast autoscalers: the test has minutes, not hours. */
const BEHAVIOR = {
  scaleUp: {
    stabilizationWindowSeconds: 0,
    selectPolicy: 'Max',
    policies: [{ type: 'Pods', value: 2, periodSeconds: 3 }],
  },
  scaleDown: {
    stabilizationWindowSeconds: 6,
    selectPolicy: 'Max',
    policies: [{ type: 'Pods', value: 1, periodSeconds: 3 }],
  },
};

let live: LiveWorkers;
let line: Gate;

before(async () => {
  live = await startLiveWorkers();
  line = await startGate(live.world.s3.endpoint);
});
after(async () => {
  await live?.stop();
  await line?.close();
});

/** Values of a release that is scaled; its uploads go over the long line, one at a time in each pod. */
function scaled(autoscaling: Values, upload: Values = {}): Values {
  const { port } = new URL(line.url);
  const { config } = live.values as { config: { target: Values } };
  return {
    autoscaling: { behavior: BEHAVIOR, ...autoscaling },
    config: {
      target: { ...config.target, endpoint: `http://${live.cluster.expose(Number(port))}` },
      worker: { uploadConcurrency: 1, lockSeconds: 5 },
      process: { graceSeconds: 20 },
    },
    discover: { autoscaling: { enabled: false } },
    publish: { autoscaling: { enabled: false } },
    register: { autoscaling: { enabled: false } },
    gateway: { replicas: 1 },
    upload: { autoscaling: { enabled: true, min: 1, max: MOST, jobsPerPod: 10 }, ...upload },
  };
}

async function uploadPods(): Promise<{ asked: number; ready: number }> {
  const { spec, status } = await live.cluster.client.get<
    KubernetesObject & { spec: { replicas: number }; status: { readyReplicas?: number } }
  >(`/apis/apps/v1/namespaces/${NAMESPACE}/deployments/geosluice-upload`);
  return { asked: spec.replicas, ready: status.readyReplicas ?? 0 };
}

/** Puts so many rasters through and watches the pods meanwhile, until their number is the lowest again. */
async function throughAndBack(deployment: Omit<Deployment, 'close'>, folder: string, lowest: number): Promise<Point[]> {
  const { gateway } = deployment.world;
  const soon = (): AbortSignal => AbortSignal.timeout(10_000);
  const began = (await gateway.status(soon())).datasets.visible ?? 0;
  const recording = record(async () => {
    const [{ queues, datasets }, { ready }] = await Promise.all([gateway.status(soon()), uploadPods()]);
    const { waiting = 0, prioritized = 0, active = 0 } = queues.upload ?? {};
    return { backlog: waiting + prioritized + active, replicas: ready, done: (datasets.visible ?? 0) - began };
  });
  try {
    for (let at = 0; at < COUNT; at += 20) {
      await Promise.all(
        Array.from({ length: 20 }, (_, more) => deployment.put(`${folder}/${at + more}.tif`, smallRaster(at + more))),
      );
    }
    const { id } = await deployment.ingest(deployment.uri(`${folder}/`));
    await until(
      `${COUNT} rasters of ${folder} are visible`,
      async () => {
        const { counts } = await gateway.ingestion(id, soon());
        assert.equal(counts.dead, 0, 'none is dead');
        return ((await gateway.status(soon())).datasets.visible ?? 0) >= began + COUNT;
      },
      { withinMs: 240_000, describe: async () => JSON.stringify(await gateway.status(soon())) },
    );
    await until(`upload has ${lowest} pods again`, async () => (await uploadPods()).ready === lowest, {
      withinMs: 120_000,
      describe: async () => JSON.stringify(await uploadPods()),
    });
  } finally {
    await recording.end();
  }
  return recording.points;
}

/** The number of pods rose to the most and fell again, and the backlog was gone before it fell to the lowest. */
function assertScaled(points: readonly Point[], lowest: number): void {
  const replicas = points.map((point) => point.replicas);
  const shown = points
    .map(({ seconds, backlog, replicas }) => `${seconds.toFixed(0)}:${backlog}/${replicas}`)
    .join(' ');
  assert.equal(Math.max(...replicas), MOST, `it rose to ${MOST} pods: ${shown}`);
  assert.equal(replicas.at(-1), lowest, shown);
  assert.ok(Math.max(...points.map(({ backlog }) => backlog)) > MOST * 10, `the queue filled: ${shown}`);
  assert.equal(points.at(-1)?.backlog, 0);
}

test('where somebody else serves external metrics, the mode external is refused, naming the owner and the other modes', async () => {
  await live.cluster.apply({
    apiVersion: 'apiregistration.k8s.io/v1',
    kind: 'APIService',
    metadata: { name: EXTERNAL, labels: { 'app.kubernetes.io/name': 'keda-operator' } },
    spec: {
      group: 'external.metrics.k8s.io',
      version: 'v1beta1',
      groupPriorityMinimum: 100,
      versionPriority: 100,
      insecureSkipTLSVerify: true,
      service: { name: 'keda-metrics-apiserver', namespace: 'keda' },
    },
  });
  await assert.rejects(
    live.install(RELEASE, NAMESPACE, scaled({ mode: 'external' })),
    /belongs to Service keda\/keda-metrics-apiserver \(keda-operator\)[\s\S]*autoscaling\.mode=keda[\s\S]*autoscaling\.mode=prometheus[\s\S]*autoscaling\.mode=cpu/,
  );
  assert.equal((await live.cluster.client.list(`/api/v1/namespaces/${NAMESPACE}/pods`)).items.length, 0);
  await live.cluster.client.delete(`${API}/${EXTERNAL}`);
});

test('by the backlog, upload goes from none to its maximum and back to none, and every raster arrives once', async () => {
  await live.install(RELEASE, NAMESPACE, scaled({ mode: 'external', scaleToZero: true }));
  await until('upload has no pod', async () => (await uploadPods()).asked === 0, { withinMs: 60_000 });
  line.slow(LATENCY_MS);
  const deployment = await live.deployment(RELEASE, NAMESPACE);
  const points = await throughAndBack(deployment, 'external', 0);
  line.slow(0);
  await keepCurve('external', `HPA on the backlog: ${COUNT} rasters, upload from 0 to ${MOST} and back`, points);
  assertScaled(points, 0);
  await deployment.assertOnce();
});

test('the process that serves the metrics may read by which certificates the aggregator is known, and nothing else', async () => {
  const as = `--as=system:serviceaccount:${NAMESPACE}:geosluice-external-metrics`;
  const may = async (...what: string[]): Promise<string> =>
    (await live.cluster.kubectl('auth', 'can-i', ...what, as)).stdout.trim();
  assert.equal(await may('get', 'configmaps/extension-apiserver-authentication', '-n', 'kube-system'), 'yes');
  for (const what of ['get secrets', 'get configmaps', 'list pods', 'create pods', 'patch deployments']) {
    assert.equal(await may(...what.split(' '), '-n', NAMESPACE), 'no', `it may not ${what}`);
  }
  assert.equal(await may('get', 'configmaps/kube-root-ca.crt', '-n', 'kube-system'), 'no');
  assert.equal(await may('create', 'subjectaccessreviews'), 'no');
});

test('a second release with the mode external is refused, naming the first', async () => {
  await assert.rejects(
    live.install('second', 'elsewhere', scaled({ mode: 'external' })),
    /of Helm release geosluice in namespace scaling/,
  );
});

test('an upgrade of the release that owns the API is not refused, and keeps its certificate', async () => {
  const path = `/api/v1/namespaces/${NAMESPACE}/secrets/geosluice-external-metrics-tls`;
  const read = (): Promise<KubernetesObject & { data: Record<string, string> }> => live.cluster.client.get(path);
  const before = await read();
  await live.install(RELEASE, NAMESPACE, scaled({ mode: 'external', scaleToZero: true }));
  assert.equal((await read()).data['tls.crt'], before.data['tls.crt']);
});

test('jobs in a paused queue are no backlog, and are again when it goes on', async () => {
  const backlog = async (): Promise<string | undefined> => {
    const { stdout, code, stderr } = await live.cluster.kubectl(
      ...['get', '--raw', `/apis/external.metrics.k8s.io/v1beta1/namespaces/${NAMESPACE}/geosluice_backlog`],
    );
    assert.equal(code, 0, stderr);
    const { items } = JSON.parse(stdout) as { items: { metricLabels: { stage: string }; value: string }[] };
    return items.find(({ metricLabels }) => metricLabels.stage === 'upload')?.value;
  };
  const deployment = await live.deployment(RELEASE, NAMESPACE);
  const redis = {
    host: await clusterIp(live.cluster, NAMESPACE, 'geosluice-redis'),
    port: 6379,
    password: await secretValue(live.cluster, NAMESPACE, 'geosluice-redis-auth', 'password'),
  };
  const queue = new Queue('upload', { connection: redis, prefix: '{geosluice}', skipVersionCheck: true });
  try {
    await queue.pause();
    const uris = await Promise.all([1, 2, 3].map((at) => deployment.put(`paused/${at}.tif`, smallRaster(500 + at))));
    await deployment.ingest(deployment.uri('paused/'));
    await until(
      'three uploads wait',
      async () => (await queue.getWaitingCount()) + (await queue.getPrioritizedCount()) === 3,
    );
    assert.equal(await backlog(), '0');
    assert.equal((await uploadPods()).asked, 0);
    await queue.resume();
    await until('they are backlog', async () => Number(await backlog()) > 0);
    for (const uri of uris) await deployment.becomes(uri, 'visible');
  } finally {
    await queue.close();
  }
});

test('by CPU, upload goes from one pod to its maximum and back, and every raster arrives once', async () => {
  // between what an idle worker takes (10m) and what one under load does (100m and more)
  const small = { resources: { requests: { cpu: '60m', memory: '128Mi' }, limits: { memory: '512Mi' } } };
  // where an HPA on CPU cannot begin by itself
  await until('upload has no pod', async () => (await uploadPods()).asked === 0, { withinMs: 120_000 });
  await live.install(
    RELEASE,
    NAMESPACE,
    scaled({ mode: 'cpu', cpu: { targetUtilization: 50 } }, small),
    '--force-conflicts',
  );
  assert.equal(await live.cluster.client.find(`${API}/${EXTERNAL}`), null, 'its API went with the mode');
  await until('upload has one pod', async () => (await uploadPods()).ready === 1, {
    withinMs: 120_000,
    describe: async () => (await live.cluster.kubectl('get', 'hpa,pods', '-n', NAMESPACE)).stdout,
  });
  line.slow(LATENCY_MS / 8);
  const deployment = await live.deployment(RELEASE, NAMESPACE);
  const points = await throughAndBack(deployment, 'cpu', 1);
  line.slow(0);
  await keepCurve('cpu', `HPA on CPU: ${COUNT} rasters, upload from 1 to ${MOST} and back`, points);
  assertScaled(points, 1);
  await deployment.assertOnce();
});
