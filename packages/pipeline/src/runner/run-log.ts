import type { StageName } from '@geosluice/jobs';
import type { Keys } from '../keys.ts';
import type { Client } from '../redis.ts';
import { runScript, script } from '../script.ts';

/**
 * What is remembered of a job from run to run, outside of BullMQ's own record: how often it was begun without an end
 * (a worker died, for BullMQ gives up at the second stall), and in how many different outages it was the one that met them.
 */
export interface RunLog {
  /** @returns the starts without an end before this one */
  started(job: string): Promise<number>;
  /** It ran well and is to run again: what went wrong before is history. `attemptsMade` as BullMQ counts them. */
  slept(job: string, attemptsMade: number): Promise<void>;
  /** An end of any kind, a hand-back at shutdown among them. */
  ended(job: string): Promise<void>;
  /** @returns in how many different outages this job met the counterpart's fall */
  metOutage(job: string, epoch: number): Promise<number>;
  /** The job is gone for good, or its attempts are. */
  forget(job: string): Promise<void>;
}

const KEEP_MS = 30 * 24 * 3_600_000;

// whoever woke it before sees his wish fulfilled by this run
const STARTED = script(`
local starts = redis.call('HINCRBY', KEYS[1], 'starts', 1)
redis.call('PEXPIRE', KEYS[1], ARGV[1])
redis.call('DEL', KEYS[2])
return starts
`);

const OUTAGE = script(`
if redis.call('HGET', KEYS[1], 'epoch') ~= ARGV[1] then
  redis.call('HSET', KEYS[1], 'epoch', ARGV[1])
  redis.call('HINCRBY', KEYS[1], 'outages', 1)
end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return tonumber(redis.call('HGET', KEYS[1], 'outages'))
`);

export function createRunLog(redis: Client, keys: Keys, stage: StageName): RunLog {
  return {
    async started(job) {
      const starts = await runScript(redis, STARTED, [keys.run(stage, job), keys.woken(stage, job)], [KEEP_MS]);
      return Number(starts) - 1;
    },
    async slept(job, attemptsMade) {
      const key = keys.run(stage, job);
      if (attemptsMade === 0) await redis.del(key);
      else await redis.multi().del(key).hset(key, 'forgiven', attemptsMade).pexpire(key, KEEP_MS).exec();
    },
    async ended(job) {
      await redis.hdel(keys.run(stage, job), 'starts');
    },
    async metOutage(job, epoch) {
      return Number(await runScript(redis, OUTAGE, [keys.run(stage, job)], [epoch, KEEP_MS]));
    },
    async forget(job) {
      await redis.del(keys.run(stage, job));
    },
  };
}
