/** The files the chart gives to PostGIS, Redis and ActiveMQ, with those servers. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, describe, test } from 'node:test';
import { Redis } from 'ioredis';
import { activemqHome, java } from '../../counterparts/activemq/install.ts';
import { runProgram } from '../../counterparts/helm.ts';
import { startPostgis } from '../../counterparts/postgis.ts';
import { redisBinary } from '../../counterparts/redis.ts';
import { keepServer, type ServerLife, startProcess, withFreshPorts } from '../../counterparts/server-process.ts';
import { ofKind } from '../shared/manifests.ts';
import { ROOT, render } from '../shared/render.ts';

const FILES = join(ROOT, 'charts', 'geonode', 'files');
const read = (path: string): Promise<string> => readFile(join(FILES, path), 'utf8');
const scratch = (): Promise<string> => mkdtemp(join(tmpdir(), 'geosluice-chart-'));

describe('Redis', () => {
  let life: ServerLife | undefined;
  after(() => life?.stop());

  test('asks for the password of its environment, evicts nothing, and keeps what is queued over a restart', async () => {
    const password = 'a-b.c_d~e';
    const [url, started] = await withFreshPorts(1, async ([port]) => {
      const folder = await scratch();
      const conf = (await read('redis/redis.conf')).replace('port 6379', `port ${port}`).replace('/data', folder);
      await writeFile(join(folder, 'redis.conf'), conf);
      const script = (await read('redis/start.sh'))
        .replaceAll('/opt/geosluice/redis/redis.conf', join(folder, 'redis.conf'))
        .replaceAll('/tmp/redis.conf', join(folder, 'started.conf'))
        .replace('exec redis-server', `exec ${await redisBinary()}`);
      await writeFile(join(folder, 'start.sh'), script);
      const at = `redis://:${password}@127.0.0.1:${port}`;
      const start = () =>
        startProcess({
          name: 'Redis',
          command: 'sh',
          args: [join(folder, 'start.sh')],
          folder,
          env: { REDIS_PASSWORD: password },
          probe: () => withRedis(at, async (redis) => void (await redis.ping())),
          readyWithinMs: 20_000,
        });
      return [at, await keepServer(folder, start)] as const;
    });
    life = started;
    await assert.rejects(
      withRedis(url.replace(password, 'wrong'), (redis) => redis.ping()),
      /WRONGPASS|invalid username-password/,
    );
    await withRedis(url, async (redis) => {
      assert.deepEqual(await redis.config('GET', 'maxmemory-policy'), ['maxmemory-policy', 'noeviction']);
      await redis.rpush('celery', 'a task');
    });
    // appendfsync everysec: a kill of the process alone loses nothing that was written
    await started.kill();
    await started.restart();
    assert.deepEqual(await withRedis(url, (redis) => redis.lrange('celery', 0, -1)), ['a task']);
  });

  async function withRedis<T>(url: string, use: (redis: Redis) => Promise<T>): Promise<T> {
    const redis = new Redis(url, { maxRetriesPerRequest: 0, retryStrategy: () => null });
    // the first error says why; what is asked later only hears of a closed connection
    const failed = new Promise<never>((_, reject) => redis.once('error', reject));
    redis.on('error', () => {});
    try {
      return await Promise.race([failed, once(redis, 'ready').then(() => use(redis))]);
    } finally {
      redis.disconnect();
    }
  }
});

describe('PostGIS', () => {
  test('gets both databases with PostGIS in them, each of a user of its own, whatever is in the passwords', async () => {
    const postgis = await startPostgis();
    after(() => postgis.stop());
    const server = new URL(postgis.url);
    const bin = '/usr/lib/postgresql/15/bin';
    const env = {
      PATH: `${bin}:${process.env.PATH}`,
      PGHOST: server.hostname,
      PGPORT: server.port,
      PGPASSWORD: server.password,
      POSTGRES_USER: server.username,
      GEONODE_DATABASE: 'chart_geonode',
      GEONODE_DATABASE_USER: 'chart_geonode_user',
      GEONODE_DATABASE_PASSWORD: `it's "quoted" \\ and $dollared`,
      GEONODE_GEODATABASE: 'chart_data',
      GEONODE_GEODATABASE_USER: 'chart_data_user',
      GEONODE_GEODATABASE_PASSWORD: 'plain',
    };
    const { code, stderr } = await runProgram('sh', [join(FILES, 'postgis/init-databases.sh')], { env });
    assert.equal(code, 0, stderr);
    const ask = async (database: string, user: string, password: string) => {
      const query = 'SELECT current_user, postgis_lib_version() IS NOT NULL; CREATE TABLE mine (id int)';
      const login = { ...env, PGPASSWORD: password };
      const args = [
        '--no-psqlrc',
        '--tuples-only',
        '--no-align',
        '--username',
        user,
        '--dbname',
        database,
        '-c',
        query,
      ];
      const { code, stdout, stderr } = await runProgram(join(bin, 'psql'), args, { env: login });
      assert.equal(code, 0, stderr);
      return stdout.split('\n')[0];
    };
    assert.equal(
      await ask('chart_geonode', 'chart_geonode_user', env.GEONODE_DATABASE_PASSWORD),
      'chart_geonode_user|t',
    );
    assert.equal(await ask('chart_data', 'chart_data_user', 'plain'), 'chart_data_user|t');
  });
});

describe('ActiveMQ', () => {
  const login = { user: 'geoserver', password: 'p&"ss <word>' };
  let life: ServerLife | undefined;
  after(() => life?.stop());

  test('runs by the command of the pod, asks for the login, and keeps what a node did not fetch over a kill', async () => {
    const home = await activemqHome();
    const [port, started] = await withFreshPorts(1, async ([port = 0]) => {
      const folder = await scratch();
      const [command = '', ...args] = await podCommand(home, folder);
      for (const file of ['activemq.xml', 'log4j2.properties']) {
        const text = (await read(`activemq/${file}`)).replace('0.0.0.0:61616', `127.0.0.1:${port}`);
        await writeFile(join(folder, file), text);
      }
      const env = { ACTIVEMQ_CONNECTION_USER: login.user, ACTIVEMQ_CONNECTION_PASSWORD: login.password };
      const probe = () => opens(port);
      const start = () => startProcess({ name: 'ActiveMQ', command, args, folder, env, probe, readyWithinMs: 120_000 });
      return [port, await keepServer(folder, start)] as const;
    });
    life = started;
    const queue = ['--destination', 'queue://Consumer.replica-0.VirtualTopic.geoserver'];
    await assert.rejects(
      ask(home, port, 'producer', [...queue, '--messageCount', '1'], 'wrong'),
      /password is invalid/,
    );
    await ask(home, port, 'producer', [...queue, '--messageCount', '2', '--message', 'a layer'], login.password);
    await started.kill();
    await started.restart();
    const got = await ask(home, port, 'consumer', [...queue, '--messageCount', '2'], login.password);
    assert.match(got, /Consumed: 2 messages/);
  });

  /** As the pod's probes look at it. */
  async function opens(port: number): Promise<void> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect').finally(() => socket.destroy());
  }

  /** Command and arguments as the chart renders them, with this machine's paths. */
  async function podCommand(home: string, folder: string): Promise<string[]> {
    const broker = ofKind(await render('geonode'), 'StatefulSet').find(
      ({ metadata }) => metadata?.name === 'geonode-activemq',
    );
    const { command = [], args = [] } = broker?.spec?.template.spec?.containers[0] ?? {};
    assert.deepEqual(command, ['java']);
    return [await java(), ...args].map((word) =>
      word
        .replace('/opt/apache-activemq/data', join(folder, 'data'))
        .replace('/opt/apache-activemq', home)
        .replace('/opt/geosluice/activemq', folder)
        .replace('=/tmp', `=${dirname(folder)}`),
    );
  }

  async function ask(
    home: string,
    port: number,
    verb: 'producer' | 'consumer',
    args: string[],
    password: string,
  ): Promise<string> {
    const { code, stdout, stderr } = await runProgram(await java(), [
      `-Dactivemq.home=${home}`,
      `-Dactivemq.base=${home}`,
      '-jar',
      `${home}/bin/activemq.jar`,
      verb,
      ...['--brokerUrl', `tcp://127.0.0.1:${port}`, '--user', login.user, '--password', password],
      ...args,
    ]);
    const said = `${stdout}${stderr}`;
    if (code !== 0 || /SecurityException|ConnectException|Connection refused/.test(said)) throw new Error(said);
    return said;
  }
});
