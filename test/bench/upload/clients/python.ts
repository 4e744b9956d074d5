import { runInstaller } from '../../../counterparts/packages.ts';

export interface Python {
  /** The interpreter itself: what lies on the PATH may be a script that looks for it, which would be measured too. */
  program: string;
  /** e.g. `cpython-311`; installed packages fit one. */
  tag: string;
}

export async function findPython(): Promise<Python> {
  const ask = 'import sys; print(sys.executable, sys.implementation.cache_tag)';
  const [program = 'python3', tag = ''] = (await runInstaller('python3', ['-c', ask])).trim().split(' ');
  return { program, tag };
}
