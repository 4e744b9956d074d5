import type { StageName } from '@geosluice/jobs';
import type { Keys } from '../keys.ts';
import type { Client } from '../redis.ts';
import { runScript, script } from '../script.ts';

/**
 * What is remembered of a job from run to run: how often it was begun without an end (a worker died, for BullMQ gives up at
 * the second stall), and in how many different outages it was the one that met them. It lies in BullMQ's own hash of the job,
 * and goes with it.
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
  /** The attempts of the job are gone for good. */
  forget(job: string): Promise<void>;
}

/** Fields of the job's hash; BullMQ's own have no colon. */
export const STARTS = 'run:starts';
export const FORGIVEN = 'run:forgiven';
const EPOCH = 'run:epoch';
const OUTAGES = 'run:outages';

/** Where the job is gone nothing is remembered: a hash without a job would keep its id from being added again. */
const THERE = `if redis.call('HEXISTS', KEYS[1], 'ats') == 0 then return 1 end`;

// whoever woke it before sees his wish fulfilled by this run
const STARTED = script(`
redis.call('DEL', KEYS[2])
${THERE}
return redis.call('HINCRBY', KEYS[1], '${STARTS}', 1)
`);

const SLEPT = script(`
${THERE}
redis.call('HDEL', KEYS[1], '${STARTS}', '${FORGIVEN}', '${EPOCH}', '${OUTAGES}')
if ARGV[1] ~= '0' then redis.call('HSET', KEYS[1], '${FORGIVEN}', ARGV[1]) end
return 1
`);

const OUTAGE = script(`
${THERE}
if redis.call('HGET', KEYS[1], '${EPOCH}') ~= ARGV[1] then
  redis.call('HSET', KEYS[1], '${EPOCH}', ARGV[1])
  redis.call('HINCRBY', KEYS[1], '${OUTAGES}', 1)
end
return tonumber(redis.call('HGET', KEYS[1], '${OUTAGES}'))
`);

export function createRunLog(redis: Client, keys: Keys, stage: StageName): RunLog {
  return {
    async started(job) {
      const starts = await runScript(redis, STARTED, [keys.job(stage, job), keys.woken(stage, job)], []);
      return Number(starts) - 1;
    },
    async slept(job, attemptsMade) {
      await runScript(redis, SLEPT, [keys.job(stage, job)], [attemptsMade]);
    },
    async ended(job) {
      await redis.hdel(keys.job(stage, job), STARTS);
    },
    async metOutage(job, epoch) {
      return Number(await runScript(redis, OUTAGE, [keys.job(stage, job)], [epoch]));
    },
    async forget(job) {
      await redis.hdel(keys.job(stage, job), STARTS, FORGIVEN, EPOCH, OUTAGES);
    },
  };
}
