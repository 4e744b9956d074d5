import { existsSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ClientName } from './clients/client.ts';
import type { Machine } from './machine.ts';
import type { Result } from './results.ts';
import type { RoomResult } from './rooms/room.ts';

/** The last run that was kept; docs/performance.md is made of it. */
export interface Kept {
  /** The day it ended. */
  date: string;
  commit: string;
  machine: Machine;
  clients: Array<{ name: ClientName; about: string }>;
  results: Result[];
  rooms: RoomResult[];
}

const PATH = join(import.meta.dirname, '..', '..', '..', 'docs', 'bench', 'upload.json');

export async function keepResults(kept: Kept): Promise<void> {
  await mkdir(dirname(PATH), { recursive: true });
  await writeFile(PATH, `${JSON.stringify(kept, null, 2)}\n`);
}

/** Null where no run was kept yet. */
export function readKept(): Kept | null {
  return existsSync(PATH) ? (JSON.parse(readFileSync(PATH, 'utf8')) as Kept) : null;
}
