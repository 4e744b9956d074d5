/**
 * Resolves the tags that docker/ is built on to digests, where their registries can be reached:
 *
 *     node scripts/resolve-digests.ts                writes docker/digests.json
 *     node scripts/resolve-digests.ts --build-args   prints `--build-arg NODE_BASE=…@sha256:…` for docker build
 *
 * What cannot be resolved is named, is not written, and makes the exit code 1. No digest is ever made up.
 */
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { parse } from 'yaml';
import { resolveDigest } from './registry.ts';

const ROOT = join(import.meta.dirname, '..');

export interface Base {
  image: string;
  /** Build argument that names it; null where compose.yaml does. */
  argument: string | null;
}

/** Every image that a Dockerfile or compose.yaml below the folder names by tag. */
export function basesIn(folder: string): Base[] {
  const found: Base[] = globSync('**/Dockerfile', { cwd: folder }).flatMap((name) =>
    [...readFileSync(join(folder, name), 'utf8').matchAll(/^ARG (\w+_BASE)=(\S+)$/gm)].map(
      ([, argument = '', image = '']) => ({ image, argument }),
    ),
  );
  for (const name of globSync('compose.yaml', { cwd: folder })) {
    const { services } = parse(readFileSync(join(folder, name), 'utf8'), { merge: true }) as {
      services: Record<string, { image?: string; build?: unknown }>;
    };
    for (const { image, build } of Object.values(services)) {
      if (image !== undefined && build === undefined) found.push({ image, argument: null });
    }
  }
  return found.filter((base, index) => found.findIndex(({ image }) => image === base.image) === index);
}

/** @returns the exit code */
export async function resolveDigests(
  folder: string,
  options: { buildArgs: boolean; write: (text: string) => void; warn: (text: string) => void },
): Promise<number> {
  const bases = basesIn(folder);
  const answers = await Promise.allSettled(bases.map(({ image }) => resolveDigest(image)));
  const digests: Record<string, string> = {};
  let code = 0;
  for (const [index, answer] of answers.entries()) {
    const { image, argument } = bases[index] as Base;
    if (answer.status === 'rejected') {
      const { message, cause } = answer.reason as Error;
      options.warn(`${image}: ${message}${cause instanceof Error ? `: ${cause.message}` : ''}\n`);
      code = 1;
      continue;
    }
    digests[image] = answer.value;
    if (options.buildArgs && argument !== null) options.write(`--build-arg ${argument}=${image}@${answer.value}\n`);
  }
  if (!options.buildArgs && Object.keys(digests).length > 0) {
    writeFileSync(join(folder, 'digests.json'), `${JSON.stringify(digests, null, 2)}\n`);
    options.write(`${join(folder, 'digests.json')}: ${Object.keys(digests).length} of ${bases.length}\n`);
  }
  return code;
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { 'build-args': { type: 'boolean', default: false } } });
  process.exitCode = await resolveDigests(join(ROOT, 'docker'), {
    buildArgs: values['build-args'],
    write: (text) => process.stdout.write(text),
    warn: (text) => process.stderr.write(text),
  });
}
