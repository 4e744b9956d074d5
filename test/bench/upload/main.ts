/**
 * Uploads the same files with our engine and its rivals, in turns, to the same servers; prints what each took, and how far the
 * goals are reached. See docs/performance.md.
 */
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cacheFolder } from '../../counterparts/cache.ts';
import { type Asked, readArguments, USAGE } from './arguments.ts';
import { type Bench, runLeg } from './bench.ts';
import { installClients } from './clients/install.ts';
import { findPython } from './clients/python.ts';
import { checkRoom, folderOf, type MadeFiles, makeFiles } from './files.ts';
import { decideGoals, exitCodeOf } from './goals.ts';
import { keepResults } from './kept.ts';
import { bytesOf } from './loads.ts';
import { commitOf, thisMachine } from './machine.ts';
import { fileLoadsOf, planOf } from './plan.ts';
import { asText, goalsTable, tablesOf } from './report.ts';
import { openResults, type Result, summarise } from './results.ts';
import { MEASURES } from './rooms/measures.ts';
import { ROOMS, type RoomResult } from './rooms/room.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const ROOM_ROUNDS = 3;
const begun = performance.now();
const ending = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => ending.abort());

function say(text: string): void {
  process.stdout.write(`${((performance.now() - begun) / 1000).toFixed(0).padStart(5)} s  ${text}\n`);
}

async function run(asked: Asked): Promise<0 | 1> {
  const legs = planOf(asked);
  const folder = await mkdtemp(join(process.env.GEOSLUICE_BENCH_FOLDER ?? tmpdir(), 'geosluice-bench-'));
  try {
    const names = new Set(legs.flatMap(({ loads }) => loads.flatMap(({ clients }) => clients)));
    const clients = await installClients([...names], folder, (what) => say(`installs ${what}`));
    const made = await makeAll(legs, folder);
    const identity = {
      commit: commitOf(ROOT),
      machine: thisMachine(),
      clients: clients.map(({ name, about }) => ({ name, about })),
    };
    const kept = asked.full ? join(cacheFolder(), `bench-upload-${digest(asked)}.jsonl`) : null;
    const bench: Bench = {
      ...{ folder, clients, say, signal: ending.signal },
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
      ending.signal.throwIfAborted();
      rooms.push(await measureRoom());
      await keep();
    }
    return tell(results, rooms);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function makeAll(legs: ReturnType<typeof planOf>, folder: string): Promise<Map<string, MadeFiles>> {
  const loads = fileLoadsOf(legs).toSorted((a, b) => bytesOf(b) - bytesOf(a));
  const bytes = loads.reduce((sum, load) => sum + bytesOf(load), 0);
  await checkRoom(folder, bytes);
  say(`makes ${(bytes / 1024 ** 3).toFixed(1)} GiB of files`);
  const made = new Map<string, MadeFiles>();
  for (const load of loads) {
    ending.signal.throwIfAborted();
    made.set(folderOf(load), await makeFiles(load, folder, [...made.values()]));
  }
  return made;
}

function roomsOf({ folder, python, clients, signal }: Bench, rounds: number): Array<() => Promise<RoomResult>> {
  const ours = clients.find(({ name }) => name === 'ours');
  if (ours === undefined) return [];
  return ROOMS.map((room) => () => MEASURES[room]({ folder, python, ours, rounds, say, signal }));
}

function tell(results: readonly Result[], rooms: readonly RoomResult[]): 0 | 1 {
  const summaries = summarise(results);
  const goals = [...decideGoals(summaries), ...rooms.flatMap((room) => room.goals)];
  process.stdout.write(`\n${[...tablesOf(summaries), ...rooms, goalsTable(goals)].map(asText).join('\n')}`);
  return exitCodeOf(goals);
}

function digest(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 8);
}

let asked: Asked;
try {
  asked = readArguments(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`bench:upload: ${(error as Error).message}\n\n${USAGE}`);
  process.exit(2);
}
process.exitCode = await run(asked).catch((error: unknown) => {
  process.stderr.write(`bench:upload: ${ending.signal.aborted ? 'ended early' : (error as Error).stack}\n`);
  return 1;
});
