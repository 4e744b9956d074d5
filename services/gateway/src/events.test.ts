import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { type TestContext, test } from 'node:test';
import { KEYS, openGateway } from './testing/open-gateway.ts';

interface Stream {
  answer: IncomingMessage;
  /** Reads on until the text so far matches. */
  until(pattern: RegExp): Promise<string>;
  ended: Promise<unknown>;
}

async function open(t: TestContext, url: string, path: string, headers: Record<string, string> = {}): Promise<Stream> {
  const sent = request(url + path, { headers: { authorization: `Bearer ${KEYS.read}`, ...headers } });
  t.after(() => sent.destroy());
  sent.on('error', () => {});
  sent.end();
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  let text = '';
  answer.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  answer.on('error', () => {});
  return {
    answer,
    ended: new Promise((resolve) => answer.once('close', resolve)),
    async until(pattern) {
      while (!pattern.test(text)) await once(answer, 'data', { signal: AbortSignal.timeout(5_000) });
      return text;
    },
  };
}

test('events come as they happen, each with id, type and data', async (t) => {
  const { url, pipeline } = await openGateway(t);
  pipeline.tell({ type: 'state', ingestion: 'old' });
  const stream = await open(t, url, '/v1/events');
  assert.equal(stream.answer.headers['content-type'], 'text/event-stream; charset=utf-8');
  assert.equal(stream.answer.headers['x-content-type-options'], 'nosniff');
  const told = pipeline.tell({ type: 'progress', ingestion: 'i1', dataset: 'd', stage: 'upload', done: 1, total: 2 });
  const text = await stream.until(/total/);
  const [, data = ''] = /^retry: 2000\n\nid: 2-0\nevent: progress\ndata: (.*)\n\n$/.exec(text) ?? [];
  assert.deepEqual(JSON.parse(data), told);
});

test('events are filtered by ingestion, and go on after the last one that was seen', async (t) => {
  const { url, pipeline } = await openGateway(t);
  for (const ingestion of ['a', 'b', 'a']) pipeline.tell({ type: 'state', ingestion });
  const stream = await open(t, url, '/v1/events?ingestion=a', { 'last-event-id': '1-0' });
  const text = await stream.until(/id: 3-0/);
  assert.deepEqual(text.match(/id: .*/g), ['id: 3-0']);
});

test('a wrong Last-Event-ID and unknown filters are refused', async (t) => {
  const { ask } = await openGateway(t);
  const id = await ask('GET', '/v1/events', { headers: { 'last-event-id': 'x y' } });
  assert.deepEqual([id.status, id.body.errors[0].in, id.body.errors[0].field], [422, 'headers', 'last-event-id']);
  assert.equal((await ask('GET', '/v1/events?dataset=d')).status, 422);
});

test('where nothing happens a heartbeat keeps the line open', async (t) => {
  const { url } = await openGateway(t, { limits: { heartbeatMs: 5 } });
  const stream = await open(t, url, '/v1/events');
  await stream.until(/(:\n\n.*){3}/s);
});

test('shutdown ends the streams', async (t) => {
  const { url, pipeline, close } = await openGateway(t);
  const streams = await Promise.all([open(t, url, '/v1/events'), open(t, url, '/v1/events')]);
  assert.equal(pipeline.followers, 2);
  await close();
  await Promise.all(streams.map(({ ended }) => ended));
  assert.deepEqual([streams.every(({ answer }) => answer.complete), pipeline.followers], [true, 0]);
});

test('a follower that goes away is let go', async (t) => {
  const { url, pipeline } = await openGateway(t, { limits: { followers: 1 } });
  const first = await open(t, url, '/v1/events');
  const second = await open(t, url, '/v1/events');
  assert.equal(second.answer.statusCode, 503, 'there is room for one only');
  assert.equal(second.answer.headers['retry-after'], '5');
  assert.match(await second.until(/code/), /TOO_MANY_FOLLOWERS/);
  first.answer.destroy();
  for (let tries = 0; pipeline.followers > 0; tries += 1) {
    assert.ok(tries < 1_000, 'the stream is still followed');
    await new Promise((resolve) => setImmediate(resolve));
  }
  const third = await open(t, url, '/v1/events');
  assert.equal(third.answer.statusCode, 200);
});

test('one that reads nothing is cut off, and costs no memory meanwhile', async (t) => {
  const { url, pipeline } = await openGateway(t, { limits: { drainMs: 100 } });
  let taken = 0;
  const { promise: cut, resolve } = Promise.withResolvers<void>();
  pipeline.events.follow = async function* () {
    try {
      for (;;) {
        taken += 1;
        yield { id: `${taken}-0`, at: '2026-11-01T10:00:00Z', type: 'state', ingestion: 'i', note: 'x'.repeat(10_000) };
      }
    } finally {
      resolve();
    }
  };
  const sent = request(`${url}/v1/events`, { headers: { authorization: `Bearer ${KEYS.read}` } });
  t.after(() => sent.destroy());
  sent.on('error', () => {});
  sent.end();
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  answer.on('error', () => {});
  answer.pause();
  await cut;
  assert.ok(taken < 5_000, `${taken} events of 10 kB were taken for one that reads nothing`);
});

test('a stream that breaks is ended and logged', async (t) => {
  const { url, pipeline, logged } = await openGateway(t);
  const stream = await open(t, url, '/v1/events');
  pipeline.fail(new Error('gone'));
  pipeline.tell({ type: 'state', ingestion: 'i' });
  await stream.ended;
  assert.ok(logged.some(({ event }) => event === 'Events:Follow:Broken'));
  pipeline.fail(null);
});
