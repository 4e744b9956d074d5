import { Redis } from 'ioredis';
import { unpack } from '../../../../packages/pipeline/src/ledger/pack.ts';

/**
 * What a deployment's Redis holds of one dataset, but for its jobs and values: keys of its own, indexes it is a member of, and the
 * fields of its entry and its history with the kinds of what they hold. Ids are masked.
 */
export async function tracesOf(url: string, prefix: string, dataset: string, ingestion: string): Promise<string[]> {
  const redis = new Redis(url);
  try {
    const found: string[] = [];
    for (const key of (await redis.keys(`{${prefix}}:*`)).sort()) {
      if (!/^:(discover|upload|publish|register|run|told):/.test(key.slice(prefix.length + 2)))
        found.push(...(await tracesIn(redis, key, dataset)));
    }
    const masks = [
      [`{${prefix}}`, 'P'],
      [dataset, 'DATASET'],
      [ingestion, 'INGESTION'],
    ] as const;
    return found.map((trace) => masks.reduce((text, [id, mask]) => text.replaceAll(id, mask), trace)).sort();
  } finally {
    redis.disconnect();
  }
}

async function tracesIn(redis: Redis, key: string, dataset: string): Promise<string[]> {
  const own = key.split(':').includes(dataset);
  switch (await redis.type(key)) {
    case 'hash': {
      const fields = Object.entries(await redis.hgetall(key));
      if (own) return fields.map(([field, value]) => `${key} ${field}: ${kindOf(value)}`);
      return fields.filter(([, value]) => value === dataset).map(([field]) => `${key} ${field.split(':')[0]}:NAME`);
    }
    case 'zset':
      return (await redis.zscore(key, dataset)) === null ? [] : [`${key} has it`];
    case 'set':
      if (own) return [`${key} of ${await redis.scard(key)}`];
      return (await redis.sismember(key, dataset)) === 1 ? [`${key} has it`] : [];
    case 'list':
      return own ? (await redis.lrange(key, 0, -1)).map((line, at) => `${key} ${at}: ${kindOf(line)}`) : [];
    default:
      return own ? [key] : [];
  }
}

const WORDS: ReadonlySet<string> = new Set(['state', 'stage', 'note', 'metadataState', 'storeType', 'kind']);

/** The kinds of a JSON document's members, with the words that say how far it came; of text that is none, `text`. */
function kindOf(text: string): string {
  if (!/^([[{]|~1)/.test(text)) return /^[a-z-]+$/.test(text) ? text : /^-?\d+$/.test(text) ? 'number' : 'text';
  // whether it is long enough to be packed depends on values
  return JSON.stringify(kinds(unpack(text)));
}

function kinds(value: unknown, name = ''): unknown {
  if (Array.isArray(value)) return value.length === 0 ? [] : [kinds(value[0])];
  if (typeof value !== 'object' || value === null)
    return WORDS.has(name) ? value : value === null ? null : typeof value;
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(members.map(([key, each]) => [key, kinds(each, key)]));
}
