import { styleText } from 'node:util';

/** Where a command writes: text for people, one JSON document for scripts. */
export interface Output {
  readonly json: boolean;
  readonly live: boolean;
  line(text?: string): void;
  /** The result of the command, in whichever form was asked for. */
  result(value: unknown, text: () => string): void;
  /** Replaces the last live line; only on a terminal. */
  status(text: string): void;
  problem(text: string): void;
  paint(style: Parameters<typeof styleText>[0], text: string): string;
}

export interface Streams {
  stdout: { write(text: string): unknown; isTTY?: boolean };
  stderr: { write(text: string): unknown; isTTY?: boolean; columns?: number };
}

export function createOutput({ stdout, stderr }: Streams, json: boolean): Output {
  const live = stderr.isTTY === true && !json;
  const colour = stdout.isTTY === true && !json;
  let statusShown = false;
  const clear = () => {
    if (statusShown) stderr.write('\r\u001b[2K');
    statusShown = false;
  };
  const line = (text = ''): void => {
    clear();
    stdout.write(`${text}\n`);
  };
  return {
    json,
    live,
    line,
    result(value, text) {
      line(json ? JSON.stringify(value, null, 2) : text());
    },
    status(text) {
      if (!live) return;
      clear();
      // a line that wraps could not be taken back
      stderr.write(text.slice(0, (stderr.columns ?? Number.POSITIVE_INFINITY) - 1));
      statusShown = true;
    },
    problem(text) {
      clear();
      stderr.write(`${text}\n`);
    },
    paint: (style, text) => (colour ? styleText(style, text, { validateStream: false }) : text),
  };
}

/** A plain table; columns as wide as their widest cell, the last one free. */
export function table(head: readonly string[], rows: ReadonlyArray<readonly string[]>): string {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)));
  const format = (row: readonly string[]) =>
    row
      .map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0)))
      .join('  ')
      .trimEnd();
  return [format(head), format(widths.map((width) => '─'.repeat(width))), ...rows.map(format)].join('\n');
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

/** 1234567 → `1.2 MiB`. */
export function bytes(count: number): string {
  const unit = unitOf(count);
  return `${inUnit(count, unit)} ${UNITS[unit]}`;
}

/** Both in the unit of the total: `1.2 of 4.0 GiB`. */
export function bytesOf(done: number, total: number): string {
  const unit = unitOf(total);
  return `${inUnit(done, unit)} of ${inUnit(total, unit)} ${UNITS[unit]}`;
}

function unitOf(count: number): number {
  return count < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log2(count) / 10));
}

function inUnit(count: number, unit: number): string {
  const value = count / 1024 ** unit;
  return unit === 0 || value >= 100 ? `${Math.round(value)}` : value.toFixed(1);
}
