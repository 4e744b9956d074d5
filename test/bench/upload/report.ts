import { CLIENTS } from './clients/client.ts';
import { type Goal, holds } from './goals.ts';
import { GIB, LOADS } from './loads.ts';
import type { Summary } from './results.ts';
import { SERVERS } from './servers/server.ts';
import type { Spread } from './statistics.ts';

const MB = 1_000_000;

export interface Table {
  title: string;
  head: string[];
  /** The first cell of a row is text, the others are figures. */
  rows: string[][];
}

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
            spread(cpu, 2),
            spread(wall, 2),
            spread({ ...rss, median: rss.median / MB, least: rss.least / MB, most: rss.most / MB }, 0),
          ]),
        },
      ];
    }),
  );
}

/** `1.20 (1.18–1.31)` */
function spread({ median, least, most, count }: Spread, digits: number): string {
  const range = count > 1 ? ` (${least.toFixed(digits)}–${most.toFixed(digits)})` : '';
  return `${median.toFixed(digits)}${range}`;
}

export function goalsTable(goals: readonly Goal[]): Table {
  return {
    title: 'Goals',
    head: ['where', 'what', 'figure', 'goal', ''],
    rows: goals.map((goal) => [
      goal.where,
      goal.what,
      goal.figure.toFixed(2),
      `${goal.atLeast === true ? '≥' : '≤'} ${goal.bound}`,
      holds(goal) ? 'ok' : 'short',
    ]),
  };
}

export function asText({ title, head, rows }: Table): string {
  const widths = head.map((name, column) => Math.max(name.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return [title, line(head), ...rows.map(line), ''].join('\n');
}

export function asMarkdown({ title, head, rows }: Table): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [`**${title}**`, '', line(head), line(head.map(() => '---')), ...rows.map(line), ''].join('\n');
}

/** In the order of CLIENTS. */
export function byClient(a: Summary, b: Summary): number {
  return CLIENTS.indexOf(a.client) - CLIENTS.indexOf(b.client);
}
