import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { batchWrites } from './batch-writes.ts';
import type { Client } from './redis.ts';

function batched(): { stream: PassThrough; seen: string[] } {
  const stream = new PassThrough();
  const client = Object.assign(new EventEmitter(), { stream, isCluster: false });
  batchWrites(client as unknown as Client);
  client.emit('connect');
  const seen: string[] = [];
  stream.on('data', (chunk) => seen.push(String(chunk)));
  return { stream, seen };
}

test('what is written in one turn goes out at its end, in its order', async () => {
  const { stream, seen } = batched();
  stream.write('a');
  stream.write('b');
  assert.deepEqual(seen, []);
  await turn();
  await turn();
  assert.equal(seen.join(''), 'ab');
  stream.end('c');
  await once(stream, 'end');
  assert.equal(seen.join(''), 'abc');
});

test('eight do not wait for the end of the turn', async () => {
  const { stream, seen } = batched();
  for (const text of 'abcdefghij') stream.write(text);
  assert.equal(seen.join(''), 'abcdefgh');
  await turn();
  await turn();
  assert.equal(seen.join(''), 'abcdefghij');
});
