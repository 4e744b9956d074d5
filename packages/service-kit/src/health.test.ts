import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startHealthServer } from './health.ts';

test('liveness, readiness and metrics answer for what they are asked', async (t) => {
  let [alive, ready] = [true, true];
  const server = await startHealthServer({
    host: '127.0.0.1',
    port: 0,
    alive: () => alive,
    ready: async () => ready,
    metrics: async () => 'geosluice_runs_total 1\n',
  });
  t.after(() => server.close());
  const get = async (path: string) => (await fetch(`http://127.0.0.1:${server.port}${path}`)).status;
  assert.deepEqual(
    [await get('/healthz'), await get('/readyz'), await get('/metrics'), await get('/x')],
    [200, 200, 200, 404],
  );
  [alive, ready] = [false, false];
  assert.deepEqual([await get('/healthz'), await get('/readyz')], [503, 503]);
});

test('a process that ends is alive, but not ready', async (t) => {
  const server = await startHealthServer({
    host: '127.0.0.1',
    port: 0,
    alive: () => true,
    ready: async () => true,
    metrics: async () => '',
  });
  t.after(() => server.close());
  server.drain();
  const get = async (path: string) => (await fetch(`http://127.0.0.1:${server.port}${path}`)).status;
  assert.deepEqual([await get('/healthz'), await get('/readyz')], [200, 503]);
});

test('a liveness that cannot be told is no death', async (t) => {
  const server = await startHealthServer({
    host: '127.0.0.1',
    port: 0,
    alive: () => Promise.reject(new Error('who knows')),
    ready: async () => true,
    metrics: async () => '',
  });
  t.after(() => server.close());
  assert.equal((await fetch(`http://127.0.0.1:${server.port}/healthz`)).status, 200);
});

test('a readiness that never answers is not ready', async (t) => {
  const server = await startHealthServer({
    host: '127.0.0.1',
    port: 0,
    alive: () => true,
    ready: () => new Promise(() => {}),
    metrics: async () => '',
  });
  t.after(() => server.close());
  assert.equal((await fetch(`http://127.0.0.1:${server.port}/readyz`)).status, 503);
});
