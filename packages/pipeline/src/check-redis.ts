import type { Log } from '@geosluice/jobs';
import { asPipelineError, PipelineError } from './error.ts';
import type { Client } from './redis.ts';

export interface RedisVerdict {
  /** Why nothing may start on this Redis; null where it may. */
  refusal: string | null;
  warnings: string[];
}

/** Judges what INFO says; CONFIG is often forbidden where Redis is managed. Null where a section could not be read. */
export function decideRedis(memory: string | null, persistence: string | null): RedisVerdict {
  const policy = field(memory, 'maxmemory_policy');
  const aof = field(persistence, 'aof_enabled');
  const warnings: string[] = [];
  if (policy === null) {
    warnings.push('Redis does not tell its maxmemory-policy; make sure that it is noeviction, or jobs will be lost');
  }
  if (aof === null) {
    warnings.push(
      'Redis does not tell whether it keeps an append-only file; set appendonly yes, or a crash loses jobs',
    );
  } else if (aof === '0') {
    warnings.push('Redis keeps no append-only file, so that its crash loses jobs; set appendonly yes');
  }
  const refusal =
    policy === null || policy === 'noeviction'
      ? null
      : `Redis may evict jobs and the ledger: its maxmemory-policy is ${policy}. Set maxmemory-policy noeviction ` +
        '(redis.conf, or CONFIG SET maxmemory-policy noeviction, or the parameter group of a managed Redis).';
  return { refusal, warnings };
}

function field(info: string | null, name: string): string | null {
  const line = info?.split(/\r?\n/).find((text) => text.startsWith(`${name}:`));
  return line === undefined ? null : line.slice(name.length + 1).trim();
}

/** @throws PipelineError REDIS_MAY_EVICT, or REDIS_AWAY where it does not answer */
export async function checkRedis(redis: Client, log: Log, timeoutMs = 10_000): Promise<void> {
  await answered(redis, timeoutMs);
  const read = (section: string): Promise<string | null> => redis.info(section).catch(() => null);
  const verdict = decideRedis(await read('memory'), await read('persistence'));
  for (const warning of verdict.warnings) log.warn({ warning }, 'Redis:Check:Warning');
  if (verdict.refusal !== null) throw new PipelineError('REDIS_MAY_EVICT', verdict.refusal);
}

/** A cluster that was never reached queues its commands without end, so the wait is bounded here. */
async function answered(redis: Client, timeoutMs: number): Promise<void> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`the connection timed out after ${timeoutMs} ms`)), timeoutMs);
  try {
    await Promise.race([redis.ping(), promise]);
  } catch (error) {
    throw asPipelineError(error);
  } finally {
    clearTimeout(timer);
  }
}
