import { STATES } from '@geosluice/jobs';
import { type Script, script } from '../script.ts';
import { scriptOfMany } from '../together.ts';

/** Who takes a generation for a removal that a rule says. */
export const BY_RULE = 'rule';

const ranks = STATES.map((state, rank) => `${state}=${rank}`).join(',');

/**
 * What the scripts share. Every script takes the root of the keys as KEYS[1] and one JSON document as ARGV[1]; the keys
 * it touches are derived from the root and lie in one hash slot. Nested documents travel as strings: cjson would turn an
 * empty list into an object.
 */
const PRELUDE = `
local P = KEYS[1]
local a
local RANK = {${ranks}}
local SETTLED = {visible=true, dead=true, removed=true}
local STAGE = {discover=1, upload=2, publish=3, register=4}
local call = redis.call
local function entry_key(id) return P .. ':d:' .. id end
-- who owns a name whose old layer is being taken off GeoServer
local function leaving(id) return id .. ' leaving' end
-- where a dataset is, or is about to be
local function place_of(key)
  local at = call('HMGET', key, 'workspace', 'name')
  return (at[1] or '') .. ':' .. (at[2] or '')
end
-- what a script changes in the indexes is written once, at its end: many datasets share them
local placed = {}
local counted = {}
-- an ingestion has one less in a state and one more in another; each may be none
local function count(ingestion, from, to)
  if ingestion == '' then return end
  local own = counted[ingestion] or {}
  counted[ingestion] = own
  if from then own[from] = (own[from] or 0) - 1 end
  if to then own[to] = (own[to] or 0) + 1 end
end
-- without a score it is no member
local function index(state, id, score)
  local own = placed[state] or {}
  placed[state] = own
  own[id] = score
end
local function write_indexes()
  for state, own in pairs(placed) do
    local add, drop = {}, {}
    for id, score in pairs(own) do
      if score then
        add[#add + 1] = score
        add[#add + 1] = id
      else
        drop[#drop + 1] = id
      end
    end
    if #drop > 0 then call('ZREM', P .. ':state:' .. state, unpack(drop)) end
    if #add > 0 then call('ZADD', P .. ':state:' .. state, unpack(add)) end
  end
  for ingestion, own in pairs(counted) do
    for state, more in pairs(own) do
      if more ~= 0 then call('HINCRBY', P .. ':i:' .. ingestion .. ':counts', state, more) end
    end
  end
  placed, counted = {}, {}
end
-- one dataset's place in every index; what is not settled is found by its last step
local function place(id, ingestion, old, new)
  if old ~= new then
    if old then index(old, id, false) end
    count(ingestion, old, new)
  end
  if old ~= new or not SETTLED[new] then index(new, id, a.now) end
end
-- a list as JSON; fields at its end that say nothing are left out
local function short(fields)
  while fields[#fields] == '' or fields[#fields] == 0 do fields[#fields] = nil end
  return cjson.encode(fields)
end
local trimmed = false
local function emit(e)
  -- one of a script cuts off for all
  if not trimmed then call('XTRIM', P .. ':events', 'MAXLEN', '~', a.keepEvents) end
  trimmed = true
  call('XADD', P .. ':events', '*', 'e', short({a.now, e.type, e.ingestion, e.dataset or '',
    e.state or '', e.stage or '', e.note or '', e.error or '', e.done or 0, e.total or 0}))
end
-- one line of history and one event
local function tell(id, ingestion, generation, state, step)
  local list = entry_key(id) .. ':steps'
  local line = short({a.now, generation, state, step.stage or '', step.note or '', step.error or '', step.attempt or 0})
  if a.once then
    local last = call('LINDEX', list, 0)
    if last then
      local was = cjson.decode(last)
      if was[2] == generation and was[3] == state and (was[4] or '') == (step.stage or '')
        and (was[5] or '') == (step.note or '') and (was[6] or '') == (step.error or '') then return end
    end
  end
  if call('LPUSH', list, line) > 50 then call('LTRIM', list, 0, 49) end
  emit({type='state', dataset=id, ingestion=ingestion, state=state, stage=step.stage, note=step.note, error=step.error})
end
-- kept only where the uri does not say it all
local function locate(key, location)
  if location == '' then call('HDEL', key, 'location') else call('HSET', key, 'location', location) end
end
local function create(found)
  local key = entry_key(found.dataset)
  call('HSET', key, 'uri', found.uri, 'options', found.options, 'ingestion', found.ingestion, 'state', 'found',
    'version', '', 'generation', 0, 'takenBy', '', 'warnings', '[]', 'createdMs', a.now, 'updatedAt', a.at)
  locate(key, found.location)
  call('ZADD', P .. ':all', a.now, found.dataset)
  call('ZADD', P .. ':i:' .. found.ingestion .. ':members', a.now, found.dataset)
  place(found.dataset, found.ingestion, false, 'found')
end
-- a dataset belongs to the ingestion that asked for it last
local function move(id, from, to, state)
  if from == to then return end
  local key = entry_key(id)
  call('HSET', key, 'ingestion', to)
  call('ZREM', P .. ':i:' .. from .. ':members', id)
  call('ZADD', P .. ':i:' .. to .. ':members', call('HGET', key, 'createdMs'), id)
  count(from, state)
  count(to, nil, state)
end
`;

