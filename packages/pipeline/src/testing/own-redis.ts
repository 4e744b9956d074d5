import { after, before } from 'node:test';
import { Redis } from 'ioredis';
import { type RedisServer, startRedis } from '../../../../test/counterparts/redis.ts';

/** A Redis that the tests of one file may do with as they like, and a plain client of it; both are there once the tests begin. */
export function ownRedis(): { readonly redis: Redis; readonly url: string } {
  let server: RedisServer;
  let redis: Redis;
  before(async () => {
    // one that is named serves other tests too, and gets none that asks for options
    server = await startRedis({ policy: 'noeviction' });
    redis = new Redis(server.url);
  });
  after(async () => {
    redis?.disconnect();
    await server?.stop();
  });
  return {
    get redis() {
      return redis;
    },
    get url() {
      return server.url;
    },
  };
}
