import {
  baseNameOf,
  datasetIdOf,
  formatLocation,
  type IngestOptions,
  type InspectJob,
  ingestOptionsSchema,
  JOB_SCHEMA,
  type ListJob,
  type Location,
  parseLocation,
} from '@geosluice/jobs';
import { z } from 'zod';
import type { Watch, Watches } from './api.ts';
import { asPipelineError, PipelineError } from './error.ts';
import { createIngestion } from './ingestions.ts';
import type { Internals } from './internals.ts';
import { jobOptionsOf } from './queues.ts';
import { freshNonce } from './restart.ts';

const watchSchema = z.strictObject({
  id: z.string().regex(/^[a-z0-9-]{1,40}$/, 'use 1-40 of a-z, 0-9 and -'),
  source: z.string().max(2_000),
  options: ingestOptionsSchema,
  intervalSeconds: z.int().min(1).max(604_800),
});

/** A scheduler whose next listing is overdue by so many intervals has lost it. */
const OVERDUE = 3;
const RASTER = /\.tiff?$/i;
const RASTER_ENDINGS = ['.tif', '.tiff', '.TIF', '.TIFF'];
/** Hints that find a look under way queue up behind it under these ids, in turn. */
const HINT_NONCES = ['event', 'event2', 'event3'];

export interface WatchParts {
  api: Watches;
  /** The options a watch has now; null where the id is not a watch's. */
  optionsNow(id: string): Promise<IngestOptions | null>;
  /** Gives each watch its scheduler back where it is lost. */
  heal(): Promise<void>;
}

/** Watches: a repeated list job each, made by one BullMQ scheduler however many workers there are. */
export function createWatches(internals: Internals): WatchParts {
  const { redis, keys, queues, ledger, now } = internals;
  const queue = queues.of('discover');

  const all = async (): Promise<Watch[]> => {
    const hash = await redis.hgetall(keys.watches);
    const watches = Object.values(hash).map((text) => JSON.parse(text) as Watch);
    return watches.sort((a, b) => (a.id < b.id ? -1 : 1));
  };
  const get = async (id: string): Promise<Watch | null> => {
    const text = await redis.hget(keys.watches, id);
    return text === null ? null : (JSON.parse(text) as Watch);
  };
  const schedule = async (watch: Watch): Promise<void> => {
    const job = listJobOf(watch);
    const { jobId: _, ...opts } = jobOptionsOf(job);
    await queue.upsertJobScheduler(
      watch.id,
      { every: watch.intervalSeconds * 1000 },
      { name: 'list', data: job, opts },
    );
  };
  const covering: Watches['covering'] = async (location) => {
    const uri = formatLocation(location);
    const covers = (await all()).filter((watch) => uri.startsWith(watch.source));
    return covers.sort((a, b) => b.source.length - a.source.length)[0] ?? null;
  };
  const ask = async (watch: Watch, location: Location): Promise<void> => {
    const dataset = datasetIdOf(location);
    const job = (nonce: string): InspectJob => ({
      ...{ schema: JOB_SCHEMA, stage: 'discover', kind: 'inspect', ingestion: watch.id, dataset, location },
      ...{ options: { ...watch.options, priority: 'interactive' }, reason: 'event', force: false, nonce, seen: '' },
    });
    for (const nonce of HINT_NONCES) {
      const standing = await queues.standing('discover', `${dataset}.${nonce}`);
      // one that waits has not looked yet; one that runs may have looked too early, and another comes behind it
      if (standing === 'waiting' || standing === 'delayed') return;
      if (standing !== 'active') return await internals.admit([job(nonce)]);
    }
    await internals.admit([job(freshNonce())]);
  };

  const api: Watches = {
    async put(request) {
      const parsed = watchSchema.safeParse(request);
      if (!parsed.success) throw new PipelineError('WATCH_INVALID', z.prettifyError(parsed.error));
      const source = parseLocation(parsed.data.source);
      const uri = formatLocation(source);
      if (!uri.endsWith('/')) {
        throw new PipelineError('WATCH_INVALID', `a watched source ends in "/"; "${uri}" is one file`, {
          subject: uri,
        });
      }
      return await kept(async () => {
        const was = await get(parsed.data.id);
        const options: IngestOptions = { priority: 'bulk', ...request.options };
        const createdAt = was?.createdAt ?? now().toISOString();
        const watch: Watch = { ...parsed.data, source: uri, options, createdAt };
        await createIngestion(internals, { id: watch.id, sources: [source], options, watch: watch.id });
        await redis.hset(keys.watches, watch.id, JSON.stringify(watch));
        await schedule(watch);
        // the first listing of a new watch is the scheduler's own; a changed one is listed again at once
        if (was !== null && !sameWork(was, watch)) await internals.admit([listJobOf(watch)]);
        return watch;
      });
    },
    list: () => kept(all),
    remove: (id) =>
      kept(async () => {
        await queue.removeJobScheduler(id);
        return (await redis.hdel(keys.watches, id)) === 1;
      }),
    covering: (location) => kept(() => covering(location)),
    hint: (location) =>
      kept(async () => {
        const watch = await covering(location);
        if (watch === null || formatLocation(location).endsWith('/')) return false;
        if (RASTER.test(baseNameOf(location))) {
          await ask(watch, location);
          return true;
        }
        const beside = rastersBeside(location);
        const entries = await Promise.all(beside.map((raster) => ledger.view(datasetIdOf(raster))));
        const known = beside.filter((_, at) => entries[at] !== null);
        for (const raster of known) await ask(watch, raster);
        return known.length > 0;
      }),
  };

  return {
    api,
    async optionsNow(id) {
      return (await get(id))?.options ?? null;
    },
    async heal() {
      for (const watch of await all()) {
        const scheduler = await queue.getJobScheduler(watch.id);
        const overdueMs = Date.now() - (scheduler?.next ?? 0);
        if (overdueMs > OVERDUE * watch.intervalSeconds * 1000 && !(await lists(watch))) await schedule(watch);
      }
    },
  };

  /** Whether its listing still waits or runs, so that it is late and not lost. */
  async function lists(watch: Watch): Promise<boolean> {
    const scheduler = await queue.getJobScheduler(watch.id);
    if (scheduler?.next === undefined || scheduler.next === null) return false;
    const standing = await queues.standing('discover', `repeat:${watch.id}:${scheduler.next}`);
    return standing !== null && standing !== 'failed';
  }
}

function listJobOf({ id, source, options }: Watch): ListJob {
  return {
    ...{ schema: JOB_SCHEMA, stage: 'discover', kind: 'list', ingestion: id, watch: id, options, depth: 0 },
    source: parseLocation(source),
  };
}

function sameWork(one: Watch, other: Watch): boolean {
  return one.source === other.source && JSON.stringify(one.options) === JSON.stringify(other.options);
}

/** The rasters that a sidecar may belong to: `a.tif.xml` → `a.tif`; `a.xml` → `a.tif`, `a.tiff`, … */
export function rastersBeside(location: Location): Location[] {
  const uri = formatLocation(location);
  const dot = uri.lastIndexOf('.');
  if (dot <= uri.lastIndexOf('/')) return [];
  const stem = uri.slice(0, dot);
  const rasters = RASTER.test(stem) ? [stem] : RASTER_ENDINGS.map((ending) => stem + ending);
  return rasters.map(parseLocation);
}

async function kept<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw asPipelineError(error);
  }
}
