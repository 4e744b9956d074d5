import { Redis } from 'ioredis';

/** What a Redis took since it began. */
export interface RedisUsage {
  /** CPU seconds, user and system. */
  cpu: number;
  /** Commands it ran, those that scripts call among them. */
  commands: number;
  /** Bytes in use now, `used_memory`. */
  memory: number;
}

export interface RedisLook {
  usage(): Promise<RedisUsage>;
  removeAll(): Promise<void>;
  close(): void;
}

export function openRedisLook(url: string): RedisLook {
  const redis = new Redis(url);
  return {
    usage: async () => readUsage(await redis.info()),
    async removeAll() {
      await redis.flushall();
    },
    close: () => redis.disconnect(),
  };
}

/** @param info as INFO answers. @throws Error where it lacks what is asked for */
export function readUsage(info: string): RedisUsage {
  const value = (name: string): number => {
    const found = new RegExp(`^${name}:([\\d.]+)`, 'm').exec(info)?.[1];
    if (found === undefined) throw new Error(`Redis does not tell its ${name}`);
    return Number(found);
  };
  return {
    cpu: value('used_cpu_user') + value('used_cpu_sys'),
    commands: value('total_commands_processed'),
    memory: value('used_memory'),
  };
}
