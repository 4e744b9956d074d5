import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { createGatewayClient, type GatewayClient, type LedgerEvent } from '@geosluice/gateway-api';
import { datasetIdOf, parseLocation, Reject, SILENT, type Stage } from '@geosluice/jobs';
import { openPipeline, type Pipeline, runStage, type StageRunner } from '@geosluice/pipeline';
import { decodeS3Events } from '@geosluice/sources';
import { type RedisServer, startRedis } from '../../../test/counterparts/redis.ts';
import { createGateway } from './gateway.ts';
import { KEYS, sha256 } from './testing/open-gateway.ts';

const signal = AbortSignal.timeout(120_000);
let redis: RedisServer;
let pipeline: Pipeline;
let client: GatewayClient;
let url: string;
let runner: StageRunner | undefined;
const cleanup: Array<() => Promise<unknown>> = [];

before(async () => {
  redis = await startRedis({ config: {} });
  cleanup.push(() => redis.stop());
  pipeline = await openPipeline({ redisUrl: redis.url, prefix: 'gateway-test' });
  cleanup.push(() => pipeline.close());
  const app = await createGateway({
    ...{ pipeline, decodeS3Events, allowed: () => true, target: { bucket: 'store', prefix: 'geosluice/' } },
    keys: [{ name: 'tests', scopes: ['admin'], sha256: sha256(KEYS.admin) }],
    ...{ eventsToken: null, bodyLimitBytes: 1024 * 1024, log: SILENT, version: '0.1.0', limits: { quickMs: 1_000 } },
  });
  cleanup.push(() => app.close());
  await app.listen({ host: '127.0.0.1', port: 0 });
  url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
  client = createGatewayClient({ url, key: KEYS.admin });
});

after(async () => {
  await runner?.close({ graceMs: 100 });
  for (const close of cleanup.toReversed()) await close();
});

const SOURCE = 's3://inbox/a b.tif';
const DATASET = datasetIdOf(parseLocation(SOURCE));

test('an ingestion is started once under its idempotency key, and is found again', async () => {
  const request = { sources: [SOURCE, 's3://inbox/b.tif'], options: { workspace: 'maps' } };
  const started = await client.startIngestion(request, signal, 'key-1');
  assert.deepEqual([started.sources, started.options, started.running], [request.sources, request.options, true]);
  assert.equal((await client.startIngestion(request, signal, 'key-1')).id, started.id);
  await assert.rejects(client.startIngestion({ ...request, sources: ['s3://inbox/c.tif'] }, signal, 'key-1'), {
    code: 'IDEMPOTENCY_KEY_REUSED',
  });
  assert.deepEqual(
    (await client.ingestions({}, signal)).ingestions.map(({ id }) => id),
    [started.id],
  );
  await assert.rejects(client.ingestion('nobody', signal), { code: 'INGESTION_UNKNOWN' });
});

test('a watch is put, and a notification of what it covers becomes a job', async () => {
  await client.putWatch({ id: 'inbox', source: 's3://inbox/in/', options: {}, intervalSeconds: 3_600 }, signal);
  assert.deepEqual(
    (await client.watches(signal)).map(({ id }) => id),
    ['inbox'],
  );
  const jobs = async (): Promise<number> => {
    const { waiting = 0, prioritized = 0, delayed = 0 } = (await client.status(signal)).queues.discover ?? {};
    return waiting + prioritized + delayed;
  };
  const earlier = await jobs();
  const Records = ['in/x.tif', 'out/y.tif'].map((key) => ({
    ...{ eventSource: 'minio:s3', eventName: 's3:ObjectCreated:Put' },
    s3: { bucket: { name: 'inbox' }, object: { key: encodeURIComponent(key) } },
  }));
  const answer = await fetch(`${url}/v1/events/s3`, {
    method: 'POST',
    headers: { authorization: `Bearer ${KEYS.admin}`, 'content-type': 'application/json' },
    body: JSON.stringify({ Records }),
  });
  assert.deepEqual([answer.status, await answer.json()], [202, { hinted: 1, ignored: 1 }]);
  assert.equal(await jobs(), earlier + 1);
});

