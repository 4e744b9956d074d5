import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { openPipeline, type Pipeline } from '@geosluice/pipeline';
import {
  type ApiServerStandIn,
  askMetrics,
  startApiServer,
} from '../../../packages/external-metrics/src/testing/api-server.ts';
import { inspectJob, uploadJob } from '../../../packages/pipeline/src/testing/samples.ts';
import { type Authority, type Certificate, createAuthority } from '../../../test/counterparts/certificates.ts';
import { type RedisServer, startRedis } from '../../../test/counterparts/redis.ts';
import { freePorts } from '../../../test/counterparts/server-process.ts';

const API = '/apis/external.metrics.k8s.io/v1beta1/namespaces/rasters';

let cluster: Authority;
let frontProxy: Authority;
let aggregator: Certificate;
let apiServer: ApiServerStandIn;
let redis: RedisServer;
let pipeline: Pipeline;
let child: ChildProcess;
let ports: { api: number; health: number };
let output = '';

before(async () => {
  [cluster, frontProxy] = [await createAuthority('cluster'), await createAuthority('front-proxy-ca')];
  aggregator = await frontProxy.issue('front-proxy-client');
  const hosts = { hosts: ['127.0.0.1'] };
  apiServer = await startApiServer(await cluster.issue('kubernetes', hosts), frontProxy);
  redis = await startRedis({ appendOnly: true });
  pipeline = await openPipeline({ redisUrl: redis.url, prefix: 'metrics' });
  const [api = 0, health = 0] = await freePorts(2);
  ports = { api, health };
  const own = await cluster.issue('metrics', hosts);
  child = spawn(process.execPath, [join(import.meta.dirname, 'main.ts')], {
    env: {
      PATH: process.env.PATH,
      GEOSLUICE_REDIS_URL: redis.url,
      GEOSLUICE_REDIS_PREFIX: 'metrics',
      GEOSLUICE_HEALTH_PORT: `${health}`,
      GEOSLUICE_EXTERNAL_METRICS_HOST: '127.0.0.1',
      GEOSLUICE_EXTERNAL_METRICS_PORT: `${api}`,
      GEOSLUICE_EXTERNAL_METRICS_CERT_FILE: own.certFile,
      GEOSLUICE_EXTERNAL_METRICS_KEY_FILE: own.keyFile,
      GEOSLUICE_EXTERNAL_METRICS_NAMESPACES: 'rasters',
      GEOSLUICE_EXTERNAL_METRICS_API_SERVER: apiServer.url,
      GEOSLUICE_EXTERNAL_METRICS_API_CA_FILE: cluster.certFile,
      GEOSLUICE_EXTERNAL_METRICS_TOKEN_FILE: apiServer.tokenFile,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk) => {
      output += chunk;
    });
  }
  while ((await statusOf('/readyz')) !== 200) {
    assert.equal(child.exitCode, null, output);
    await wait(50);
  }
});
after(async () => {
  child.kill('SIGKILL');
  await pipeline.close();
  await redis.stop();
  await apiServer.stop();
  await Promise.all([cluster.remove(), frontProxy.remove()]);
});

const statusOf = (path: string): Promise<number> =>
  fetch(`http://127.0.0.1:${ports.health}${path}`).then(
    ({ status }) => status,
    () => 0,
  );
const ask = (path: string, certificate: Certificate | undefined = aggregator) =>
  askMetrics({ port: ports.api, ca: cluster.cert }, path, certificate === undefined ? {} : { certificate });

suite('the process that tells autoscalers of the queues', () => {
  test('answers with the backlog of the stage that is asked for', async () => {
    await pipeline.queues.add([uploadJob('a.tif'), uploadJob('b.tif'), inspectJob('c.tif')]);
    const { code, body } = await ask(`${API}/geosluice_backlog?labelSelector=stage%3Dupload`);
    assert.equal(code, 200, output);
    assert.deepEqual(
      body.items?.map(({ metricLabels, value }) => [metricLabels, value]),
      [[{ stage: 'upload', deployment: 'metrics' }, '2']],
    );
    const all = await ask(`${API}/geosluice_backlog`);
    assert.deepEqual(
      all.body.items?.map(({ metricLabels, value }) => [metricLabels.stage, value]),
      [
        ['discover', '1'],
        ['upload', '2'],
        ['publish', '0'],
        ['register', '0'],
      ],
    );
  });

  test('answers nobody but the aggregator', async () => {
    const { code } = await askMetrics({ port: ports.api, ca: cluster.cert }, `${API}/geosluice_backlog`, {});
    assert.equal(code, 401);
  });

  test('tells Prometheus the same', async () => {
    const text = await (await fetch(`http://127.0.0.1:${ports.health}/metrics`)).text();
    assert.match(text, /^geosluice_queue_backlog\{stage="upload"\} 2$/m);
  });

  test('has no value while Redis is away, is ready all the same, and has one afterwards', async () => {
    await redis.kill?.();
    assert.equal((await ask(`${API}/geosluice_backlog`)).code, 503);
    assert.equal((await ask('/apis/external.metrics.k8s.io/v1beta1')).code, 200);
    assert.equal(await statusOf('/readyz'), 200);
    await redis.restart?.();
    for (;;) {
      const { code, body } = await ask(`${API}/geosluice_backlog?labelSelector=stage%3Dupload`);
      if (code === 200) {
        assert.equal(body.items?.[0]?.value, '2');
        break;
      }
      assert.equal(code, 503);
    }
  });

  test('ends at once when it is told to', async () => {
    child.kill('SIGTERM');
    assert.deepEqual(await once(child, 'exit'), [0, null], output);
  });
});
