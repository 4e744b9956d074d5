import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { datasetIdOf } from '@geosluice/jobs';
import { startRedis } from '../../../test/counterparts/redis.ts';
import { openPipeline } from './pipeline.ts';
import { connect } from './redis.ts';
import { runStage } from './runner/run-stage.ts';
import { latch } from './testing/harness.ts';
import { createModelRoad } from './testing/model-road.ts';
import { inspectJob, locationOf } from './testing/samples.ts';

suite('Redis in its other shapes', () => {
  test('the whole road runs on a cluster', async () => {
    const server = await startRedis({ config: { 'cluster-enabled': 'yes', 'cluster-announce-ip': '127.0.0.1' } });
    const admin = connect(server.url, 'commands', () => {});
    await admin.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
    while (!`${await admin.call('CLUSTER', 'INFO')}`.includes('cluster_state:ok')) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const { hostname: host, port } = new URL(server.url);
    const pipeline = await openPipeline({ redisUrl: { cluster: [{ host, port: Number(port) }] }, prefix: 'cluster' });
    const road = createModelRoad(pipeline);
    const runners = [];
    for (const stage of ['discover', 'upload', 'publish', 'register'] as const) {
      runners.push(await runStage({ pipeline, stage, run: road.stages[stage] as never, concurrency: 2 }));
    }
    try {
      await pipeline.watches.put({ id: 'w', source: 's3://inbox/w/', options: {}, intervalSeconds: 3600 });
      const { id } = await pipeline.ingestions.start({ sources: [locationOf('a.tif')], options: {} });
      for await (const { state } of pipeline.events.follow({ after: '0', signal: AbortSignal.timeout(20_000) })) {
        if (state === 'visible') break;
      }
      const { entries } = await pipeline.ledger.list({ ingestion: id });
      assert.deepEqual(
        entries.map(({ state }) => state),
        ['visible'],
      );
      await pipeline.remove(entries[0]?.dataset ?? '', 'delete');
      for await (const { state } of pipeline.events.follow({ after: '0', signal: AbortSignal.timeout(20_000) })) {
        if (state === 'removed') break;
      }
      assert.equal(await pipeline.sweep({ olderThanMs: -1 }), 0);
    } finally {
      await Promise.all(runners.map((runner) => runner.close({ graceMs: 1_000 })));
      await pipeline.close();
      admin.disconnect();
      await server.stop();
    }
  });

  test('a Redis that dies and comes back loses no job, and a caller is told meanwhile', async () => {
    const server = await startRedis({ appendOnly: true });
    assert.ok(server.kill && server.restart);
    const pipeline = await openPipeline({ redisUrl: server.url, prefix: 'restart', commandTimeoutMs: 500 });
    const road = createModelRoad(pipeline);
    const [started, go] = [latch(), latch()];
    road.beforeUpload = async () => {
      started.open();
      await go.promise;
    };
    const runners = [];
    for (const stage of ['discover', 'upload', 'publish', 'register'] as const) {
      const run = road.stages[stage] as never;
      runners.push(await runStage({ pipeline, stage, run, concurrency: 1, lockDurationMs: 2_000 }));
    }
    try {
      await pipeline.queues.add([inspectJob('a.tif')]);
      await started.promise;
      await server.kill();
      const dataset = datasetIdOf(locationOf('a.tif'));
      await assert.rejects(pipeline.ledger.get(dataset), { code: 'REDIS_AWAY', down: true });
      assert.equal(await pipeline.ping(), false);
      // the stage ends while nobody can be told
      go.open();
      await server.restart();
      for await (const { state } of pipeline.events.follow({ after: '0', signal: AbortSignal.timeout(30_000) })) {
        if (state === 'visible') break;
      }
      assert.equal((await pipeline.ledger.get(dataset))?.state, 'visible');
      assert.ok(runners.every((runner) => runner.lastPolledMs() < 20_000));
    } finally {
      await Promise.all(runners.map((runner) => runner.close({ graceMs: 1_000 })));
      await pipeline.close();
      await server.stop();
    }
  });
});
