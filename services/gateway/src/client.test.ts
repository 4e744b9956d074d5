import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { createGatewayClient, type GatewayClient, GatewayError } from '@geosluice/gateway-api';
import { KEYS, type OpenGateway, openGateway } from './testing/open-gateway.ts';

const signal = AbortSignal.timeout(60_000);

async function openClient(t: TestContext): Promise<OpenGateway & { client: GatewayClient }> {
  const gateway = await openGateway(t);
  return { ...gateway, client: createGatewayClient({ url: `${gateway.url}/`, key: KEYS.admin }) };
}

test('the client starts and follows ingestions', async (t) => {
  const { client } = await openClient(t);
  const started = await client.startIngestion(
    { sources: ['s3://inbox/a b#c.tif'], options: { store: 'cog' } },
    signal,
    'k',
  );
  assert.deepEqual(started.sources, ['s3://inbox/a b#c.tif']);
  const again = await client.startIngestion(
    { sources: ['s3://inbox/a b#c.tif'], options: { store: 'cog' } },
    signal,
    'k',
  );
  assert.equal(again.id, started.id);
  assert.deepEqual(await client.ingestion(started.id, signal), started);
  assert.deepEqual(await client.ingestions({ limit: 5 }, signal), { ingestions: [started], cursor: null });
});

test('the client lists, shows, retries and removes datasets', async (t) => {
  const { client, pipeline } = await openClient(t);
  const entry = pipeline.set('s3://inbox/a.tif', { state: 'visible' });
  pipeline.set('s3://inbox/b.tif');
  assert.deepEqual((await client.datasets({ state: 'visible', limit: 10 }, signal)).datasets, [entry]);
  const first = await client.datasets({ limit: 1 }, signal);
  const second = await client.datasets({ limit: 1, cursor: first.cursor ?? '' }, signal);
  assert.deepEqual([second.datasets, second.cursor], [[entry], null]);
  const { steps, ...whole } = await client.dataset(entry.dataset, signal);
  assert.deepEqual([whole, steps.length], [entry, 1]);
  await client.retry(entry.dataset, signal);
  await client.remove(entry.dataset, 'unpublish', signal);
  assert.deepEqual(pipeline.asked, [`retry ${entry.dataset}`, `remove ${entry.dataset} unpublish`]);
});

test('the client lists and replays dead letters', async (t) => {
  const { client, pipeline } = await openClient(t);
  const reason = { code: 'NO_CRS', message: 'none', stage: 'discover' } as const;
  const entry = pipeline.set('s3://inbox/a.tif', { state: 'dead', reason });
  assert.deepEqual(await client.deadLetters({ code: 'NO_CRS', stage: 'discover' }, signal), {
    deadLetters: [{ entry, ...reason, at: entry.updatedAt }],
    cursor: null,
  });
  assert.equal(await client.replay({ datasets: [entry.dataset], asItWas: true }, signal), 1);
});

test('the client puts, lists and removes watches', async (t) => {
  const { client } = await openClient(t);
  const watch = { id: 'inbox', source: 's3://inbox/', options: { workspace: 'w' }, intervalSeconds: 60 };
  const put = await client.putWatch(watch, signal);
  assert.deepEqual(put, { ...watch, createdAt: put.createdAt });
  assert.deepEqual(await client.watches(signal), [put]);
  await client.removeWatch('inbox', signal);
  await assert.rejects(client.removeWatch('inbox', signal), { code: 'WATCH_UNKNOWN', means: 'reject', status: 404 });
});

test('the client asks for the status', async (t) => {
  const { client, pipeline } = await openClient(t);
  pipeline.set('s3://inbox/a.tif', { state: 'visible' });
  const { datasets, queues } = await client.status(signal);
  assert.deepEqual([datasets.visible, queues.discover?.heldForMs], [1, 0]);
});

test('a problem document becomes an error with its code and its fields', async (t) => {
  const { client, url, pipeline } = await openClient(t);
  await assert.rejects(client.dataset('x/../y?z#', signal), { code: 'DATASET_UNKNOWN', status: 404 });
  await assert.rejects(client.ingestion('x', signal), { code: 'INGESTION_UNKNOWN', means: 'reject' });
  await assert.rejects(client.datasets({ bbox: '1,2' }, signal), (error) => {
    assert.ok(error instanceof GatewayError);
    assert.deepEqual([error.code, error.problem?.errors?.[0]?.field], ['FIELDS_INVALID', 'bbox']);
    assert.match(error.message, /bbox: write west,south,east,north/);
    return true;
  });
  await assert.rejects(createGatewayClient({ url, key: 'wrong' }).status(signal), {
    code: 'KEY_UNKNOWN',
    means: 'reject',
  });
  await assert.rejects(createGatewayClient({ url, key: null }).status(signal), { code: 'KEY_MISSING' });
  pipeline.hang();
  await assert.rejects(client.status(signal), { code: 'REDIS_AWAY', means: 'retry', retryAfterMs: 5_000 });
});

