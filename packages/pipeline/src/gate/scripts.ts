import { script } from '../script.ts';

/**
 * KEYS: the permits under way by the end of their lease, what is known of the counterpart, and a list with an element for
 * each free permit, which Redis gives to whoever has waited longest. All times are Redis's own, so that clocks of workers do
 * not matter. `settle` makes permits under way and free ones as many as there may be, whoever died with one in hand.
 */
const COMMON = `
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local function number(field, fallback) return tonumber(redis.call('HGET', KEYS[2], field) or fallback) end
local function settle(limit)
  redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
  local free = limit - redis.call('ZCARD', KEYS[1]) - redis.call('LLEN', KEYS[3])
  for _ = 1, free do redis.call('RPUSH', KEYS[3], '1') end
  for _ = 1, -free do redis.call('LPOP', KEYS[3]) end
end
`;

/** For who found nothing in time. ARGV: first limit, most. */
export const SETTLE = script(`${COMMON}
settle(math.min(number('limit', ARGV[1]), tonumber(ARGV[2])))
return 1
`);

/**
 * For who took a free one. ARGV: id, lease in ms, first limit, most, 1 where it had to wait.
 * @returns 1, or 0 where as many are under way as may be
 */
export const LEASE = script(`${COMMON}
local limit = math.min(number('limit', ARGV[3]), tonumber(ARGV[4]))
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
local under = redis.call('ZCARD', KEYS[1])
if ARGV[5] == '1' then redis.call('HINCRBY', KEYS[2], 'waited', 1) end
-- a pause is no work that was slow
if under == 0 and now - number('last', '0') > 1000 then redis.call('HSET', KEYS[2], 'since', 0) end
if under >= limit then return 0 end
redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
return 1
`);

/** ARGV: lease in ms, ids. */
export const RENEW = script(`${COMMON}
for i = 2, #ARGV do redis.call('ZADD', KEYS[1], 'XX', now + ARGV[1], ARGV[i]) end
return 1
`);

/**
 * ARGV: id, how it ended (`well`, `overloaded`, or `late`: what was kept before is over), first limit, most, the gain worth a
 * further one, rest, and for how many ms the permit is kept all the same (0: it is given back).
 * Looks, once a window of ends is full, whether it was worth it: tries one more, and one less, and stays where a further one
 * brings little; below two it goes only where the counterpart was overloaded. A window in which nobody had to wait says nothing.
 * @returns the limit from now on
 */
export const RELEASE = script(`${COMMON}
local most, worth, rest = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local limit = math.min(number('limit', ARGV[3]), most)
local function decide()
  local function begin(fields)
    redis.call('HSET', KEYS[2], 'since', string.format('%.0f', now), 'done', 0, 'waited', 0, unpack(fields))
  end
  if ARGV[2] == 'overloaded' then
    -- those under way were let through before it was known: they do not count again
    if now - number('halved', '0') < 1000 then return limit end
    local half = math.max(1, math.floor(limit / 2))
    begin({'limit', half, 'base', half, 'trying', '', 'rest', rest, 'rate', 0, 'halved', string.format('%.0f', now)})
    return half
  end
  local done = number('done', '0') + 1
  if number('since', '0') == 0 then begin({}) return limit end
  if done < math.max(16, 4 * limit) then
    redis.call('HSET', KEYS[2], 'done', done)
    return limit
  end
  local elapsed = math.max(1, now - number('since', '0'))
  local full = number('waited', '0') > 0
  local base, rate, before = number('base', tostring(limit)), done / elapsed, number('rate', '0')
  local trying, left = redis.call('HGET', KEYS[2], 'trying') or '', number('rest', '0')
  local tried = redis.call('HGET', KEYS[2], 'tried') or 'down'
  if not full then
    begin({'limit', base, 'base', base, 'trying', '', 'rate', 0})
    return base
  end
  if trying == '' then
    left = left - 1
    if left < 0 then
      -- with one alone the counterpart would lie idle from each answer to the next request
      local way = (tried == 'up' and base > 2) and 'down' or 'up'
      local next = way == 'up' and base + 1 or base - 1
      if next <= most then
        begin({'limit', next, 'base', base, 'trying', way, 'tried', way, 'rate', rate, 'rest', 0})
        return next
      end
      -- at the top only less is left to try
      begin({'limit', base, 'base', base, 'tried', 'up', 'rate', rate, 'rest', rest})
      return base
    end
    begin({'limit', base, 'base', base, 'rate', rate, 'rest', left})
    return base
  end
  -- what one of them brings where all bring the same
  local share = before / base
  local stays, again
  if trying == 'up' then
    -- the second fills that gap, which is little and yet always worth it
    stays = rate - before >= (base > 1 and worth * share or 0)
    again = stays and 0 or rest
    -- up again at once, as long as it is worth it
    tried = stays and 'down' or 'up'
  else
    stays = before - rate <= worth * share
    again = stays and 0 or rest
    tried = stays and 'up' or 'down'
  end
  local now_at = stays and limit or base
  begin({'limit', now_at, 'base', now_at, 'trying', '', 'tried', tried, 'rate', stays and rate or before, 'rest', again})
  return now_at
end
local there = redis.call('ZSCORE', KEYS[1], ARGV[1])
if there and ARGV[7] ~= '0' then redis.call('ZADD', KEYS[1], now + ARGV[7], ARGV[1])
elseif there then redis.call('ZREM', KEYS[1], ARGV[1]) end
if there and ARGV[2] == 'late' then
  -- what others did meanwhile, with fewer permits than they may have, says nothing
  redis.call('HSET', KEYS[2], 'since', 0)
elseif there and (ARGV[7] == '0' or ARGV[2] == 'overloaded') then
  redis.call('HSET', KEYS[2], 'last', string.format('%.0f', now))
  limit = decide()
end
settle(limit)
return limit
`);
