import { randomUUID } from 'node:crypto';
import {
  type DatasetState,
  formatLocation,
  type IngestOptions,
  type LedgerEntry,
  type LedgerPatch,
  type Location,
  STATES,
  type StageName,
  type Step,
} from '@geosluice/jobs';
import type { Ledger } from '../api.ts';
import { asked } from '../error.ts';
import type { Keys } from '../keys.ts';
import type { Client } from '../redis.ts';
import { runScript, type Script, script } from '../script.ts';
import { runTogether } from '../together.ts';
import { decodeEntry, encodeLocation, encodePatch, type FailedJob, readFailed } from './codec.ts';
import { listEntries } from './list.ts';
import { pack } from './pack.ts';
import { formatPlace, readPlace } from './place.ts';
import {
  APPLY,
  CLAIM,
  ENTER,
  FREE,
  LEAVE,
  PROBLEM,
  PROGRESS,
  REMOVE,
  REVIVE,
  TAKE,
  VACATE,
  VERSIONS,
} from './scripts.ts';
import { createSightings, type InternalSightings } from './sightings.ts';
import { readStep } from './step-line.ts';
import { decodeView, type EntryView, VIEW_FIELDS } from './view.ts';

const CHUNK = 500;
/** Versions one script looks up: as many as a page of a listing has. */
const COMPARED = 1_000;
/** Milliseconds between two tellings of a dataset's progress in one stage, however many workers share it. */
export const PROGRESS_EVERY_MS = 500;
/** Milliseconds after which who does something alone is taken for dead. */
const ALONE_MS = 60_000;
const LET_GO = script(`if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end`);

export type Patch = LedgerPatch & Partial<Pick<LedgerEntry, 'reason' | 'lastError' | 'job' | 'version'>>;
export type StepNote = Omit<Step, 'at' | 'generation' | 'state'>;

export interface Found {
  dataset: string;
  location: Location;
  ingestion: string;
  options: IngestOptions;
  /** Id of the inspect job that moves it on. */
  job?: string;
}

export interface RecordOptions {
  /** Only while this lock of BullMQ is held by this token. */
  guard?: { key: string; token: string };
  clear?: Array<'geonode' | 'layer' | 'object'>;
  failed?: FailedJob;
  /** Under a generation of its own, where the dataset has one already. */
  bump?: boolean;
  /** No second line of history where the last one says the same. */
  once?: boolean;
  /** Only where the dataset is not further than this. */
  upTo?: DatasetState;
}

/** `superseded` by a generation, `unknown` to the ledger, its lock `lost`, or `past` the state it was meant for. */
export type Recorded = 'applied' | 'superseded' | 'unknown' | 'lost' | 'past';

/** The ledger with what only the pipeline itself may do. */
export interface InternalLedger extends Ledger, InternalSightings {
  view(dataset: string): Promise<EntryView | null>;
  record(dataset: string, generation: number, patch: Patch, step: StepNote, options?: RecordOptions): Promise<Recorded>;
  enterJobs(found: readonly Found[], options: { move: boolean }): Promise<void>;
  /** Sends a dead dataset back onto its road. @returns false where it was not dead */
  revive(
    dataset: string,
    to: { state: DatasetState; stage: StageName; id: string; by: string; note: string },
  ): Promise<boolean>;
  /**
   * @returns the generation of the removal, 0 where the dataset is unknown, -1 where nothing is left of it; and how many are
   * under way, this one among them
   */
  beginRemoval(
    dataset: string,
    mode: 'delete' | 'unpublish',
    takenBy: string,
  ): Promise<{ generation: number; removing: number }>;
  progress(dataset: string, stage: StageName, done: number, total: number): Promise<void>;
  problem(ingestion: string, problem: { source: string; code: string; message: string }): Promise<void>;
}

