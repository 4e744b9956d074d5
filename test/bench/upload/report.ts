import { spreadText, type Table } from '../table.ts';
import { CLIENTS } from './clients/client.ts';
import { GIB, LOADS } from './loads.ts';
import type { Summary } from './results.ts';
import { SERVERS } from './servers/server.ts';

const MB = 1_000_000;

/** A table a server and load, the cheapest client first. */
export function tablesOf(summaries: readonly Summary[]): Table[] {
  return SERVERS.flatMap((server) =>
    LOADS.flatMap((load): Table[] => {
      const here = summaries.filter((one) => one.server === server && one.load === load.name);
      const [first] = here;
      if (first === undefined) return [];
      const sorted = here.toSorted((a, b) => a.cpu.median - b.cpu.median);
      return [
        {
          title: `${load.title} to ${server}: ${(first.bytes / GIB).toFixed(2)} GiB, ${first.wall.count} rounds`,
          head: ['client', 'CPU s a GiB', 'wall s', 'peak RSS MB'],
          rows: sorted.map(({ client, cpu, wall, rss }) => [
            client,
            spreadText(cpu, 2),
            spreadText(wall, 2),
            spreadText({ ...rss, median: rss.median / MB, least: rss.least / MB, most: rss.most / MB }, 0),
          ]),
        },
      ];
    }),
  );
}

/** In the order of CLIENTS. */
export function byClient(a: Summary, b: Summary): number {
  return CLIENTS.indexOf(a.client) - CLIENTS.indexOf(b.client);
}
