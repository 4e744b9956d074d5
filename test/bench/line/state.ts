import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Journal, openJournal } from '../../counterparts/journal.ts';
import type { Sample } from './samples.ts';

/** What is remembered of a line, a line of JSON each, so that one that was killed goes on. */
export type Note =
  /** What is measured. */
  | { is: 'identity'; identity: string }
  /** All rasters lie in the inbox. */
  | { is: 'dropped' }
  /** The watch is set; `used_memory` of Redis just before. */
  | { is: 'watched'; redisMemory: number }
  | { is: 'sample'; sample: Sample };

export interface LineState {
  /** What the servers know. */
  folder: string;
  dropped(): boolean;
  /** Null before the watch was set. */
  redisBefore(): number | null;
  samples(): Sample[];
  note(note: Note): void;
  /** Forgets all. */
  remove(): Promise<void>;
}

/** @param identity names what is measured; what is there of anything else is forgotten */
export async function openState(folder: string, identity: string): Promise<LineState> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, 'notes.jsonl');
  let notes: Journal<Note> = openJournal<Note>(path);
  const [head] = notes.lines;
  if (head?.is !== 'identity' || head.identity !== identity) {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    notes = openJournal<Note>(path);
    notes.add([{ is: 'identity', identity }]);
  }
  const known: Note[] = [...notes.lines];
  return {
    folder,
    dropped: () => known.some(({ is }) => is === 'dropped'),
    redisBefore: () => known.find((note) => note.is === 'watched')?.redisMemory ?? null,
    samples: () => known.flatMap((note) => (note.is === 'sample' ? [note.sample] : [])),
    note(note) {
      known.push(note);
      notes.add([note]);
    },
    remove: () => rm(folder, { recursive: true, force: true, maxRetries: 5 }),
  };
}
