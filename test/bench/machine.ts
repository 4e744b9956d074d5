import { execFileSync } from 'node:child_process';
import { cpus, release, totalmem } from 'node:os';

/** Where something was measured; no names of hosts. */
export interface Machine {
  cpu: string;
  cores: number;
  /** GiB. */
  memory: number;
  kernel: string;
  node: string;
}

export function thisMachine(): Machine {
  const all = cpus();
  return {
    cpu: all[0]?.model ?? 'unknown',
    cores: all.length,
    memory: Math.round(totalmem() / 1024 ** 3),
    kernel: `${process.platform} ${release()}`,
    node: process.version,
  };
}

/** The commit that is checked out, short; `unknown` outside of a repository. */
export function commitOf(folder: string): string {
  try {
    return execFileSync('git', ['-C', folder, 'rev-parse', '--short=12', 'HEAD'], { encoding: 'utf8' }).trim();
  } catch {
    return 'unknown';
  }
}
