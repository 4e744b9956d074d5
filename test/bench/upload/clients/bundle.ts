import { join } from 'node:path';
import { build } from 'esbuild';
import { BUNDLING } from '../../../../scripts/build.ts';

/** Bundles one TypeScript program as the images' processes are. @returns the path of the bundle */
export async function bundled(program: string, folder: string): Promise<string> {
  const outfile = join(folder, program.replace(/\.ts$/, '.mjs'));
  const entryPoints = [join(import.meta.dirname, 'programs', program)];
  await build({ ...BUNDLING, entryPoints, outfile });
  return outfile;
}
