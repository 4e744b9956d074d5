import { keepRun, readKeptRun } from '../kept.ts';
import type { Machine } from '../machine.ts';
import type { ClientName } from './clients/client.ts';
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

const BENCH = 'upload';

export async function keepResults(kept: Kept): Promise<void> {
  await keepRun(BENCH, kept);
}

/** Null where no run was kept yet. */
export function readKept(): Kept | null {
  return readKeptRun<Kept>(BENCH);
}
