import { Cluster, type ClusterNode, type ClusterOptions, Redis, type RedisOptions } from 'ioredis';
import { batchWrites } from './batch-writes.ts';

export type Client = Redis | Cluster;

type ClientOptions = Omit<RedisOptions, 'replyMapping' | 'keyPrefix'>;

/** One way to a Redis: a url (with options beside it), options of ioredis (Sentinel among them), or a cluster's nodes. */
export type RedisConfig =
  | string
  | ClientOptions
  | { url: string; options: ClientOptions }
  | { cluster: ClusterNode[]; options?: Omit<ClusterOptions, 'redisOptions'>; redisOptions?: ClientOptions };

/** What a connection is for; only `commands` gives up on an answer. */
export type Purpose = 'commands' | 'worker' | 'follow';

const RECONNECT_MAX_MS = 5_000;

/** Opens a connection that reconnects for ever; BullMQ needs `maxRetriesPerRequest: null`. */
export function connect(
  config: RedisConfig,
  purpose: Purpose,
  onError: (error: Error) => void,
  /** Milliseconds after which a command without an answer is an error; blocking reads take longer by design. */
  commandTimeoutMs = 10_000,
): Client {
  const client = create(config, {
    maxRetriesPerRequest: null,
    retryStrategy: (times: number) => Math.min(RECONNECT_MAX_MS, 100 * 2 ** Math.min(times, 6)),
    // after a failover the old primary answers READONLY: reconnect, and send the command again
    reconnectOnError: (error: Error) => (error.message.startsWith('READONLY') ? 2 : false),
    ...(purpose === 'commands' ? { commandTimeout: commandTimeoutMs } : {}),
  });
  client.on('error', onError);
  batchWrites(client);
  return client;
}

function create(config: RedisConfig, ours: ClientOptions): Client {
  if (typeof config === 'string') return new Redis(config, ours);
  if ('url' in config) return new Redis(config.url, { ...config.options, ...ours });
  if (!('cluster' in config)) return new Redis({ ...config, ...ours });
  const { retryStrategy: _, ...each } = ours;
  return new Cluster(config.cluster, { ...config.options, redisOptions: { ...config.redisOptions, ...each } });
}
