import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import { cached, exists } from './cache.ts';
import { startRedis } from './redis.ts';
import { S3_KINDS, startS3 } from './s3.ts';
import { startProcess } from './server-process.ts';

const here = fileURLToPath(new URL('.', import.meta.url));
// a folder for temporary files of its own, so that other test files' servers are not counted
const own = await mkdtemp(join(tmpdir(), 'geosluice-own-'));
process.env.TMPDIR = own;
// these tests are about the local servers
for (const name of ['REDIS_URL', 'S3_ENDPOINT', 'DOCKER']) delete process.env[`GEOSLUICE_TEST_${name}`];
after(() => rm(own, { recursive: true, force: true }));

test('Redis keeps what it was told through a kill and a restart, and evicts nothing', async (t) => {
  const server = await startRedis({ config: { appendfsync: 'always' } });
  t.after(() => server.stop());
  const redis = new Redis(server.url, { lazyConnect: true, retryStrategy: () => null });
  redis.on('error', () => {});
  await redis.connect();
  assert.deepEqual(await redis.config('GET', 'maxmemory-policy'), ['maxmemory-policy', 'noeviction']);
  await redis.set('kept', 'yes');
  await server.kill?.();
  await server.restart?.();
  await redis.connect();
  assert.equal(await redis.get('kept'), 'yes');
  redis.disconnect();
});

test('Redis takes another policy, for tests of the refusal', async (t) => {
  const server = await startRedis({ policy: 'allkeys-lru' });
  t.after(() => server.stop());
  const redis = new Redis(server.url);
  assert.match(await redis.info('memory'), /maxmemory_policy:allkeys-lru/);
  redis.disconnect();
});

for (const kind of S3_KINDS) {
  test(`${kind} starts, survives a kill and a restart on its port, and leaves no folder`, async () => {
    const before = await folders();
    const server = await startS3(kind);
    const endpoint = server.endpoint;
    await server.kill?.();
    await assert.rejects(fetch(endpoint));
    await server.restart?.();
    assert.equal((await fetch(`${endpoint}/${server.bucket}`)).status, 403, 'unsigned requests are refused');
    await server.stop();
    assert.deepEqual(await folders(), before);
  });
}

test('a server dies with the test that started it, and its folder goes', async () => {
  const script = `import { startRedis } from ${JSON.stringify(join(here, 'redis.ts'))};
    const server = await startRedis({ policy: 'noeviction' });
    process.stdout.write(server.url + '\\n'); setInterval(() => {}, 1000);`;
  const before = await folders();
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [url] = await once(child.stdout, 'data');
  const { port } = new URL(String(url).trim());
  child.kill('SIGKILL');
  const connected = async (): Promise<boolean> => {
    const socket = connect(Number(port), '127.0.0.1');
    return once(socket, 'connect').then(
      () => socket.destroy() !== undefined,
      () => false,
    );
  };
  const deadline = Date.now() + 10_000;
  while (((await connected()) || (await folders()).length > before.length) && Date.now() < deadline) await wait(20);
  assert.equal(await connected(), false);
  assert.deepEqual(await folders(), before);
});

test('a server that does not start is reported with its log', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'geosluice-test-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const start = startProcess({
    name: 'Broken',
    command: 'sh',
    args: ['-c', 'echo no room on the device; exit 3'],
    folder,
    probe: () => Promise.reject(new Error('nobody there')),
  });
  await assert.rejects(start, /Broken ended with code 3[\s\S]*no room on the device/);
});

test('a port that another process took meanwhile is not mistaken for the server', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'geosluice-test-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  t.after(() => other.close());
  const ended = startProcess({ name: 'Late', command: 'false', args: [], folder, probe: () => wait(200) });
  await assert.rejects(ended, /Late ended with code 1/);
});

test('the cache installs once for many at a time, and again after a failed install or a dead holder of the lock', async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'geosluice-cache-'));
  t.after(() => rm(root, { recursive: true, force: true }));
  const saved = process.env.GEOSLUICE_CACHE;
  process.env.GEOSLUICE_CACHE = root;
  t.after(() => {
    if (saved === undefined) delete process.env.GEOSLUICE_CACHE;
    else process.env.GEOSLUICE_CACHE = saved;
  });
  let installs = 0;
  const install = async (folder: string): Promise<void> => {
    installs += 1;
    await writeFile(join(folder, 'tool'), 'bytes');
  };
  await assert.rejects(
    cached('tool-1', async (folder) => {
      await writeFile(join(folder, 'half'), '');
      throw new Error('no network');
    }),
    /no network/,
  );
  assert.deepEqual(await readdir(root), [], 'a failed install leaves nothing');
  // a process id that cannot be alive
  await writeFile(join(root, 'tool-1.lock'), '4194305');
  const found = await Promise.all(Array.from({ length: 5 }, () => cached('tool-1', install)));
  assert.deepEqual(new Set(found), new Set([join(root, 'tool-1')]));
  assert.equal(installs, 1);
  assert.equal(await exists(join(root, 'tool-1', 'tool')), true);
  assert.deepEqual(await readdir(root), ['tool-1']);
});

async function folders(): Promise<string[]> {
  return (await readdir(tmpdir())).filter((name) => /^geosluice-(redis|s3)-/.test(name)).sort();
}
