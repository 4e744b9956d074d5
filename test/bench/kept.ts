import { existsSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

const FOLDER = join(import.meta.dirname, '..', '..', 'docs', 'bench');

/** Makes a run the one that docs/performance.md is generated from. */
export async function keepRun(bench: string, run: unknown): Promise<void> {
  const path = pathOf(bench);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `${JSON.stringify(run, null, 2)}\n`);
}

/** @returns as it was kept; null where no run was kept yet */
export function readKeptRun<Run>(bench: string): Run | null {
  const path = pathOf(bench);
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Run) : null;
}

function pathOf(bench: string): string {
  return join(FOLDER, `${bench}.json`);
}