const ledgerScript = (body: string): Script =>
  script(`${PRELUDE}
a = cjson.decode(ARGV[1])
local function run() ${body} end
local answer = run()
write_indexes()
return answer
`);

/** Creates what is unknown; `move` brings what is known into the ingestion that asks for it by name. */
export const ENTER = ledgerScript(`
for _, found in ipairs(a.found) do
  local key = entry_key(found.dataset)
  local cur = call('HMGET', key, 'state', 'ingestion')
  if not cur[1] then
    create(found)
    tell(found.dataset, found.ingestion, 0, 'found', {stage='discover'})
    cur[1] = 'found'
  elseif a.move then
    move(found.dataset, cur[2], found.ingestion, cur[1])
  end
  if found.job and (cur[1] == 'found' or cur[1] == 'waiting') then call('HSET', key, 'job', found.job) end
end
return 1
`);

/** Compare-and-set of the generation. Gives the new one, or false; and the failed jobs that are history now. */
export const TAKE = ledgerScript(`
local key = entry_key(a.dataset)
local cur = call('HMGET', key, 'state', 'generation', 'ingestion', 'failed')
if (tonumber(cur[2] or '0')) ~= a.expected then return false end
if not cur[1] then
  create(a)
  cur[1] = 'found'
  cur[3] = a.ingestion
end
move(a.dataset, cur[3], a.ingestion, cur[1])
local generation = a.expected + 1
locate(key, a.location)
call('HSET', key, 'uri', a.uri, 'options', a.options, 'version', a.version,
  'generation', generation, 'takenBy', a.takenBy, 'state', 'inspecting', 'job', a.job, 'by', '', 'updatedAt', a.at)
call('HDEL', key, 'reason', 'lastError', 'removal', 'failed')
place(a.dataset, a.ingestion, cur[1], 'inspecting')
tell(a.dataset, a.ingestion, generation, 'inspecting', {stage='discover'})
return {generation, cur[4] or '[]'}
`);

/**
 * Records a step. \`guard\`: only while that lock is still held. \`upTo\`: only where the
 * dataset is not further than that state. \`bump\`: under a generation of its own. \`by\` tells how far the road of this
 * generation has been walked, whatever the state says. Gives the failed jobs that are history now.
 */
