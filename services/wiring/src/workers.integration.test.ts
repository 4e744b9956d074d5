import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { type Log, SILENT } from '@geosluice/jobs';
import { runStage, type StageRunner } from '@geosluice/pipeline';
import { createMetrics, loadConfig, PROCESS, REDIS } from '@geosluice/service-kit';
import { startRedis } from '../../../test/counterparts/redis.ts';
import { freePorts } from '../../../test/counterparts/server-process.ts';
import { asWorkerProcess, openPipelineOf } from './workers.ts';

function configOf(redisUrl: string, healthPort = 0) {
  const env = {
    GEOSLUICE_REDIS_URL: redisUrl,
    GEOSLUICE_HEALTH_HOST: '127.0.0.1',
    GEOSLUICE_HEALTH_PORT: `${healthPort}`,
  };
  return loadConfig({ process: PROCESS, redis: REDIS }, env);
}

suite('how a worker process lives', () => {
  test('it waits for a Redis that starts after it', async () => {
    const server = await startRedis({ appendOnly: true });
    await server.kill?.();
    const { promise: warned, resolve } = Promise.withResolvers<void>();
    const note = (_data: unknown, event: string): void => {
      if (event === 'Redis:Open:Wait') resolve();
    };
    const log = { ...SILENT, warn: note, child: () => log } as Log;
    const opening = openPipelineOf(configOf(server.url), log, { patient: true, commandTimeoutMs: 200 });
    await warned;
    await server.restart?.();
    const pipeline = await opening;
    assert.equal(await pipeline.ping(), true);
    await pipeline.close();
    await server.stop();
  });

  test('where nobody is patient, it is told at once', async () => {
    const config = configOf('redis://127.0.0.1:1');
    await assert.rejects(openPipelineOf(config, SILENT, { commandTimeoutMs: 200 }), { code: 'REDIS_AWAY' });
  });

  test('it is alive while Redis is away, dead where it asks for nothing though Redis answers, and not ready while it ends', async () => {
    const server = await startRedis({ appendOnly: true });
    const [port = 0] = await freePorts(1);
    const config = configOf(server.url, port);
    const pipeline = await openPipelineOf(config, SILENT, { commandTimeoutMs: 500 });
    const real = await runStage({ pipeline, stage: 'upload', concurrency: 1, run: async () => ({ kind: 'done' }) });
    let polled = 0;
    const { promise: ending, resolve: end } = Promise.withResolvers<void>();
    const runner: StageRunner = {
      ...real,
      lastPolledMs: () => polled,
      async close(options) {
        await ending;
        await real.close(options);
      },
    };
    const parts = { pipeline, runner, closers: [] };
    const running = await asWorkerProcess(config, { metrics: createMetrics(), health: true }, parts, 1_000);
    const get = async (path: string) => (await fetch(`http://127.0.0.1:${port}${path}`)).status;
    const both = async () => [await get('/healthz'), await get('/readyz')];

    assert.deepEqual(await both(), [200, 200]);
    await server.kill?.();
    polled = 1_000;
    assert.deepEqual(await both(), [200, 503], 'a restart would not bring Redis back');
    await server.restart?.();
    while ((await get('/readyz')) !== 200) await wait(20);
    assert.deepEqual(await both(), [503, 200], 'Redis is back, and the worker asks it for nothing');
    polled = 0;
    const closing = running.close(1_000);
    assert.deepEqual(await both(), [200, 503]);
    end();
    await closing;
    await server.stop();
  });
});
