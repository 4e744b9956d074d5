import type { StageName } from '@geosluice/jobs';
import type { Keys } from '../keys.ts';
import type { Client } from '../redis.ts';
import { runScript, script } from '../script.ts';

/**
 * A hold keeps a whole queue still while its counterpart is down, for every worker. It grows with every outage that
 * follows; when it ends, one job goes ahead as a probe, and only its success lets the others go. Times are Redis's own.
 */
export interface Hold {
  /** The counterpart is down. @returns how long the queue rests, and the outage's number since it was last well */
  down(outage: { counterpart: string; code: string; atLeastMs: number }): Promise<{ ms: number; epoch: number }>;
  /** A probe ended: `well` where it proved that the counterpart is back. @returns true where the hold is over */
  probed(run: string, well: boolean): Promise<boolean>;
}

export interface HoldOptions {
  /** Milliseconds of the first hold, and of the longest. */
  baseMs: number;
  maxMs: number;
  /** Milliseconds after which another probe may start, whatever became of the first. */
  probeMs: number;
}

const TIMES = `
local function times(hold)
  local t = redis.call('TIME')
  return t[1] * 1000 + math.floor(t[2] / 1000), tonumber(redis.call('HGET', hold, 'until') or '0')
end
`;
const NOW = `${TIMES} local now, till = times(KEYS[1])`;

/** May a run begin? The milliseconds are those of a probe. */
export const GATE = `${TIMES}
-- no hold, as nearly always: all runs of one script are let through by one look
local free = false
local function gate(hold, probe, run, ms)
  free = free or redis.call('EXISTS', hold) == 0
  if free then return 'go', 0 end
  local now, till = times(hold)
  if till == 0 then return 'go', 0 end
  if now < till then return 'held', till - now end
  if redis.call('SET', probe, run, 'NX', 'PX', ms) then return 'probe', 0 end
  -- behind a probe, ask again soon
  return 'held', math.max(1, math.min(1000, redis.call('PTTL', probe)))
end
`;

const DOWN = script(`${NOW}
local epoch = tonumber(redis.call('GET', KEYS[3]) or '0')
redis.call('DEL', KEYS[2])
if now < till then return {till - now, epoch} end
local level = tonumber(redis.call('HGET', KEYS[1], 'level') or '0') + 1
local full = math.min(tonumber(ARGV[2]), ARGV[1] * 2 ^ math.min(level - 1, 30))
local ms = math.floor(math.max(full / 2 + full / 2 * ARGV[3], tonumber(ARGV[4])))
redis.call('HSET', KEYS[1], 'until', string.format('%.0f', now + ms), 'level', level, 'counterpart', ARGV[5], 'code', ARGV[6])
redis.call('PEXPIRE', KEYS[1], ms + 4 * ARGV[2])
return {ms, epoch}
`);

const PROBED = script(`${NOW}
local own = redis.call('GET', KEYS[2]) == ARGV[1]
if own then redis.call('DEL', KEYS[2]) end
if till == 0 or now < till then return 0 end
if ARGV[2] == '1' then
  redis.call('DEL', KEYS[1], KEYS[2])
  redis.call('INCR', KEYS[3])
  return 1
end
return 0
`);

export function createHold(redis: Client, keys: Keys, stage: StageName, options: HoldOptions): Hold {
  const names = [keys.hold(stage), keys.probe(stage), keys.epoch(stage)];
  return {
    async down({ counterpart, code, atLeastMs }) {
      const args = [options.baseMs, options.maxMs, Math.random(), atLeastMs, counterpart, code];
      const [ms, epoch] = (await runScript(redis, DOWN, names, args)) as [number, number];
      return { ms, epoch };
    },
    async probed(run, well) {
      return (await runScript(redis, PROBED, names, [run, well ? '1' : '0'])) === 1;
    },
  };
}