test('what a worker rejects is followed live, listed, shown, replayed and removed', async () => {
  const ending = new AbortController();
  const { promise: dead, resolve } = Promise.withResolvers<LedgerEvent>();
  const following = (async () => {
    for await (const event of client.events({ after: '0', signal: AbortSignal.any([ending.signal, signal]) })) {
      if (event.dataset === DATASET && event.state === 'dead') resolve(event);
    }
  })();
  const stage: Stage<'discover'> = async (job) => {
    if (job.kind === 'inspect') throw new Reject('NO_CRS', 'it names no CRS');
    return { kind: 'done' };
  };
  runner = await runStage({ pipeline, stage: 'discover', run: stage, concurrency: 2 });
  assert.equal((await dead).state, 'dead');
  ending.abort();
  await following;

  const { deadLetters } = await client.deadLetters({ code: 'NO_CRS', stage: 'discover' }, signal);
  const letter = deadLetters.find(({ entry }) => entry.dataset === DATASET);
  assert.deepEqual([letter?.code, letter?.message, letter?.entry.uri], ['NO_CRS', 'it names no CRS', SOURCE]);
  const { state, reason, steps } = await client.dataset(DATASET, signal);
  assert.deepEqual([state, reason?.code, steps[0]?.state], ['dead', 'NO_CRS', 'dead']);
  const found = await client.datasets({ state: 'dead', q: 'a b', limit: 10 }, signal);
  assert.deepEqual(
    found.datasets.map(({ dataset }) => dataset),
    [DATASET],
  );
  assert.ok((await client.status(signal)).datasets.dead >= 1);

  await runner.close({ graceMs: 100 });
  runner = undefined;
  assert.equal(await client.replay({ datasets: [DATASET] }, signal), 1);
  assert.equal((await client.dataset(DATASET, signal)).state, 'found');
  await client.retry(DATASET, signal);
  await client.remove(DATASET, 'delete', signal);
  assert.ok(['removing', 'removed'].includes((await client.dataset(DATASET, signal)).state));
  await assert.rejects(client.retry('daaaaaaaaaaaaaaaaaaaa', signal), { code: 'DATASET_UNKNOWN' });
  await assert.rejects(client.datasets({ cursor: 'x' }, signal), { code: 'CURSOR_INVALID' });
});

test('pages of a real list follow each other to its end', async () => {
  const seen: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await client.datasets({ limit: 1, ...(cursor === undefined ? {} : { cursor }) }, signal);
    seen.push(...page.datasets.map(({ dataset }) => dataset));
    cursor = page.cursor ?? undefined;
  } while (cursor !== undefined);
  assert.ok(seen.includes(DATASET) && seen.length >= 2);
  assert.equal(new Set(seen).size, seen.length);
});

test('where Redis dies the gateway says so in time, and serves again when it is back', async () => {
  assert.ok(redis.kill !== undefined && redis.restart !== undefined, 'a Redis of its own');
  await redis.kill();
  const started = performance.now();
  await assert.rejects(client.status(signal), { code: 'REDIS_AWAY', means: 'retry', retryAfterMs: 5_000 });
  await assert.rejects(client.startIngestion({ sources: [SOURCE], options: {} }, signal), { code: 'REDIS_AWAY' });
  assert.equal((await fetch(`${url}/readyz`)).status, 503);
  assert.equal((await fetch(`${url}/healthz`)).status, 200);
  assert.ok(performance.now() - started < 8_000);
  await redis.restart();
  let ready = 0;
  while (ready !== 200) {
    signal.throwIfAborted();
    ready = (await fetch(`${url}/readyz`)).status;
  }
  assert.equal((await client.watches(signal)).length, 1, 'what was asked for is still there');
});
