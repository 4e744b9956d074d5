import type { Client } from '../redis.ts';
import { runScript } from '../script.ts';
import { decodeCursor, encodeCursor, type Position } from './cursor.ts';
import { PAGE } from './scripts.ts';

/** Lines of an index one call looks at, at most; where a filter finds less, the cursor goes on from there. */
export const MAX_EXAMINED = 2_000;
const CHUNK = 200;

export interface PageRequest<T> {
  index: string;
  cursor: string | undefined;
  limit: number;
  /** For each member in order: what it stands for, or null where the filter leaves it out. */
  read(members: string[]): Promise<Array<T | null>>;
}

/** Walks a sorted set from its newest member on; the work of one call is bounded whatever the set's size. */
export async function readPage<T>(
  redis: Client,
  { index, cursor, limit, read }: PageRequest<T>,
): Promise<{ items: T[]; cursor: string | null }> {
  const items: T[] = [];
  let position: Position | null = cursor === undefined ? null : decodeCursor(cursor);
  for (let examined = 0; examined < MAX_EXAMINED; ) {
    const size = Math.min(CHUNK, MAX_EXAMINED - examined);
    const args = [position?.score ?? '', position?.member ?? '', size];
    const raw = (await runScript(redis, PAGE, [index], args)) as string[];
    const lines: Position[] = [];
    for (let at = 0; at + 1 < raw.length; at += 2) lines.push({ member: raw[at] ?? '', score: raw[at + 1] ?? '' });
    const found = await read(lines.map(({ member }) => member));
    for (const [at, line] of lines.entries()) {
      position = line;
      examined += 1;
      const item = found[at];
      if (item !== null && item !== undefined) items.push(item);
      if (items.length >= limit) {
        const last = at === lines.length - 1 && lines.length < size;
        return { items, cursor: last ? null : encodeCursor(line) };
      }
    }
    if (lines.length < size) return { items, cursor: null };
  }
  return { items, cursor: position === null ? null : encodeCursor(position) };
}
