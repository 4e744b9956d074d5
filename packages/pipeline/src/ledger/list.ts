import type { Bbox, DatasetState, LedgerEntry } from '@geosluice/jobs';
import type { Ledger } from '../api.ts';
import type { Keys } from '../keys.ts';
import type { Client } from '../redis.ts';
import { decodeEntry } from './codec.ts';
import { unpack } from './pack.ts';
import { readPage } from './page.ts';

type Query = Parameters<Ledger['list']>[0];

const MAX_LIMIT = 1_000;
const FILTER_FIELDS = ['state', 'uri', 'name', 'title', 'layer', 'facts'] as const;

/**
 * One page of entries. The index is that of the ingestion, else of the state (newest in this state first), else of all
 * (newest first). Text and box are filtered while it is walked, up to 2,000 entries a call: a page may be short, or empty,
 * and still have a cursor that goes on.
 */
export async function listEntries(
  redis: Client,
  keys: Keys,
  query: Query,
): Promise<{ entries: LedgerEntry[]; cursor: string | null }> {
  const { state, ingestion, q, bbox, cursor } = query;
  const index = ingestion !== undefined ? keys.members(ingestion) : state !== undefined ? keys.state(state) : keys.all;
  const limit = Math.max(1, Math.min(query.limit ?? 100, MAX_LIMIT));
  const filtered = (ingestion !== undefined && state !== undefined) || q !== undefined || bbox !== undefined;
  const page = await readPage(redis, {
    ...{ index, cursor, limit },
    async read(members) {
      if (!filtered || members.length === 0) return members;
      const pipeline = redis.pipeline();
      for (const member of members) pipeline.hmget(keys.dataset(member), ...FILTER_FIELDS);
      const answers = (await pipeline.exec()) ?? [];
      return members.map((member, at) => {
        const values = (answers[at]?.[1] ?? []) as Array<string | null>;
        return matches(values, { state, q, bbox }) ? member : null;
      });
    },
  });
  const pipeline = redis.pipeline();
  for (const dataset of page.items) pipeline.hgetall(keys.dataset(dataset));
  const hashes = page.items.length === 0 ? [] : ((await pipeline.exec()) ?? []);
  const entries = hashes
    .map(([, hash], at) => decodeEntry(page.items[at] ?? '', (hash ?? {}) as Record<string, string>))
    .filter((entry) => entry !== null);
  return { entries, cursor: page.cursor };
}

interface Filter {
  state: DatasetState | undefined;
  q: string | undefined;
  bbox: Bbox | undefined;
}

function matches(values: ReadonlyArray<string | null>, { state, q, bbox }: Filter): boolean {
  const [current, uri, name, title, layer, facts] = values;
  if (state !== undefined && current !== state) return false;
  const wanted = q?.toLowerCase();
  if (wanted !== undefined && ![uri, name, title].some((text) => text?.toLowerCase().includes(wanted))) return false;
  if (bbox === undefined) return true;
  const text = layer ?? facts;
  if (text === null || text === undefined) return false;
  const own = (unpack(text) as { wgs84Bbox?: Bbox }).wgs84Bbox;
  return own !== undefined && overlaps(own, bbox);
}

/** Whether two boxes in degrees touch; west > east means across the antimeridian. */
export function overlaps(one: Bbox, other: Bbox): boolean {
  if (one[1] > other[3] || other[1] > one[3]) return false;
  return spans(one).some(([w1, e1]) => spans(other).some(([w2, e2]) => w1 <= e2 && w2 <= e1));
}

function spans([west, , east]: Bbox): Array<[number, number]> {
  if (west <= east) return [[west, east]];
  return [
    [west, 180],
    [-180, east],
  ];
}
