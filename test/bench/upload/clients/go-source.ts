import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cached } from '../../../counterparts/cache.ts';
import { go, runInstaller } from '../../../counterparts/packages.ts';

const GO: [number, number] = [1, 26];

/** Builds a small Go program of ours, once for each content of its folder. @returns the path of its binary */
export async function builtFrom(source: string, name: string): Promise<string> {
  const hash = createHash('sha256');
  for (const file of (await readdir(source)).sort())
    hash.update(`${file}\0`).update(await readFile(join(source, file)));
  const folder = await cached(`bench-${name}-${hash.digest('hex').slice(0, 8)}`, async (draft) => {
    const flags = ['-trimpath', '-buildvcs=false', '-o', join(draft, name)];
    await runInstaller(await go(GO), ['build', '-C', source, ...flags, '.'], { GOFLAGS: '-mod=readonly' });
  });
  return join(folder, name);
}
