import type { StageName } from '@geosluice/jobs';
import type { Keys } from '../keys.ts';
import { decodeView, type EntryView, VIEW_FIELDS } from '../ledger/view.ts';
import type { Client } from '../redis.ts';
import { runScript, script } from '../script.ts';
import { GATE } from './hold.ts';

/** How a run finds its queue, its job's past, and its dataset. */
export type Opened =
  | { kind: 'held'; ms: number }
  | {
      kind: 'go' | 'probe';
      /** The start is counted already: no worker died over this job before. */
      begun: boolean;
      /** Starts without an end before this one. */
      crashes: number;
      /** Attempts that are not counted any more. */
      forgiven: number;
      /** Null where the ledger does not know the dataset, or the job has none. */
      view: EntryView | null;
    };

export interface OpeningRun {
  token: string;
  jobId: string;
  dataset: string | undefined;
  /** False: only look, count no start yet. */
  begin: boolean;
  /** An attempt was counted before: some may be forgiven. */
  again: boolean;
}

const OPEN = script(`${GATE}
local kind, ms = gate()
if kind == 'held' then return {kind, ms} end
local run = KEYS[3]
local crashes = 0
local begun = 0
if ARGV[3] == '1' then
  crashes = redis.call('HINCRBY', run, 'starts', 1) - 1
  if crashes == 0 then
    begun = 1
    -- whoever woke it before sees his wish fulfilled by this run
    redis.call('DEL', KEYS[4])
  else redis.call('HINCRBY', run, 'starts', -1) end
else crashes = tonumber(redis.call('HGET', run, 'starts') or '0') end
local forgiven = 0
if ARGV[4] == '1' then forgiven = tonumber(redis.call('HGET', run, 'forgiven') or '0') end
local view = {}
if KEYS[5] then view = redis.call('HMGET', KEYS[5], ${VIEW_FIELDS.map((field) => `'${field}'`).join(', ')}) end
return {kind, begun, crashes, forgiven, view}
`);

/** What every run asks before its stage, in one round trip: it is paid for each job of a million. */
export function createOpening(
  redis: Client,
  keys: Keys,
  stage: StageName,
  { probeMs }: { probeMs: number },
): (run: OpeningRun) => Promise<Opened> {
  return async ({ token, jobId, dataset, begin, again }) => {
    const names = [keys.hold(stage), keys.probe(stage), keys.run(stage, jobId), keys.woken(stage, jobId)];
    if (dataset !== undefined) names.push(keys.dataset(dataset));
    const answer = await runScript(redis, OPEN, names, [token, probeMs, begin ? '1' : '0', again ? '1' : '0']);
    const [kind, second, crashes = 0, forgiven = 0, values = []] = answer as Answer;
    if (kind === 'held') return { kind, ms: second };
    return { kind, begun: second === 1, crashes, forgiven, view: decodeView(values) };
  };
}

type Answer = [
  kind: 'held' | 'go' | 'probe',
  second: number,
  crashes?: number,
  forgiven?: number,
  view?: Array<string | null>,
];
