import { Redis } from 'ioredis';

const BATCH = 1_000;

/** What a key of a deployment holds, by its name below the prefix. */
export function kindOf(key: string): string {
  const name = key.slice(key.indexOf('}:') + 2);
  if (/^d:[^:]+$/.test(name)) return 'entries';
  if (/^d:[^:]+:steps$/.test(name)) return 'history';
  if (name === 'names') return 'names of layers';
  if (name === 'events') return 'events';
  if (/^(all|state:.*|i:.*:members)$/.test(name)) return 'indexes';
  if (/^(discover|upload|publish|register):/.test(name)) return 'queues';
  return 'others';
}

/** Bytes of all keys by what they hold, the largest first; `used_memory` is more by what Redis itself needs. */
export async function bytesByKind(url: string): Promise<Array<[kind: string, bytes: number]>> {
  const redis = new Redis(url);
  const bytes = new Map<string, number>();
  try {
    for (let cursor = '0'; ; ) {
      const [next, keys] = await redis.scan(cursor, 'COUNT', BATCH);
      const asking = redis.pipeline();
      for (const key of keys) asking.call('MEMORY', 'USAGE', key, 'SAMPLES', '0');
      const answers = (await asking.exec()) ?? [];
      for (const [at, key] of keys.entries()) {
        const kind = kindOf(key);
        bytes.set(kind, (bytes.get(kind) ?? 0) + Number(answers[at]?.[1] ?? 0));
      }
      cursor = next;
      if (cursor === '0') return [...bytes].sort((a, b) => b[1] - a[1]);
    }
  } finally {
    redis.disconnect();
  }
}
