import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Deployment } from '../e2e/deployment.ts';
import { sidecar, smallRaster } from '../e2e/samples.ts';
import { type Gate, startGate } from '../faults/gate.ts';
import type { KubernetesObject } from '../kubernetes/client.ts';
import { type LiveWorkers, startLiveWorkers } from '../kubernetes/live/workers.ts';
import { until } from '../world/until.ts';
import { installKeda, kedaImages } from './install.ts';

const NAMESPACE = 'workers';
const RELEASE = 'geosluice';
const RASTERS = 200;
const MOST = 4;

/** As fast as a test needs it; what it is by default would take ten minutes. */
const VALUES = {
  autoscaling: {
    mode: 'keda',
    scaleToZero: true,
    keda: { pollingInterval: 1, cooldownPeriod: 5 },
    behavior: {
      scaleUp: { stabilizationWindowSeconds: 0, policies: [{ type: 'Pods', value: 4, periodSeconds: 5 }] },
      scaleDown: { stabilizationWindowSeconds: 5, policies: [{ type: 'Pods', value: 1, periodSeconds: 5 }] },
    },
  },
  // one upload at a time, so that the backlog outlives the start of a second worker
  config: { worker: { uploadConcurrency: 1 } },
  discover: { autoscaling: { enabled: false } },
  upload: { autoscaling: { max: MOST, jobsPerPod: 2 } },
  publish: { autoscaling: { max: 2 } },
  register: { autoscaling: { max: 1 } },
};

let live: LiveWorkers;
let line: Gate;
let deployment: Omit<Deployment, 'close'>;
before(async () => {
  live = await startLiveWorkers({ images: await kedaImages() });
  line = await startGate(live.world.s3.endpoint);
  await installKeda(live.cluster);
  const { target } = (live.values as { config: { target: object } }).config;
  const endpoint = `http://${live.cluster.expose(Number(new URL(line.url).port))}`;
  const config = { ...VALUES.config, target: { ...target, endpoint } };
  await live.install(RELEASE, NAMESPACE, { ...VALUES, config });
  deployment = await live.deployment(RELEASE, NAMESPACE);
});
after(async () => {
  await live?.stop();
  await line?.close();
});

interface Scaled extends KubernetesObject {
  spec: { replicas: number };
  status: { readyReplicas?: number };
}

const uploads = () =>
  live.cluster.client.get<Scaled>(`/apis/apps/v1/namespaces/${NAMESPACE}/deployments/geosluice-upload`);
const asked = async (replicas: number) => (await uploads()).spec.replicas === replicas;
const troubles = async () => (await live.cluster.kubectl('get', 'scaledobjects,hpa,pods', '-n', NAMESPACE)).stdout;

test('KEDA takes the ScaledObjects, and with nothing to do there is no worker but discover', async () => {
  const { items } = await live.cluster.client.list<
    KubernetesObject & { status?: { conditions?: { type: string; status: string; message: string }[] } }
  >(`/apis/keda.sh/v1alpha1/namespaces/${NAMESPACE}/scaledobjects`);
  assert.deepEqual(items.map(({ metadata }) => metadata.name).sort(), [
    'geosluice-publish',
    'geosluice-register',
    'geosluice-upload',
  ]);
  await until(
    'every ScaledObject is ready',
    async () => {
      const found = await live.cluster.kubectl(
        ...['wait', '-n', NAMESPACE, 'scaledobjects', '--all', '--for=condition=Ready', '--timeout=5s'],
      );
      return found.code === 0;
    },
    { describe: troubles },
  );
  await until('upload is at none', () => asked(0), { withinMs: 60_000, describe: troubles });
});

test('uploads go from none to their most while rasters wait and back to none after, and no raster is lost or doubled', async () => {
  const seen = { asked: new Set<number>(), ready: new Set<number>() };
  for (let index = 0; index < RASTERS; index += 1) {
    await deployment.put(`keda/scene-${index}.tif`, smallRaster(index));
    await deployment.put(`keda/scene-${index}.xml`, sidecar(`Scene ${index}`));
  }
  const { id } = await deployment.ingest(deployment.uri('keda/'));
  const look = async () => {
    const { spec, status } = await uploads();
    seen.asked.add(spec.replicas);
    seen.ready.add(status.readyReplicas ?? 0);
    return spec.replicas;
  };
  await until('upload is at its most', async () => (await look()) === MOST, { withinMs: 120_000, describe: troubles });
  await until(
    'all rasters are through',
    async () => {
      await look();
      return !(await deployment.world.gateway.ingestion(id, AbortSignal.timeout(10_000))).running;
    },
    { withinMs: 300_000, describe: troubles },
  );
  await until('upload is at none again', async () => (await look()) === 0, { withinMs: 180_000, describe: troubles });
  assert.equal(Math.max(...seen.asked), MOST, 'never more than allowed');
  assert.ok(Math.max(...seen.ready) > 1, 'more than one worked');

  const ended = await deployment.world.gateway.ingestion(id, AbortSignal.timeout(10_000));
  assert.deepEqual({ visible: ended.counts.visible, dead: ended.counts.dead }, { visible: RASTERS, dead: 0 });
  await deployment.assertOnce();
});

test('the last upload is not ended over its job, however long nothing else waits', async () => {
  const podNames = async () => {
    const selector = 'labelSelector=app.kubernetes.io%2Fcomponent%3Dupload';
    const { items } = await live.cluster.client.list(`/api/v1/namespaces/${NAMESPACE}/pods?${selector}`);
    return items.map(({ metadata }) => metadata.name);
  };
  const lastActive = async () => {
    const path = `/apis/keda.sh/v1alpha1/namespaces/${NAMESPACE}/scaledobjects/geosluice-upload`;
    const { status } = await live.cluster.client.get<KubernetesObject & { status?: { lastActiveTime?: string } }>(path);
    return Date.parse(status?.lastActiveTime ?? '');
  };
  const hold = line.hold(({ copies }) => copies);
  const raster = smallRaster(RASTERS);
  const uri = await deployment.put('last/scene.tif', raster);
  await deployment.put('last/scene.xml', sidecar('The last one'));
  await deployment.ingest(deployment.uri('last/'));
  await hold.met();
  const running = await podNames();
  const since = await lastActive();
  const longer = 4 * VALUES.autoscaling.keda.cooldownPeriod * 1000;
  await until('KEDA has looked for longer than it waits', async () => (await lastActive()) > since + longer, {
    withinMs: 120_000,
    describe: troubles,
  });
  assert.deepEqual([running.length, await podNames()], [1, running]);
  hold.release();
  const entry = await deployment.becomes(uri, 'visible');
  await deployment.assertThere(entry, raster, 'The last one');
  await until('upload is at none', () => asked(0), { withinMs: 120_000, describe: troubles });
});
