import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const ROOT = join(import.meta.dirname, '..', '..');
const FOLDER = join(ROOT, 'docs', 'bench');

/** Makes a run the one that docs/performance.md is generated from. */
export async function keepRun(bench: string, run: unknown): Promise<void> {
  const path = pathOf(bench);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `${JSON.stringify(run, null, 2)}\n`);
  // it lies in the repository, whose files have one form
  await promisify(execFile)(join(ROOT, 'node_modules', '.bin', 'biome'), ['format', '--write', path], { cwd: ROOT });
}

/** @returns as it was kept; null where no run was kept yet */
export function readKeptRun<Run>(bench: string): Run | null {
  const path = pathOf(bench);
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Run) : null;
}

function pathOf(bench: string): string {
  return join(FOLDER, `${bench}.json`);
}
