import { chown, mkdir, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { exists } from './cache.ts';
import { aptInstall, runInstaller } from './packages.ts';
import { removeFolder, startProcess, withFreshPorts } from './server-process.ts';

/** Debian 12's PostgreSQL, and the image that has the same one. */
const BINARIES = '/usr/lib/postgresql/15/bin';
/** Of PostGIS, which is a package of its own. */
const EXTENSION = '/usr/share/postgresql/15/extension/postgis.control';
const IMAGE = 'postgis/postgis:15-3.5';
const USER = 'geosluice';
const PASSWORD = 'geosluice';

/** Durability is not what these tests are about: nothing is synced, and the data goes with the server. */
const SETTINGS = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  wal_level: 'minimal',
  max_wal_senders: '0',
  max_connections: '100',
  unix_socket_directories: '',
  listen_addresses: '127.0.0.1',
  log_min_messages: 'warning',
};

export interface PostgisServer {
  /** Of the administrator, to the database `postgres`: `postgresql://user:password@host:port/postgres`. */
  url: string;
  /** Of its first process, from which all others descend; null where it runs elsewhere. */
  pid: number | null;
  /** Makes a database with PostGIS in it, and fills it from a dump where given. @returns its url */
  createDatabase(name: string, dump?: string): Promise<string>;
  dropDatabase(name: string): Promise<void>;
  /** Writes a database as SQL. */
  dump(name: string, file: string): Promise<void>;
  stop(): Promise<void>;
}

/**
 * A PostGIS for tests: the one that GEOSLUICE_TEST_POSTGIS_URL names (a superuser's), else one in Docker where
 * GEOSLUICE_TEST_DOCKER=1, else Debian's own server, installed where it is missing and the test runs as root.
 */
export async function startPostgis(): Promise<PostgisServer> {
  const named = process.env.GEOSLUICE_TEST_POSTGIS_URL;
  if (named !== undefined && named !== '') {
    await ensure([join(BINARIES, 'psql')], 'postgresql-client-15');
    return server(named, async () => {});
  }
  if (process.env.GEOSLUICE_TEST_DOCKER === '1') {
    await ensure([join(BINARIES, 'psql')], 'postgresql-client-15');
    return inDocker();
  }
  await ensure([join(BINARIES, 'initdb'), EXTENSION], 'postgresql-15-postgis-3', 'postgresql-15-postgis-3-scripts');
  return locally();
}

async function ensure(files: string[], ...packages: string[]): Promise<void> {
  if ((await Promise.all(files.map(exists))).every(Boolean)) return;
  if (process.getuid?.() !== 0) throw new Error(`install ${packages.join(' ')}, or run the test as root`);
  await aptInstall(...packages);
}

async function locally(): Promise<PostgisServer> {
  const as = await unprivileged();
  return withFreshPorts(1, async ([port]) => {
    const folder = await mkdtemp(join(tmpdir(), 'geosluice-postgis-'));
    try {
      const data = join(folder, 'data');
      await mkdir(data);
      for (const path of as.uid === null ? [] : [folder, data]) await chown(path, as.uid!, as.gid!);
      const init = [...as.prefix, join(BINARIES, 'initdb'), '-D', data, '-U', USER, '--auth=trust', '--no-sync'];
      await runInstaller(init[0]!, [...init.slice(1), '--encoding=UTF8', '--locale=C.UTF-8']);
      const url = `postgresql://${USER}:${PASSWORD}@127.0.0.1:${port}/postgres`;
      const settings = Object.entries({ ...SETTINGS, port: `${port}` }).flatMap(([k, v]) => ['-c', `${k}=${v}`]);
      const command = [...as.prefix, join(BINARIES, 'postgres'), '-D', data, ...settings];
      const running = await startProcess({
        name: 'PostgreSQL',
        command: command[0]!,
        args: command.slice(1),
        folder,
        probe: () => answers(url),
      });
      const stop = async (): Promise<void> => {
        await running.end('SIGQUIT');
        await removeFolder(folder);
      };
      return server(url, stop, running.pid);
    } catch (error) {
      await removeFolder(folder);
      throw error;
    }
  });
}

/** PostgreSQL refuses to run as root: there it runs as the user that Debian's package made. */
async function unprivileged(): Promise<{ prefix: string[]; uid: number | null; gid: number | null }> {
  if (process.getuid?.() !== 0) return { prefix: [], uid: null, gid: null };
  const id = async (flag: string): Promise<number> => Number(await runInstaller('id', [flag, 'postgres']));
  return {
    prefix: ['setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups', '--'],
    uid: await id('-u'),
    gid: await id('-g'),
  };
}

async function inDocker(): Promise<PostgisServer> {
  const { GenericContainer, Wait } = await import('testcontainers');
  const container = await new GenericContainer(IMAGE)
    .withEnvironment({ POSTGRES_USER: USER, POSTGRES_PASSWORD: PASSWORD, POSTGRES_DB: 'postgres' })
    .withCommand(['postgres', '-c', 'fsync=off', '-c', 'full_page_writes=off', '-c', 'synchronous_commit=off'])
    .withExposedPorts(5432)
    // the image starts it twice: once to set it up
    .withWaitStrategy(Wait.forLogMessage(/ready to accept connections/, 2))
    .start();
  const url = `postgresql://${USER}:${PASSWORD}@${container.getHost()}:${container.getMappedPort(5432)}/postgres`;
  for (let left = 50; ; left -= 1) {
    try {
      await answers(url);
      break;
    } catch (error) {
      if (left === 0) throw error;
      await wait(200);
    }
  }
  return server(url, async () => {
    await container.stop();
  });
}

function server(url: string, stop: () => Promise<void>, pid: number | null = null): PostgisServer {
  const urlOf = (name: string): string => {
    const of = new URL(url);
    of.pathname = `/${name}`;
    return of.href;
  };
  return {
    url,
    pid,
    async createDatabase(name, dump) {
      await psql(url, ['-c', `create database "${name}" template template0 encoding 'UTF8'`]);
      if (dump === undefined) await psql(urlOf(name), ['-c', 'create extension postgis']);
      else await psql(urlOf(name), ['-1', '-f', dump]);
      return urlOf(name);
    },
    async dropDatabase(name) {
      await psql(url, ['-c', `drop database if exists "${name}" with (force)`]);
    },
    async dump(name, file) {
      await runInstaller(join(BINARIES, 'pg_dump'), ['--no-owner', '--no-acl', '--file', file, urlOf(name)]);
    },
    stop,
  };
}

/** Runs SQL in the database of a url. @returns its rows, a line each, values parted by `|` */
export async function queryPostgis(url: string, sql: string): Promise<string> {
  return (await psql(url, ['-At', '-c', sql])).trimEnd();
}

function psql(url: string, args: readonly string[]): Promise<string> {
  return runInstaller(join(BINARIES, 'psql'), ['-X', '-q', '-v', 'ON_ERROR_STOP=1', ...args, url]);
}

async function answers(url: string): Promise<void> {
  await queryPostgis(url, 'select 1');
}
