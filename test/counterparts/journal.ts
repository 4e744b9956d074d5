import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';

/** Changes in a file, a line of JSON each, so that a stand-in that was killed knows again what it knew. */
export interface Journal<Line> {
  /** What was there at the start, oldest first. */
  lines: Line[];
  add(lines: readonly Line[]): void;
}

/** @param path kept nowhere where absent */
export function openJournal<Line>(path: string | undefined): Journal<Line> {
  if (path === undefined) return { lines: [], add: () => {} };
  const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
  // what a kill cut short was told to nobody
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  writeFileSync(path, whole);
  return {
    lines: whole.split('\n').flatMap((line): Line[] => (line === '' ? [] : [JSON.parse(line) as Line])),
    add: (lines) => appendFileSync(path, lines.map((line) => `${JSON.stringify(line)}\n`).join('')),
  };
}
