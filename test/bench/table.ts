import { type Goal, holds } from './goal.ts';
import type { Spread } from './statistics.ts';

export interface Table {
  title: string;
  head: string[];
  /** The first cell of a row is text, the others are figures. */
  rows: string[][];
}

/** `1.20 (1.18–1.31)` */
export function spreadText({ median, least, most, count }: Spread, digits: number): string {
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
