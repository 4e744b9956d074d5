import { mkdir, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { S3Access } from '../../counterparts/geoserver/sources.ts';
import { startRedis } from '../../counterparts/redis.ts';
import { createBucket, startS3 } from '../../counterparts/s3.ts';
import { freePorts, keepServer, type ServerLife, startProcess } from '../../counterparts/server-process.ts';

const PROGRAMS = join(import.meta.dirname, 'programs');
const ALIAS = 's3main';
const [INBOX, TARGET] = ['inbox', 'target'];

export interface GeoServerOrder {
  port: number;
  s3: S3Access;
  alias: string;
  journal: string;
  user: string;
  password: string;
}

export interface GeonodeOrder {
  port: number;
  journal: string;
}

/** All that the line talks to, each a process of its own. */
export interface Servers {
  redisUrl: string;
  s3: S3Access;
  inbox: string;
  target: string;
  geoserver: { url: string; nodes: string[]; user: string; password: string; alias: string };
  geonode: { url: string; user: string; password: string };
  /** By name. */
  pids: Record<ServerName, number>;
  stop(): Promise<void>;
}

export const SERVERS = ['redis', 'versitygw', 'geoserver', 'geonode'] as const;
export type ServerName = (typeof SERVERS)[number];

/** @param state a folder that holds what they know, and outlives them */
export async function startServers(state: string): Promise<Servers> {
  const closers: Array<() => Promise<void>> = [];
  const stop = async (): Promise<void> => {
    for (const close of closers.splice(0).toReversed()) await close();
  };
  const keep = <T extends { stop(): Promise<void> }>(server: T): T => {
    closers.push(() => server.stop());
    return server;
  };
  try {
    const [redisFolder, root] = [join(state, 'redis'), join(state, 'objects')];
    for (const folder of [redisFolder, root]) await mkdir(folder, { recursive: true });
    const redis = keep(await startRedis({ config: { dir: redisFolder } }));
    const { endpoint, region, accessKey, secretKey, ...s3Server } = keep(await startS3('versitygw', { root }));
    const s3 = { endpoint, region, accessKey, secretKey };
    for (const bucket of [INBOX, TARGET]) await openBucket(s3, bucket);
    const [geoserverPort = 0, geonodePort = 0] = await freePorts(2);
    const login = { user: 'admin', password: 'geoserver' };
    const geoserverUrl = `http://127.0.0.1:${geoserverPort}/geoserver`;
    const geoserver = keep(
      await startStandIn('geoserver', `${geoserverUrl}/web`, {
        ...{ port: geoserverPort, s3, alias: ALIAS, journal: join(state, 'geoserver.jsonl'), ...login },
      } satisfies GeoServerOrder),
    );
    const geonodeUrl = `http://127.0.0.1:${geonodePort}`;
    const geonode = keep(
      await startStandIn('geonode', geonodeUrl, {
        ...{ port: geonodePort, journal: join(state, 'geonode.jsonl') },
      } satisfies GeonodeOrder),
    );
    return {
      ...{ redisUrl: redis.url, s3, inbox: INBOX, target: TARGET, stop },
      geoserver: { url: geoserverUrl, nodes: [geoserverUrl], alias: ALIAS, ...login },
      geonode: { url: geonodeUrl, user: 'admin', password: 'admin' },
      pids: {
        ...{ redis: pidOf(redis), versitygw: pidOf(s3Server), geoserver: geoserver.pid(), geonode: geonode.pid() },
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Of a server that was started here. */
function pidOf({ pid }: { pid?(): number }): number {
  if (pid === undefined) throw new Error('the line needs servers of its own: name none in the environment');
  return pid();
}

async function openBucket(s3: S3Access, name: string): Promise<void> {
  await createBucket(s3, name).catch((error: Error) => {
    if (!/BucketAlready/.test(error.name)) throw error;
  });
}

async function startStandIn(name: 'geoserver' | 'geonode', url: string, order: object): Promise<ServerLife> {
  const folder = await mkdtemp(join(tmpdir(), `geosluice-${name}-`));
  return await keepServer(folder, () =>
    startProcess({
      ...{ name: `the stand-in for ${name}`, command: process.execPath, folder },
      args: ['--disable-warning=ExperimentalWarning', join(PROGRAMS, `${name}.ts`), JSON.stringify(order)],
      async probe() {
        const answer = await fetch(url);
        await answer.text();
        if (!answer.ok) throw new Error(`${url} answers ${answer.status}`);
      },
    }),
  );
}
