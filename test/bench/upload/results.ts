import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { type Spread, spreadOf } from '../statistics.ts';
import type { ClientName } from './clients/client.ts';
import { bytesOf, GIB, type Load } from './loads.ts';
import type { Measured } from './measure.ts';
import type { ServerName } from './servers/server.ts';

/** One run of one client. */
export interface Result extends Measured {
  server: ServerName;
  /** Its name. */
  load: string;
  /** Bytes the load had. */
  bytes: number;
  client: ClientName;
  /** From 1. */
  round: number;
}

/** All rounds of one client with one load on one server. */
export interface Summary {
  server: ServerName;
  load: string;
  bytes: number;
  client: ClientName;
  /** CPU seconds, user and system, a GiB. */
  cpu: Spread;
  /** Seconds. */
  wall: Spread;
  /** Bytes. */
  rss: Spread;
}

export function summarise(results: readonly Result[]): Summary[] {
  const groups = Map.groupBy(results, ({ server, load, client }) => `${server} ${load} ${client}`);
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const { server, load, bytes, client } = first;
    return {
      ...{ server, load, bytes, client },
      cpu: spreadOf(group.map(({ user, system }) => ((user + system) * GIB) / bytes)),
      wall: spreadOf(group.map(({ wall }) => wall)),
      rss: spreadOf(group.map(({ rss }) => rss)),
    };
  });
}

/** Results in a file, a line each, so that a run that was killed goes on. */
export interface ResultsFile {
  results: Result[];
  has(server: ServerName, load: Load, client: ClientName, round: number): boolean;
  add(result: Result): Promise<void>;
}

/**
 * @param path null: kept nowhere
 * @param of names what is measured; results of anything else are forgotten
 */
export async function openResults(path: string | null, of: string): Promise<ResultsFile> {
  const results: Result[] = [];
  if (path !== null) {
    const [head = '', ...lines] = (await readFile(path, 'utf8').catch(() => '')).split('\n');
    if (head === of) results.push(...lines.flatMap(readLine));
    // without a line that a kill cut short
    await writeFile(path, [of, ...results.map((result) => JSON.stringify(result)), ''].join('\n'));
  }
  return {
    results,
    has: (server, load, client, round) =>
      results.some(
        (one) =>
          one.server === server &&
          one.load === load.name &&
          one.bytes === bytesOf(load) &&
          one.client === client &&
          one.round === round,
      ),
    async add(result) {
      results.push(result);
      if (path !== null) await appendFile(path, `${JSON.stringify(result)}\n`);
    },
  };
}

function readLine(line: string): Result[] {
  try {
    return [JSON.parse(line) as Result];
  } catch {
    return [];
  }
}
