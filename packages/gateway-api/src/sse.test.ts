import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readServerSentEvents, type ServerSentEvent, type SseState } from './sse.ts';

async function read(...texts: Array<string | Uint8Array>): Promise<{ events: ServerSentEvent[]; state: SseState }> {
  const state: SseState = { lastEventId: '', retryMs: null };
  async function* chunks(): AsyncGenerator<Uint8Array> {
    for (const text of texts) yield typeof text === 'string' ? new TextEncoder().encode(text) : text;
  }
  const events: ServerSentEvent[] = [];
  for await (const event of readServerSentEvents(chunks(), state)) events.push(event);
  return { events, state };
}

test('an event has a type, an id and data', async () => {
  const { events } = await read('id: 7-0\nevent: state\ndata: {"a":1}\n\n');
  assert.deepEqual(events, [{ id: '7-0', event: 'state', data: '{"a":1}' }]);
});

test('data over many lines is joined, comments are skipped, a space after the colon is not data', async () => {
  const { events } = await read(': heartbeat\n\ndata:one\ndata:  two\ndata\n\n');
  assert.deepEqual(events, [{ id: '', event: 'message', data: 'one\n two\n' }]);
});

test('every split of a stream with every line end gives the same events', async () => {
  for (const end of ['\n', '\r\n', '\r']) {
    const bytes = new TextEncoder().encode(['id: 1', 'data: grün', '', 'data: b', '', ':', ''].join(end));
    const { events: whole } = await read(bytes);
    assert.equal(whole.length, 2);
    for (let at = 1; at < bytes.length; at += 1) {
      const { events } = await read(bytes.subarray(0, at), bytes.subarray(at));
      assert.deepEqual(events, whole, `split at ${at} of ${JSON.stringify(end)}`);
    }
  }
});

test('an event that was cut off is not given, but its predecessor’s id is kept for the next connection', async () => {
  const { events, state } = await read('retry: 250\nid: 3-0\ndata: a\n\ndata: half');
  assert.deepEqual(events, [{ id: '3-0', event: 'message', data: 'a' }]);
  assert.deepEqual(state, { lastEventId: '3-0', retryMs: 250 });
});

test('an endless event is an error, not endless memory', async () => {
  await assert.rejects(read(`data: ${'x'.repeat(1024 * 1024)}`, 'x'), /more than 1048576 characters/);
  await assert.rejects(read(`data: ${'x'.repeat(600_000)}\n`, `data: ${'x'.repeat(600_000)}\n`), /characters/);
});