export const APPLY = scriptOfMany(
  PRELUDE,
  `
a = cjson.decode(A[1])
local key = entry_key(a.dataset)
local cur = call('HMGET', key, 'state', 'generation', 'ingestion', 'by', 'removal', 'reason', 'lastError', 'claim')
if not cur[1] then return {'unknown'} end
if a.guard and call('GET', a.guard.key) ~= a.guard.token then return {'lost'} end
local known = tonumber(cur[2])
if a.generation < known then return {'superseded'} end
local generation = a.generation
if a.bump and known > 0 then generation = known + 1 end
local newer = generation > known
if a.upTo and not newer and RANK[cur[1]] > RANK[a.upTo] then return {'past'} end
local state = cur[1]
if a.state and (newer or RANK[a.state] > RANK[state]) then state = a.state end
local by = cur[4] or ''
if newer then by = '' end
local stage = a.step.stage
if stage and by ~= stage then
  local ahead = by == '' or STAGE[stage] > STAGE[by]
  if by ~= '' and cur[5] then ahead = not ahead end
  if ahead then by = stage end
end
local set = {'state', state, 'updatedAt', a.at}
local function put(field, value)
  set[#set + 1] = field
  set[#set + 1] = value
end
if newer then put('generation', generation) end
if by ~= cur[4] then put('by', by) end
for field, value in pairs(a.set) do put(field, value) end
-- none moves it on any more, whatever was recorded with it
if SETTLED[state] then put('job', '') end
call('HSET', key, unpack(set))
local clear = {unpack(a.clear)}
if state == 'visible' or state == 'removed' then
  if cur[6] or a.set.reason then clear[#clear + 1] = 'reason' end
  if cur[7] or a.set.lastError then clear[#clear + 1] = 'lastError' end
end
if #clear > 0 then call('HDEL', key, unpack(clear)) end
local stale = '[]'
if a.failed and state == 'dead' then
  stale = call('HGET', key, 'failed') or '[]'
  call('HSET', key, 'failed', a.failed)
end
local claim = cur[8] or ''
-- nearly all have one name for ever
if state == 'visible' and stage == 'register' and claim:find(' ', 1, true) then
  local at = place_of(key)
  for name in claim:gmatch('%S+') do
    -- GeoNode shows it where it is now, too: from here on a layer elsewhere is of no use
    if name ~= at then call('ZADD', P .. ':left', 'NX', a.now, a.dataset .. ' ' .. name) end
  end
end
if state == 'removed' then
  call('HDEL', key, 'layer', 'geonode', 'removal', 'claim')
  -- what nobody asked to remove comes in again as it was
  if call('HGET', key, 'takenBy') == '${BY_RULE}' then call('HSET', key, 'version', '') end
  for name in claim:gmatch('%S+') do
    -- who takes a layer away at this moment frees its name by himself
    if call('HGET', P .. ':names', name) == a.dataset then
      call('HDEL', P .. ':names', name)
      call('ZREM', P .. ':left', a.dataset .. ' ' .. name)
    end
  end
end
place(a.dataset, cur[3], cur[1], state)
tell(a.dataset, cur[3], generation, state, a.step)
return {'applied', stale}
`,
  'write_indexes()',
);

/** Sends a dead dataset back onto its road, within its generation. */
export const REVIVE = ledgerScript(`
local key = entry_key(a.dataset)
local cur = call('HMGET', key, 'state', 'generation', 'ingestion')
if cur[1] ~= 'dead' then return 0 end
call('HSET', key, 'state', a.state, 'job', a.job, 'by', a.by, 'updatedAt', a.at)
call('HDEL', key, 'reason', 'lastError')
place(a.dataset, cur[3], 'dead', a.state)
tell(a.dataset, cur[3], tonumber(cur[2]), a.state, {stage=a.stage, note=a.note})
return 1
`);

/**
 * A new generation for the road backwards; 0 where there is no such dataset, -1 where nothing is left to remove. And how many
 * datasets are on it then.
 */
export const REMOVE = ledgerScript(`
local key = entry_key(a.dataset)
local cur = call('HMGET', key, 'state', 'generation', 'ingestion', 'failed', 'object')
if not cur[1] then return {0, '[]', 0} end
if cur[1] == 'removed' and not (a.mode == 'delete' and cur[5]) then return {-1, '[]', 0} end
local generation = tonumber(cur[2]) + 1
call('HSET', key, 'generation', generation, 'takenBy', a.takenBy, 'state', 'removing', 'removal', a.mode, 'by', '',
  'updatedAt', a.at)
call('HDEL', key, 'reason', 'lastError', 'job', 'failed')
place(a.dataset, cur[3], cur[1], 'removing')
tell(a.dataset, cur[3], generation, 'removing', {note=a.mode})
-- this one is among them
write_indexes()
return {generation, cur[4] or '[]', call('ZCARD', P .. ':state:removing')}
`);

/** The first that claims a name owns it. One that its dataset left is not left any more. */
export const CLAIM = ledgerScript(`
if call('HSETNX', P .. ':names', a.name, a.dataset) == 1 then
  -- all that a dataset owns, in its entry
  local key = entry_key(a.dataset)
  local claim = call('HGET', key, 'claim')
  call('HSET', key, 'claim', claim and claim .. ' ' .. a.name or a.name)
  return a.dataset
end
local owner = call('HGET', P .. ':names', a.name)
if owner == leaving(a.dataset) then return false end
if owner == a.dataset then call('ZREM', P .. ':left', a.dataset .. ' ' .. a.name) end
return string.match(owner, '^%S+')
`);