test('a gateway that does not answer is unreachable, which is worth another try', async (t) => {
  const { url, close } = await openGateway(t);
  await close();
  const client = createGatewayClient({ url, key: null });
  await assert.rejects(client.status(signal), (error) => {
    assert.ok(error instanceof GatewayError);
    assert.deepEqual([error.code, error.means, error.down], ['GATEWAY_UNREACHABLE', 'retry', true]);
    assert.match(error.message, /^the gateway at http:\/\/127.0.0.1:\d+ does not answer: .*ECONNREFUSED/);
    return true;
  });
  assert.throws(() => createGatewayClient({ url: 'ftp://x/', key: null }), /http: or https:/);
});

test('what answers and is no gateway is told apart', async (t) => {
  let mode = 'html';
  const server = createServer((_, answer) => {
    if (mode === 'silent') return;
    if (mode === '502') answer.statusCode = 502;
    answer.setHeader('content-type', 'text/html').end('<h1>hello</h1>');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/maps`;
  const client = createGatewayClient({ url, key: null, timeoutMs: 200 });
  await assert.rejects(client.status(signal), { code: 'GATEWAY_ANSWER_INVALID', means: 'reject' });
  mode = '502';
  await assert.rejects(client.status(signal), { code: 'GATEWAY_502', means: 'retry' });
  mode = 'silent';
  await assert.rejects(client.status(signal), { code: 'GATEWAY_UNREACHABLE' });
  const leaving = new AbortController();
  const asked = client.status(leaving.signal);
  leaving.abort(new Error('enough'));
  await assert.rejects(asked, /enough/);
});

test('events are followed until the signal, which ends them quietly', async (t) => {
  const { client, pipeline } = await openClient(t);
  const ending = new AbortController();
  const events = client.events({ ingestion: 'i1', signal: ending.signal })[Symbol.asyncIterator]();
  const first = events.next();
  while (pipeline.followers === 0) await new Promise((resolve) => setImmediate(resolve));
  pipeline.tell({ type: 'state', ingestion: 'other' });
  const told = pipeline.tell({ type: 'state', ingestion: 'i1', dataset: 'd', state: 'visible' });
  assert.deepEqual((await first).value, told);
  const second = events.next();
  ending.abort();
  assert.equal((await second).done, true);
});

test('a lost event stream is taken up again where it was, and nothing is missed', async (t) => {
  const { url, pipeline } = await openGateway(t);
  // a proxy that cuts each stream after its first event
  let connections = 0;
  const seen: Array<string | undefined> = [];
  const proxy = createServer(async (asked, answer) => {
    connections += 1;
    seen.push(asked.headers['last-event-id'] as string | undefined);
    const upstream = await fetch(url + asked.url, {
      headers: {
        authorization: asked.headers.authorization ?? '',
        ...(seen.at(-1) === undefined ? {} : { 'last-event-id': seen.at(-1) ?? '' }),
      },
    });
    answer.writeHead(upstream.status, { 'content-type': 'text/event-stream' });
    const reader = upstream.body?.getReader();
    for (let text = ''; !/data: .*\n\n/.test(text); ) {
      const chunk = await reader?.read();
      text += new TextDecoder().decode(chunk?.value).replace('retry: 2000', 'retry: 1');
      if (/data: .*\n\n/.test(text)) answer.end(text.slice(0, text.indexOf('\n\n', text.indexOf('data: ')) + 2));
    }
    await reader?.cancel();
  }).listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  t.after(() => {
    proxy.closeAllConnections();
    proxy.close();
  });
  const ending = new AbortController();
  const client = createGatewayClient({
    url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    key: KEYS.read,
  });
  const events = client.events({ signal: ending.signal })[Symbol.asyncIterator]();
  const first = events.next();
  while (pipeline.followers === 0) await new Promise((resolve) => setImmediate(resolve));
  const told = [1, 2, 3].map((done) => pipeline.tell({ type: 'progress', ingestion: 'i', done, total: 3 }));
  assert.deepEqual([(await first).value, (await events.next()).value, (await events.next()).value], told);
  ending.abort();
  assert.deepEqual([connections, seen], [3, [undefined, '1-0', '2-0']]);
});

test('events of a gateway that refuses are an error at once', async (t) => {
  const { url } = await openGateway(t);
  const client = createGatewayClient({ url, key: KEYS.ingest });
  const events = client.events({ signal })[Symbol.asyncIterator]();
  await assert.rejects(events.next(), { code: 'SCOPE_MISSING', status: 403 });
});
