import assert from 'node:assert/strict';
import { mkdir, mkdtemp, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Redis } from 'ioredis';
import { redisBinary } from '../../counterparts/redis.ts';
import { freePorts, removeFolder, startProcess } from '../../counterparts/server-process.ts';
import { theOne } from '../shared/manifests.ts';
import { containerOf, release } from './release.ts';

test('Redis starts by the chart’s own script and configuration, with a password of any characters', async (t) => {
  const manifests = await release();
  const folder = await mkdtemp(join(tmpdir(), 'geosluice-redis-script-'));
  t.after(() => removeFolder(folder));
  const [port = 0] = await freePorts(1);
  for (const name of ['bin', 'etc', 'data']) await mkdir(join(folder, name));
  await symlink(await redisBinary(), join(folder, 'bin', 'redis-server'));
  const conf = theOne(manifests, 'ConfigMap', 'geosluice-redis').data?.['redis.conf'] ?? '';
  await writeFile(
    join(folder, 'etc', 'redis.conf'),
    `${conf.replace('dir /data', `dir ${folder}/data`)}port ${port}\n`,
  );
  // as in the container, but below a folder
  const { command = [], args = [] } = containerOf(manifests, 'redis');
  const script = (args[0] ?? '').replaceAll('/tmp/', `${folder}/`).replaceAll('/etc/redis/', `${folder}/etc/`);
  const password = 'a"b\\c d#\'$x';
  const redis = new Redis({ port, password, lazyConnect: true, retryStrategy: () => null });
  redis.on('error', () => {});
  const server = await startProcess({
    ...{ name: 'redis', command: command[0] ?? '', args: [...command.slice(1), script], folder },
    env: { PATH: `${folder}/bin:${process.env.PATH}`, REDISCLI_AUTH: password },
    probe: async () => {
      if (redis.status !== 'ready') await redis.connect();
    },
  });
  t.after(() => server.end('SIGKILL'));
  assert.equal(await redis.ping(), 'PONG');
  assert.deepEqual(await redis.config('GET', 'maxmemory-policy'), ['maxmemory-policy', 'noeviction']);
  assert.deepEqual(await redis.config('GET', 'appendfsync'), ['appendfsync', 'everysec']);
  const stranger = new Redis({ port, lazyConnect: true, retryStrategy: () => null });
  stranger.on('error', () => {});
  await assert.rejects(stranger.ping(), /NOAUTH/);
  redis.disconnect();
  stranger.disconnect();
});
