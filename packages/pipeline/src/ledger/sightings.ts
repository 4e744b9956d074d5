import type { Sightings } from '@geosluice/jobs';
import { asked } from '../error.ts';
import type { Keys } from '../keys.ts';
import type { Client } from '../redis.ts';
import { runScript, type Script, script } from '../script.ts';

/** How many files a rule looks after, and how many of them are gone. */
export interface RuleFiles {
  rule: string;
  files: number;
  gone: number;
}

/** Sightings with what only the pipeline itself may do. */
export interface InternalSightings extends Sightings {
  /**
   * Datasets whose file is to be looked at by now; each is given to one asker, and again after `leaseMs` where nothing was
   * told of it meanwhile. What is dead or removed is let go of.
   */
  takeDue(rule: string, leaseMs: number, limit: number): Promise<string[]>;
  rules(): Promise<RuleFiles[]>;
}

const PRELUDE = `
local P = KEYS[1]
local a = cjson.decode(ARGV[1])
local call = redis.call
local function entry_key(id) return P .. ':d:' .. id end
local function files(rule) return P .. ':files:' .. rule end
local function gone(rule) return P .. ':gone:' .. rule end
local function leave(id, rule)
  call('ZREM', files(rule), id)
  call('ZREM', gone(rule), id)
  if call('EXISTS', files(rule)) == 0 then call('SREM', P .. ':rules', rule) end
end
-- known to the ledger, and of this rule from now on
local function join(id, rule)
  local cur = call('HMGET', entry_key(id), 'state', 'fileRule')
  if not cur[1] then return false end
  if cur[2] ~= rule then
    if cur[2] then leave(id, cur[2]) end
    call('HSET', entry_key(id), 'fileRule', rule)
  end
  return true
end
`;
const sightingsScript = (body: string): Script => script(PRELUDE + body);

const SIGHTED = sightingsScript(`
for _, id in ipairs(a.datasets) do
  if join(id, a.rule) then
    call('ZADD', files(a.rule), a.next, id)
    call('ZREM', gone(a.rule), id)
  end
end
if call('EXISTS', files(a.rule)) == 1 then call('SADD', P .. ':rules', a.rule) end
return 1
`);

const MISSED = sightingsScript(`
local since = a.now
if join(a.dataset, a.rule) then
  call('SADD', P .. ':rules', a.rule)
  call('ZADD', gone(a.rule), 'NX', a.now, a.dataset)
  since = tonumber(call('ZSCORE', gone(a.rule), a.dataset))
  local due = since + a.graceMs
  if due <= a.now then due = a.again end
  call('ZADD', files(a.rule), due, a.dataset)
end
-- another's clock may be ahead
local for_ms = math.max(0, a.now - since)
return {string.format('%.0f', for_ms), call('ZCARD', gone(a.rule)), call('ZCARD', files(a.rule))}
`);

const UNWATCH = sightingsScript(`
local rule = call('HGET', entry_key(a.dataset), 'fileRule')
if not rule then return 0 end
call('HDEL', entry_key(a.dataset), 'fileRule')
leave(a.dataset, rule)
return 1
`);

const TAKE_DUE = sightingsScript(`
local due = {}
for _, id in ipairs(call('ZRANGEBYSCORE', files(a.rule), '-inf', a.now, 'LIMIT', 0, a.limit)) do
  local state = call('HGET', entry_key(id), 'state')
  if not state or state == 'dead' or state == 'removed' then
    if state then call('HDEL', entry_key(id), 'fileRule') end
    leave(id, a.rule)
  else
    call('ZADD', files(a.rule), a.now + a.leaseMs, id)
    if state == 'visible' then due[#due + 1] = id end
  end
end
return due
`);

export function createSightings(redis: Client, keys: Keys, now: () => Date): InternalSightings {
  const run = (script: Script, document: Record<string, unknown>): Promise<unknown> =>
    asked(() => runScript(redis, script, [keys.root], [JSON.stringify({ ...document, now: now().getTime() })]));
  return {
    async sighted(rule, datasets, nextLook) {
      if (datasets.length > 0) await run(SIGHTED, { rule, datasets, next: nextLook.getTime() });
    },
    async missed(rule, dataset, { graceMs, again }) {
      const answer = await run(MISSED, { rule, dataset, graceMs, again: again.getTime() });
      const [forMs, gone, of] = answer as [string, number, number];
      return { forMs: Number(forMs), gone, of };
    },
    async unwatch(dataset) {
      await run(UNWATCH, { dataset });
    },
    async takeDue(rule, leaseMs, limit) {
      return (await run(TAKE_DUE, { rule, leaseMs, limit })) as string[];
    },
    async rules() {
      const names = (await asked(() => redis.smembers(keys.rules))).sort();
      const pipeline = redis.pipeline();
      for (const rule of names) pipeline.zcard(keys.files(rule)).zcard(keys.gone(rule));
      const answers = (await asked(() => pipeline.exec())) ?? [];
      const count = (at: number): number => Number(answers[at]?.[1] ?? 0);
      return names.map((rule, at) => ({ rule, files: count(2 * at), gone: count(2 * at + 1) }));
    },
  };
}
