import { createHash } from 'node:crypto';
import {
  datasetIdOf,
  formatLocation,
  type IngestOptions,
  type InspectJob,
  JOB_SCHEMA,
  type ListJob,
  type Location,
  SETTLED,
  STATES,
} from '@geosluice/jobs';
import type { Ingestion, Ingestions } from './api.ts';
import { asPipelineError } from './error.ts';
import type { Internals } from './internals.ts';
import { readPage } from './ledger/page.ts';
import { freshNonce } from './restart.ts';

/** How long an idempotency key is remembered. */
const KEY_SECONDS = 24 * 3_600;
const MAX_LIMIT = 200;
/** Open jobs that one look at an ingestion asks for, and how often it does so. */
const SAMPLE = 20;
const ROUNDS = 5;

export function createIngestions(internals: Internals): Ingestions {
  const { redis, keys, ledger, now } = internals;

  const get = async (id: string): Promise<Ingestion | null> => {
    const hash = await redis.hgetall(keys.ingestion(id));
    if (hash.createdAt === undefined) return null;
    const [counts, problems, open] = await Promise.all([
      ledger.counts(id),
      redis.lrange(keys.problems(id), 0, -1),
      anyOpen(internals, id),
    ]);
    const unsettled = STATES.some((state) => !SETTLED.has(state) && counts[state] > 0);
    return {
      id,
      ...(hash.watch === undefined ? {} : { watch: hash.watch }),
      sources: JSON.parse(hash.sources ?? '[]'),
      options: JSON.parse(hash.options ?? '{}'),
      createdAt: hash.createdAt,
      counts,
      running: open || unsettled,
      problems: problems.map((line) => JSON.parse(line)),
    };
  };

  /** The id that this key stands for; of two that come at once, both get the first's. */
  const claimId = async (key: string | undefined): Promise<string> => {
    const fresh = `i${now().getTime().toString(36)}${freshNonce().slice(1, 9)}`;
    if (key === undefined) return fresh;
    const name = keys.idempotency(createHash('sha256').update(key).digest('hex'));
    const was = await redis.set(name, fresh, 'EX', KEY_SECONDS, 'NX');
    return was === 'OK' ? fresh : ((await redis.get(name)) ?? fresh);
  };

  return {
    get: (id) => get(id).catch(rethrow),
    async start({ sources, options, idempotencyKey }) {
      try {
        const id = await claimId(idempotencyKey);
        // a start that was cut short is done again whole: every step of it bears that
        if ((await redis.hget(keys.ingestion(id), 'started')) === null) {
          await createIngestion(internals, { id, sources, options });
          await internals.admit(
            sources.map((source) => jobOf(id, source, options)),
            { move: true },
          );
          await redis.hset(keys.ingestion(id), 'started', '1');
        }
        const ingestion = await get(id);
        if (ingestion === null) throw new Error(`ingestion ${id} vanished`);
        return ingestion;
      } catch (error) {
        return rethrow(error);
      }
    },
    async list({ cursor, limit = 50 }) {
      try {
        const page = await readPage(redis, {
          ...{ index: keys.ingestions, cursor, limit: Math.max(1, Math.min(limit, MAX_LIMIT)) },
          read: async (members) => members,
        });
        const all = await Promise.all(page.items.map(get));
        return { ingestions: all.filter((one) => one !== null), cursor: page.cursor };
      } catch (error) {
        return rethrow(error);
      }
    },
  };
}

/** Writes the request down; done twice it is the same. */
export async function createIngestion(
  { redis, keys, now }: Internals,
  request: { id: string; sources: readonly Location[]; options: IngestOptions; watch?: string },
): Promise<void> {
  const { id, sources, options, watch } = request;
  const at = now();
  await redis.hset(keys.ingestion(id), {
    sources: JSON.stringify(sources.map(formatLocation)),
    options: JSON.stringify(options),
    ...(watch === undefined ? {} : { watch }),
  });
  await redis.hsetnx(keys.ingestion(id), 'createdAt', at.toISOString());
  await redis.zadd(keys.ingestions, 'NX', at.getTime(), id);
}

/** A source that ends in `/` is listed, as is a whole bucket; another one is one raster. */
export function jobOf(ingestion: string, source: Location, options: IngestOptions): ListJob | InspectJob {
  const base = { schema: JOB_SCHEMA, stage: 'discover', ingestion, options } as const;
  const uri = formatLocation(source);
  if (uri.endsWith('/')) {
    // what a listing finds comes after what a person asks for by name, unless it says otherwise
    return { ...base, kind: 'list', source, depth: 0, options: { priority: 'bulk', ...options } };
  }
  return {
    ...{ ...base, kind: 'inspect', dataset: datasetIdOf(source), location: source, reason: 'requested' },
    ...{ force: false, nonce: ingestion, seen: '' },
  };
}

/** Whether a discover job of it waits or runs; what is named as open and is gone is forgotten on the way. */
async function anyOpen({ redis, keys }: Internals, id: string): Promise<boolean> {
  for (let round = 0; round < ROUNDS; round += 1) {
    const some = await redis.srandmember(keys.open(id), SAMPLE);
    if (some.length === 0) return false;
    const pipeline = redis.pipeline();
    for (const job of some) pipeline.exists(keys.job('discover', job)).zscore(keys.failed('discover'), job);
    const answers = (await pipeline.exec()) ?? [];
    const gone = some.filter((_, at) => answers[at * 2]?.[1] === 0 || answers[at * 2 + 1]?.[1] !== null);
    if (gone.length > 0) await redis.srem(keys.open(id), ...gone);
    if (gone.length < some.length) return true;
  }
  return true;
}

function rethrow(error: unknown): never {
  throw asPipelineError(error);
}
