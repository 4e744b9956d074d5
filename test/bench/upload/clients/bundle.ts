import { readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { build } from 'esbuild';
import { BUNDLING, copyBeside } from '../../../../scripts/build.ts';
import { readDockerfile } from '../../../images/dockerfile.ts';

const DOCKERFILE = join(import.meta.dirname, '../../../../docker/Dockerfile');

/**
 * Bundles one TypeScript program as the images' processes are.
 * @param program its name in `programs`, or the path of another
 * @returns the path of the bundle
 */
export async function bundled(program: string, folder: string): Promise<string> {
  const outfile = join(folder, basename(program).replace(/\.ts$/, '.mjs'));
  const entryPoints = [resolve(import.meta.dirname, 'programs', program)];
  const { metafile } = await build({ ...BUNDLING, entryPoints, outfile, metafile: true });
  copyBeside(folder, metafile);
  return outfile;
}

/** The environment that the image of a worker gives its process; the upload worker's where none is named. */
export async function environmentOfImage(worker = 'upload'): Promise<Record<string, string>> {
  const { stages } = readDockerfile(await readFile(DOCKERFILE, 'utf8'));
  const own = stages.find(({ name }) => name === `image-${worker}`)?.instructions ?? [];
  const lines = own.filter(({ keyword }) => keyword === 'ENV').map(({ value }) => value);
  return Object.fromEntries(lines.map((line) => [line.split('=', 1)[0] ?? '', line.slice(line.indexOf('=') + 1)]));
}