export interface LedgerParts {
  redis: Client;
  keys: Keys;
  /** Events the stream keeps, about. */
  keepEvents: number;
  now(): Date;
  /** Takes failed jobs that are history out of their queues. */
  dropFailed(jobs: readonly FailedJob[]): Promise<void>;
}

export function createLedger({ redis, keys, keepEvents, now, dropFailed }: LedgerParts): InternalLedger {
  const documentOf = (fields: Record<string, unknown>): string => {
    const at = now();
    return JSON.stringify({ ...fields, keepEvents, now: at.getTime(), at: at.toISOString() });
  };
  const run = (script: Script, fields: Record<string, unknown>): Promise<unknown> =>
    asked(() => runScript(redis, script, [keys.root], [documentOf(fields)]));
  const enterJobs: InternalLedger['enterJobs'] = async (found, { move }) => {
    for (let from = 0; from < found.length; from += CHUNK) {
      const slice = found.slice(from, from + CHUNK).map(({ dataset, location, ingestion, options, job }) => ({
        ...{ dataset, ingestion, uri: formatLocation(location) },
        ...{ location: encodeLocation(location), options: pack(JSON.stringify(options)) },
        ...(job === undefined ? {} : { job: JSON.stringify({ stage: 'discover', id: job }) }),
      }));
      await run(ENTER, { found: slice, move });
    }
  };
  const record: InternalLedger['record'] = async (dataset, generation, patch, step, options = {}) => {
    const { clear = [], failed, ...rest } = options;
    const document = documentOf({
      ...{ dataset, generation, step, state: patch.state, set: encodePatch(patch), clear },
      ...rest,
      failed: failed === undefined ? undefined : JSON.stringify([failed]),
    });
    const answer = (await asked(() => runTogether(redis, APPLY, keys.root, [document]))) as [Recorded, string?];
    const stale = readFailed(answer[1]).filter(({ stage, id }) => stage !== failed?.stage || id !== failed.id);
    if (stale.length > 0) await dropFailed(stale);
    return answer[0];
  };

  return {
    ...createSightings(redis, keys, now),
    enterJobs,
    record,
    async get(dataset) {
      return decodeEntry(dataset, await asked(() => redis.hgetall(keys.dataset(dataset))));
    },
    async view(dataset) {
      return decodeView(await asked(() => redis.hmget(keys.dataset(dataset), ...VIEW_FIELDS)));
    },
    async compare(seen) {
      if (seen.length === 0) return [];
      const compared: Array<'new' | 'changed' | 'known'> = [];
      for (let from = 0; from < seen.length; from += COMPARED) {
        const some = seen.slice(from, from + COMPARED);
        const ids = some.map(({ dataset }) => dataset);
        const versions = (await asked(() => runScript(redis, VERSIONS, [keys.root], ids))) as Array<string | null>;
        for (const [at, { version }] of some.entries()) {
          const known = versions[at] ?? null;
          compared.push(known === null ? 'new' : known === version ? 'known' : 'changed');
        }
      }
      return compared;
    },
    async takeGeneration(claim) {
      const { dataset, location, ingestion, options, expected, version, takenBy } = claim;
      const answer = (await run(TAKE, {
        ...{ dataset, ingestion, expected, version, takenBy, uri: formatLocation(location) },
        ...{ location: encodeLocation(location), options: pack(JSON.stringify(options)) },
        job: JSON.stringify({ stage: 'discover', id: takenBy }),
      })) as [number, string] | null;
      if (answer === null) return null;
      await dropFailed(readFailed(answer[1]));
      return answer[0];
    },
    async claimName({ workspace, name, dataset }) {
      return (await run(CLAIM, { dataset, name: formatPlace({ workspace, name }) })) as string | null;
    },
    async retire({ dataset, raster, from }) {
      await asked(() => redis.zadd(keys.retired, 'GT', `${from.getTime()}`, `${dataset} ${raster}`));
    },
    async retired(until, limit) {
      const due = await asked(() => redis.zrangebyscore(keys.retired, '-inf', `${until.getTime()}`, 'LIMIT', 0, limit));
      return due.map((member) => {
        const [dataset = '', raster = ''] = member.split(' ');
        return { dataset, raster };
      });
    },
    async isRetired({ dataset, raster }) {
      return (await asked(() => redis.zscore(keys.retired, `${dataset} ${raster}`))) !== null;
    },
    async forgetRetired({ dataset, raster }) {
      await asked(() => redis.zrem(keys.retired, `${dataset} ${raster}`));
    },
    async left(until, limit) {
      const due = await asked(() => redis.zrangebyscore(keys.left, '-inf', `${until.getTime()}`, 'LIMIT', 0, limit));
      return due.map((member) => {
        const [dataset = '', place = ''] = member.split(' ');
        return { dataset, ...readPlace(place) };
      });
    },
    async leave({ dataset, ...place }) {
      await run(LEAVE, { dataset, name: formatPlace(place) });
    },
    async vacate({ dataset, ...place }, { until, again }) {
      const times = { untilMs: until.getTime(), againMs: again.getTime() };
      return (await run(VACATE, { dataset, name: formatPlace(place), ...times })) === 1;
    },
    async free({ dataset, ...place }, again) {
      await run(FREE, { dataset, name: formatPlace(place), againMs: again.getTime() });
    },
    recall: (target) => asked(() => redis.hget(keys.uploads, target)),
    async remember(target, uploadId) {
      await asked(() => redis.hset(keys.uploads, target, uploadId));
    },
    async forget(target) {
      await asked(() => redis.hdel(keys.uploads, target));
    },
    async alone(target, work) {
      const [key, token] = [keys.completing(target), randomUUID()];
      if ((await asked(() => redis.set(key, token, 'PX', ALONE_MS, 'NX'))) !== 'OK') return null;
      try {
        return await work();
      } finally {
        // only what is still ours: after a minute another may have begun
        await runScript(redis, LET_GO, [key], [token]).catch(() => {});
      }
    },
    enter: (found) => enterJobs(found, { move: false }),
    async apply(dataset, generation, patch, step) {
      const answer = await record(dataset, generation, patch, step);
      return answer === 'applied' || answer === 'unknown' ? answer : 'superseded';
    },
    async revive(dataset, { id, stage, ...to }) {
      return (await run(REVIVE, { dataset, stage, job: JSON.stringify({ stage, id }), ...to })) === 1;
    },
    async beginRemoval(dataset, mode, takenBy) {
      const answer = (await run(REMOVE, { dataset, mode, takenBy })) as [number, string, number];
      const [generation, failed, removing] = answer;
      await dropFailed(readFailed(failed));
      return { generation, removing };
    },
    async progress(dataset, stage, done, total) {
      await run(PROGRESS, { dataset, stage, done, total, everyMs: PROGRESS_EVERY_MS });
    },
    async problem(ingestion, { source, code, message }) {
      await run(PROBLEM, { ingestion, source, code, message });
    },
    list: (query) => asked(() => listEntries(redis, keys, query)),
    async steps(dataset) {
      const lines = await asked(() => redis.lrange(keys.steps(dataset), 0, -1));
      return lines.map(readStep);
    },
    async counts(ingestion) {
      if (ingestion !== undefined)
        return readCounts(await asked(() => redis.hgetall(`${keys.ingestion(ingestion)}:counts`)));
      const pipeline = redis.pipeline();
      for (const state of STATES) pipeline.zcard(keys.state(state));
      const answers = await asked(() => pipeline.exec());
      return readCounts(Object.fromEntries(STATES.map((state, at) => [state, answers?.[at]?.[1]])));
    },
  };
}

function readCounts(from: Record<string, unknown>): Record<DatasetState, number> {
  return Object.fromEntries(STATES.map((state) => [state, Number(from[state] ?? 0)])) as Record<DatasetState, number>;
}
