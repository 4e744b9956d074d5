import type { StageName } from '@geosluice/jobs';
import type { Keys } from '../keys.ts';
import { decodeStart, START_FIELDS, type StartView } from '../ledger/view.ts';
import type { Client } from '../redis.ts';
import { runTogether, scriptOfMany } from '../together.ts';
import { GATE } from './hold.ts';
import { FORGIVEN, STARTS } from './run-log.ts';

/** How a run finds its queue, its job's past, and its dataset. */
export type Opened =
  | { kind: 'held'; ms: number }
  | {
      kind: 'go' | 'probe';
      /** The start is counted already: no worker died over this job before. */
      begun: boolean;
      /** No run of this job began before, however it ended. */
      first: boolean;
      /** Starts without an end before this one. */
      crashes: number;
      /** Attempts that are not counted any more. */
      forgiven: number;
      /** Null where the ledger does not know the dataset, or the job has none. */
      view: StartView | null;
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

const OPEN = scriptOfMany(
  `local call = redis.call
local fulfilled = {}
${GATE}`,
  `
local hold, probe, job, woken, dataset, token, probe_ms, begin, again = unpack(A)
local kind, ms = gate(hold, probe, token, probe_ms)
if kind == 'held' then return {kind, ms} end
local past = call('HMGET', job, 'ats', '${STARTS}', '${FORGIVEN}')
local crashes = tonumber(past[2] or '0')
local begun = 0
-- a job that is gone meanwhile is not to come back as a ghost that has nothing but its starts
if begin == '1' and crashes == 0 and past[1] then
  begun = 1
  call('HSET', job, '${STARTS}', 1)
  -- whoever woke it before sees his wish fulfilled by this run
  fulfilled[#fulfilled + 1] = woken
end
local forgiven = again == '1' and tonumber(past[3] or '0') or 0
local view = {}
if dataset ~= '' then view = call('HMGET', dataset, ${START_FIELDS.map((field) => `'${field}'`).join(', ')}) end
-- BullMQ counts every start of a job, also one that a worker died over, or that was handed back
local first = past[1] == '1' and 1 or 0
return {kind, begun, crashes, forgiven, view, first}
`,
  `if #fulfilled > 0 then call('DEL', unpack(fulfilled)) end`,
);

/** What every run asks before its stage, in one round trip: it is paid for each job of a million. */
export function createOpening(
  redis: Client,
  keys: Keys,
  stage: StageName,
  { probeMs }: { probeMs: number },
): (run: OpeningRun) => Promise<Opened> {
  const [hold, probe] = [keys.hold(stage), keys.probe(stage)];
  return async ({ token, jobId, dataset, begin, again }) => {
    const answer = await runTogether(redis, OPEN, keys.root, [
      ...[hold, probe, keys.job(stage, jobId), keys.woken(stage, jobId)],
      ...[dataset === undefined ? '' : keys.dataset(dataset), token, probeMs, begin ? '1' : '0', again ? '1' : '0'],
    ]);
    const [kind, second, crashes = 0, forgiven = 0, values = [], first = 0] = answer as Answer;
    if (kind === 'held') return { kind, ms: second };
    return { kind, begun: second === 1, first: first === 1, crashes, forgiven, view: decodeStart(values) };
  };
}

type Answer = [
  kind: 'held' | 'go' | 'probe',
  second: number,
  crashes?: number,
  forgiven?: number,
  view?: Array<string | null>,
  first?: number,
];
