import { once } from 'node:events';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { createServer } from 'node:tls';
import { Redis } from 'ioredis';
import type { Certificate } from './certificates.ts';
import { type RedisServer, redisBinary, startRedis } from './redis.ts';
import { freePorts, removeFolder, startProcess } from './server-process.ts';

/** A primary and a replica under one Sentinel. */
export interface Sentinel {
  /** `host:port` of the Sentinel. */
  address: string;
  /** What it calls the primary. */
  name: string;
  /** Kills the primary, and resolves once the Sentinel names the other one. */
  failover(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts them, each with its own password. Local only. */
export async function startSentinel(passwords: { redis: string; sentinel: string }): Promise<Sentinel> {
  const config = { requirepass: passwords.redis, masterauth: passwords.redis, 'repl-diskless-sync-delay': '0' };
  const login = { password: passwords.redis };
  const primary = await startRedis({ config, login });
  const { port } = new URL(primary.url);
  const replica = await startRedis({ config: { ...config, replicaof: `127.0.0.1 ${port}` }, login });
  const folder = await mkdtemp(join(tmpdir(), 'geosluice-sentinel-'));
  const [sentinelPort = 0] = await freePorts(1);
  const name = 'mymaster';
  const lines = [
    `port ${sentinelPort}`,
    'bind 127.0.0.1',
    `dir ${folder}`,
    `requirepass ${passwords.sentinel}`,
    `sentinel monitor ${name} 127.0.0.1 ${port} 1`,
    `sentinel auth-pass ${name} ${passwords.redis}`,
    `sentinel down-after-milliseconds ${name} 500`,
    `sentinel failover-timeout ${name} 2000`,
  ];
  await writeFile(join(folder, 'sentinel.conf'), `${lines.join('\n')}\n`);
  const ask = async <T>(run: (redis: Redis) => Promise<T>): Promise<T> => {
    const options = { password: passwords.sentinel, lazyConnect: true, retryStrategy: () => null };
    const redis = new Redis(sentinelPort, '127.0.0.1', options);
    redis.on('error', () => {});
    try {
      await redis.connect();
      return await run(redis);
    } finally {
      redis.disconnect();
    }
  };
  const sentinel = await startProcess({
    name: 'Sentinel',
    command: await redisBinary(),
    args: [join(folder, 'sentinel.conf'), '--sentinel'],
    folder,
    // ready when it has found the replica, without which there is no failover
    probe: () =>
      ask(async (redis) => {
        const replicas = (await redis.call('SENTINEL', 'REPLICAS', name)) as string[][];
        const flags = replicas.map((fields) => fields[fields.indexOf('flags') + 1]);
        const linked = replicas.map((fields) => fields[fields.indexOf('master-link-status') + 1]);
        if (flags[0] !== 'slave' || linked[0] !== 'ok') throw new Error('no replica yet');
      }),
    readyWithinMs: 60_000,
  });
  return {
    address: `127.0.0.1:${sentinelPort}`,
    name,
    async failover() {
      await primary.kill?.();
      for (;;) {
        const [, now] = await ask(
          (redis) => redis.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', name) as Promise<string[]>,
        );
        if (now !== port) return;
        await wait(50);
      }
    },
    async stop() {
      await sentinel.end('SIGKILL');
      await removeFolder(folder);
      await replica.stop();
      await primary.stop();
    },
  };
}

/** Three primaries that share the slots of one cluster. Local only. */
export async function startRedisCluster(password: string): Promise<{ nodes: string[]; stop(): Promise<void> }> {
  const config = { 'cluster-enabled': 'yes', 'cluster-announce-ip': '127.0.0.1', requirepass: password };
  const login = { password };
  // by default a node's bus has its own port and 10,000, which may be none
  const servers: RedisServer[] = [];
  for (let each = 0; each < 3; each += 1) {
    servers.push(await startRedis({ config: { ...config, 'cluster-port': `${(await freePorts(1))[0]}` }, login }));
  }
  const clients = servers.map(({ url }) => new Redis(url, login));
  const ports = servers.map(({ url }) => new URL(url).port);
  const slots = ['0 5460', '5461 10922', '10923 16383'];
  for (const [index, client] of clients.entries()) {
    await client.call('CLUSTER', 'ADDSLOTSRANGE', ...(slots[index] ?? '').split(' '));
  }
  for (const [index, client] of clients.entries()) {
    const [, bus = ''] = (await client.config('GET', 'cluster-port')) as string[];
    for (const other of clients) await other.call('CLUSTER', 'MEET', '127.0.0.1', ports[index] ?? '', bus);
  }
  for (const client of clients) {
    const formed = async (): Promise<boolean> => {
      const info = `${await client.call('CLUSTER', 'INFO')}`;
      return /cluster_state:ok/.test(info) && /cluster_known_nodes:3\b/.test(info);
    };
    while (!(await formed())) await wait(50);
    client.disconnect();
  }
  return {
    nodes: ports.map((port) => `127.0.0.1:${port}`),
    async stop() {
      await Promise.all(servers.map((server) => server.stop()));
    },
  };
}

/** Speaks TLS in front of a server that does not. @returns the port, on 127.0.0.1, and how to end it */
export async function tlsInFrontOf(
  url: string,
  certificate: Pick<Certificate, 'cert' | 'key'>,
): Promise<{ port: number; stop(): Promise<void> }> {
  const { hostname, port } = new URL(url);
  const server = createServer(certificate, (outside) => {
    const inside = connect(Number(port), hostname);
    outside.pipe(inside).pipe(outside);
    outside.on('error', () => inside.destroy());
    outside.on('close', () => inside.destroy());
    inside.on('error', () => outside.destroy());
  });
  // whoever does not trust the certificate breaks off, which is what some tests are about
  server.on('tlsClientError', () => {});
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const open = new Set<Socket>();
  server.on('connection', (socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
  });
  return {
    port: (server.address() as AddressInfo).port,
    async stop() {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
