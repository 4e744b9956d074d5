import type { Goal } from '../../goal.ts';
import type { Table } from '../../table.ts';

/** What is measured, each by itself. */
export const ROOMS = ['runner', 'listing', 'line'] as const;
export type RoomName = (typeof ROOMS)[number];

export interface RoomOptions {
  /** A folder of this run. */
  folder: string;
  say(text: string): void;
  signal: AbortSignal;
}

export interface RoomResult {
  tables: Table[];
  goals: Goal[];
  remarks: string[];
}
