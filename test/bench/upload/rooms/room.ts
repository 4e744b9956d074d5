import type { Goal } from '../../goal.ts';
import type { Client } from '../clients/client.ts';
import type { Python } from '../clients/python.ts';

/** What is no comparison with a rival; each has servers of its own. */
export const ROOMS = ['stage', 'memory', 'workers', 'profile'] as const;
export type RoomName = (typeof ROOMS)[number];

export interface RoomResult {
  room: RoomName;
  title: string;
  head: string[];
  /** The first cell of a row is text, the others are figures. */
  rows: string[][];
  goals: Goal[];
}

export interface RoomOptions {
  /** A folder of this run. */
  folder: string;
  python: Python;
  ours: Client;
  rounds: number;
  say(text: string): void;
  signal: AbortSignal;
}