/** A name that its visible dataset owns and does not show is due at once. */
export const LEAVE = ledgerScript(`
local key = entry_key(a.dataset)
if call('HGET', key, 'state') ~= 'visible' or place_of(key) == a.name then return 0 end
if call('HGET', P .. ':names', a.name) ~= a.dataset then return 0 end
return call('ZADD', P .. ':left', 'NX', 0, a.dataset .. ' ' .. a.name)
`);

/** Takes a name that was left for its removal. */
export const VACATE = ledgerScript(`
local member = a.dataset .. ' ' .. a.name
local since = call('ZSCORE', P .. ':left', member)
if not since or tonumber(since) > a.untilMs then return 0 end
local owner = call('HGET', P .. ':names', a.name)
if owner ~= a.dataset and owner ~= leaving(a.dataset) then
  call('ZREM', P .. ':left', member)
  return 0
end
call('HSET', P .. ':names', a.name, leaving(a.dataset))
call('ZADD', P .. ':left', a.againMs, member)
return 1
`);

/** Frees a name, for whoever vacated it last. */
export const FREE = ledgerScript(`
local member = a.dataset .. ' ' .. a.name
local since = call('ZSCORE', P .. ':left', member)
if not since or tonumber(since) ~= a.againMs then return 0 end
call('ZREM', P .. ':left', member)
call('HDEL', P .. ':names', a.name)
local key = entry_key(a.dataset)
local claim = call('HGET', key, 'claim')
if not claim then return 1 end
local kept = {}
for name in claim:gmatch('%S+') do
  if name ~= a.name then kept[#kept + 1] = name end
end
if #kept > 0 then call('HSET', key, 'claim', table.concat(kept, ' ')) else call('HDEL', key, 'claim') end
return 1
`);

/** Of each name the dataset that shows it, is on its way to it, or left it a while ago. One command for a page. */
export const OWNERS = script(`
local owners = {}
for i, name in ipairs(ARGV) do
  local owner = redis.call('HGET', KEYS[1] .. ':names', name)
  owners[i] = false
  if owner then
    local dataset = string.match(owner, '^%S+')
    local at = redis.call('HMGET', KEYS[1] .. ':d:' .. dataset, 'workspace', 'name')
    local here = at[1] and at[2] and at[1] .. ':' .. at[2] == name
    if here or redis.call('ZSCORE', KEYS[1] .. ':left', dataset .. ' ' .. name) then owners[i] = dataset end
  end
end
return owners
`);

/** The versions of datasets. One command and one answer: a scan asks for those of a million. */
export const VERSIONS = script(`
local versions = {}
for i = 1, #ARGV do versions[i] = redis.call('HGET', KEYS[1] .. ':d:' .. ARGV[i], 'version') end
return versions
`);

/** A page of an index, newest first, from after a member on; the cursor survives the member's leaving. */
export const PAGE = script(`
local from = 0
if ARGV[1] ~= '' then
  local score = redis.call('ZSCORE', KEYS[1], ARGV[2])
  if score and tonumber(score) == tonumber(ARGV[1]) then
    from = redis.call('ZREVRANK', KEYS[1], ARGV[2]) + 1
  else
    from = redis.call('ZCOUNT', KEYS[1], '(' .. ARGV[1], '+inf')
  end
end
return redis.call('ZREVRANGE', KEYS[1], from, from + ARGV[3] - 1, 'WITHSCORES')
`);

export const PROGRESS = ledgerScript(`
local cur = call('HMGET', entry_key(a.dataset), 'ingestion', 'state')
if not cur[1] then return 0 end
local told = P .. ':told:' .. a.stage .. ':' .. a.dataset
if a.done < a.total and not call('SET', told, 1, 'NX', 'PX', a.everyMs) then return 0 end
emit({type='progress', dataset=a.dataset, ingestion=cur[1], state=cur[2], stage=a.stage, done=a.done, total=a.total})
return 1
`);

export const PROBLEM = ledgerScript(`
local list = P .. ':i:' .. a.ingestion .. ':problems'
call('RPUSH', list, cjson.encode({at=a.at, source=a.source, code=a.code, message=a.message}))
call('LTRIM', list, -20, -1)
emit({type='problem', ingestion=a.ingestion, stage='discover', note=a.code, error=a.message})
return 1
`);
