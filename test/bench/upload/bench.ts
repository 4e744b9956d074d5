import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { rotated } from '../rotated.ts';
import type { Client } from './clients/client.ts';
import type { Python } from './clients/python.ts';
import type { MadeFiles } from './files.ts';
import { bytesOf, type Load } from './loads.ts';
import { measure } from './measure.ts';
import type { Order } from './order.ts';
import type { Leg } from './plan.ts';
import type { Result, ResultsFile } from './results.ts';
import { type BenchServer, expectationOf } from './servers/server.ts';
import { startServer } from './servers/start.ts';

export interface Bench {
  /** A folder of this run. */
  folder: string;
  python: Python;
  clients: readonly Client[];
  files(load: Load): MadeFiles | undefined;
  results: ResultsFile;
  say(text: string): void;
  signal: AbortSignal;
}

/** Measures what a leg lacks, the clients in turns. */
export async function runLeg(bench: Bench, leg: Leg): Promise<void> {
  const missing = (round: number) =>
    leg.loads.flatMap(({ load, clients }) =>
      rotated(clients, round)
        .filter((client) => !bench.results.has(leg.server, load, client, round))
        .map((client) => ({ load, client: bench.clients.find(({ name }) => name === client) })),
    );
  const rounds = Array.from({ length: leg.rounds }, (_, index) => index + 1);
  if (rounds.every((round) => missing(round).length === 0)) return;
  bench.say(`starts ${leg.server}`);
  const servers = new Map<Role, BenchServer>([['target', await startServer(leg.server)]]);
  try {
    const other = leg.loads.some(({ load }) => load.kind === 'object' && load.from === 'other');
    if (other) servers.set('other', await startServer(leg.server));
    for (const round of rounds) {
      for (const { load, client } of missing(round)) {
        if (client === undefined) continue;
        const result = await runOnce(bench, servers, { load, client, round });
        await bench.results.add(result);
        bench.say(lineOf(result));
      }
    }
  } finally {
    for (const server of servers.values()) await server.stop();
  }
}

type Role = 'target' | 'other';

async function runOnce(
  { folder, python, files, signal }: Bench,
  servers: ReadonlyMap<Role, BenchServer>,
  { load, client, round }: { load: Load; client: Client; round: number },
): Promise<Result> {
  const target = servers.get('target');
  if (target === undefined) throw new Error('there is no server');
  const prefix = `${load.name}-${client.name}-${round}/`;
  const order: Order = { access: target.access, bucket: await target.openBucket(), prefix, folder, files: [] };
  const crc32s = new Map<string, number>();
  if (load.kind === 'files') {
    const made = files(load);
    if (made === undefined) throw new Error(`no files were made for ${load.name}`);
    order.folder = made.folder;
    order.files = made.files.map(({ name, path, size, modified, crc32 }) => {
      crc32s.set(path, crc32);
      return { path, size, modified, key: `${prefix}${name}` };
    });
  } else {
    const from = load.from === 'other' ? servers.get('other') : target;
    if (from === undefined) throw new Error('there is no other server');
    order.object = { access: from.access, ...(await from.source(load.size)), target: `${prefix}copy.tif` };
  }
  const orderPath = join(folder, 'order.json');
  await writeFile(orderPath, JSON.stringify(order));
  const { measured } = await measure(client.command(order, orderPath), { python, folder, signal });
  await target.settle(expectationOf(order, crc32s), prefix);
  return { server: target.name, load: load.name, bytes: bytesOf(load), client: client.name, round, ...measured };
}

function lineOf({ server, load, client, round, user, system, wall, rss }: Result): string {
  const figures = `${(user + system).toFixed(2)} CPU s, ${wall.toFixed(2)} s, ${(rss / 1e6).toFixed(0)} MB`;
  return `${server} ${load} ${client} #${round}: ${figures}`;
}
