import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { SILENT } from '@geosluice/jobs';
import { type Pipeline, runStage } from '@geosluice/pipeline';
import { loadConfig, REDIS } from '@geosluice/service-kit';
import { inspectJob, locationOf } from '../../../packages/pipeline/src/testing/samples.ts';
import { createAuthority } from '../../../test/counterparts/certificates.ts';
import { startRedis } from '../../../test/counterparts/redis.ts';
import { startRedisCluster, startSentinel, tlsInFrontOf } from '../../../test/counterparts/redis-shapes.ts';
import { openPipelineOf } from './workers.ts';

function open(settings: Record<string, string>): Promise<Pipeline> {
  const env = Object.entries(settings).map(([name, value]) => [`GEOSLUICE_REDIS_${name}`, value]);
  return openPipelineOf(loadConfig({ redis: REDIS }, Object.fromEntries(env)), SILENT);
}

/** Sends jobs through a queue and a worker of it, and resolves with the names that arrived. */
async function sendThrough(pipeline: Pipeline, names: readonly string[], meanwhile?: () => Promise<void>) {
  const done: string[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const runner = await runStage({
    pipeline,
    stage: 'discover',
    concurrency: 1,
    lockDurationMs: 2_000,
    run: async (job) => {
      if (job.kind !== 'inspect') throw new Error('no list job was sent');
      const { location } = job;
      if (location.kind === 's3' && !done.includes(location.key)) done.push(location.key);
      if (done.length === names.length) resolve();
      return { kind: 'done', note: 'seen' };
    },
  });
  try {
    const [first = '', ...others] = names;
    await pipeline.queues.add([inspectJob(first)]);
    await meanwhile?.();
    if (others.length > 0) await pipeline.queues.add(others.map((name) => inspectJob(name)));
    await promise;
  } finally {
    await runner.close({ graceMs: 1_000 });
  }
  return done;
}

suite('jobs go through whatever Redis is configured', () => {
  test('one with TLS, certificates of its own and an ACL user that may touch only our keys', async (t) => {
    const authority = await createAuthority('tests');
    t.after(() => authority.remove());
    const acl = 'ann on >a/b@c ~{acl}* resetchannels +@all -@admin -@dangerous +info';
    // what is not listed is refused, also to who does not log in
    const server = await startRedis({
      config: { user: acl, requirepass: 'other' },
      login: { username: 'ann', password: 'a/b@c' },
    });
    t.after(() => server.stop());
    const front = await tlsInFrontOf(server.url, await authority.issue('redis', { hosts: ['127.0.0.1'] }));
    t.after(() => front.stop());
    const given = { URL: `rediss://127.0.0.1:${front.port}`, USER: 'ann', PASSWORD: 'a/b@c', PREFIX: 'acl' };

    const pipeline = await open({ ...given, CA_FILE: authority.certFile });
    t.after(() => pipeline.close());
    assert.deepEqual(await sendThrough(pipeline, ['a.tif', 'b.tif']), ['a.tif', 'b.tif']);
    assert.equal((await pipeline.queues.counts()).discover.failed, 0);
    assert.equal(await pipeline.sweep({ olderThanMs: 1_000_000 }), 0);
    await pipeline.watches.put({ id: 'w', source: 's3://inbox/w/', options: {}, intervalSeconds: 3600 });
    const { id } = await pipeline.ingestions.start({ sources: [locationOf('c.tif')], options: {} });
    for await (const event of pipeline.events.follow({ after: '0', signal: AbortSignal.timeout(10_000) })) {
      if (event.ingestion === id) break;
    }
    await pipeline.queues.counts();

    const stranger = await createAuthority('strangers');
    t.after(() => stranger.remove());
    await assert.rejects(open({ ...given, CA_FILE: stranger.certFile }), { code: 'REDIS_AWAY' });
    await assert.rejects(open({ ...given, CA_FILE: authority.certFile, PASSWORD: 'wrong' }), /WRONGPASS|NOAUTH/);
  });

  test('a primary that Sentinels name, also after it died', async (t) => {
    const sentinel = await startSentinel({ redis: 'pw', sentinel: 'watch' });
    t.after(() => sentinel.stop());
    const pipeline = await open({
      SENTINELS: sentinel.address,
      SENTINEL_NAME: sentinel.name,
      SENTINEL_PASSWORD: 'watch',
      PASSWORD: 'pw',
    });
    t.after(() => pipeline.close());
    const arrived = await sendThrough(pipeline, ['a.tif', 'b.tif', 'c.tif'], () => sentinel.failover());
    assert.deepEqual(arrived.toSorted(), ['a.tif', 'b.tif', 'c.tif']);
  });

  test('a cluster of three nodes', async (t) => {
    const cluster = await startRedisCluster('pw');
    t.after(() => cluster.stop());
    // every prefix is one slot: these three lie on different nodes
    for (const prefix of ['geosluice', 'b', 'c']) {
      const pipeline = await open({ CLUSTER: cluster.nodes.join(), PASSWORD: 'pw', PREFIX: prefix });
      t.after(() => pipeline.close());
      assert.deepEqual(await sendThrough(pipeline, ['a.tif', 'b.tif']), ['a.tif', 'b.tif']);
    }
  });
});
