/**
 * Uploads the same files with our engine and its rivals, in turns, to the same servers; prints what each took, and how far the
 * goals are reached. See docs/performance.md.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { cacheFolder } from '../../counterparts/cache.ts';
import type { Goal } from '../goal.ts';
import { commitOf, thisMachine } from '../machine.ts';
import { type Running, runBench } from '../running.ts';
import type { Table } from '../table.ts';
import { type Asked, readArguments, USAGE } from './arguments.ts';
import { type Bench, runLeg } from './bench.ts';
import { installClients } from './clients/install.ts';
import { findPython } from './clients/python.ts';
import { checkRoom, folderOf, type MadeFiles, makeFiles } from './files.ts';
import { decideGoals } from './goals.ts';
import { keepResults } from './kept.ts';
import { bytesOf } from './loads.ts';
import { fileLoadsOf, planOf } from './plan.ts';
import { tablesOf } from './report.ts';
import { openResults, summarise } from './results.ts';
import { MEASURES } from './rooms/measures.ts';
import { ROOMS, type RoomResult } from './rooms/room.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const ROOM_ROUNDS = 3;

async function measure(asked: Asked, running: Running): Promise<{ tables: Table[]; goals: Goal[] }> {
  const { folder, say, signal } = running;
  const legs = planOf(asked);
  const names = new Set(legs.flatMap(({ loads }) => loads.flatMap(({ clients }) => clients)));
  const clients = await installClients([...names], folder, (what) => say(`installs ${what}`));
  const made = await makeAll(legs, running);
  const identity = {
    commit: commitOf(ROOT),
    machine: thisMachine(),
    clients: clients.map(({ name, about }) => ({ name, about })),
  };
  const kept = asked.full ? join(cacheFolder(), `bench-upload-${digest(asked)}.jsonl`) : null;
  const bench: Bench = {
    ...{ folder, clients, say, signal },
    python: await findPython(),
    files: (load) => (load.kind === 'files' ? made.get(folderOf(load)) : undefined),
    results: await openResults(kept, JSON.stringify(identity)),
  };
  const { results } = bench.results;
  const rooms: RoomResult[] = [];
  const keep = async (): Promise<void> => {
    if (asked.keep) await keepResults({ date: new Date().toISOString().slice(0, 10), ...identity, results, rooms });
  };
  for (const leg of legs) {
    await runLeg(bench, leg);
    await keep();
  }
  for (const measureRoom of asked.rooms ? roomsOf(bench, asked.rounds ?? ROOM_ROUNDS) : []) {
    signal.throwIfAborted();
    rooms.push(await measureRoom());
    await keep();
  }
  const summaries = summarise(results);
  return {
    tables: [...tablesOf(summaries), ...rooms],
    goals: [...decideGoals(summaries), ...rooms.flatMap((room) => room.goals)],
  };
}

async function makeAll(
  legs: ReturnType<typeof planOf>,
  { folder, say, signal }: Running,
): Promise<Map<string, MadeFiles>> {
  const loads = fileLoadsOf(legs).toSorted((a, b) => bytesOf(b) - bytesOf(a));
  const bytes = loads.reduce((sum, load) => sum + bytesOf(load), 0);
  await checkRoom(folder, bytes);
  say(`makes ${(bytes / 1024 ** 3).toFixed(1)} GiB of files`);
  const made = new Map<string, MadeFiles>();
  for (const load of loads) {
    signal.throwIfAborted();
    made.set(folderOf(load), await makeFiles(load, folder, [...made.values()]));
  }
  return made;
}

function roomsOf({ folder, python, clients, say, signal }: Bench, rounds: number): Array<() => Promise<RoomResult>> {
  const ours = clients.find(({ name }) => name === 'ours');
  if (ours === undefined) return [];
  return ROOMS.map((room) => () => MEASURES[room]({ folder, python, ours, rounds, say, signal }));
}

function digest(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 8);
}

await runBench('upload', USAGE, readArguments, measure);
