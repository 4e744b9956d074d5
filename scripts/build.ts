/**
 * Bundles every process into one file below dist/, for images only; development runs the TypeScript as it stands.
 * `epsg-index` stays a package: its definitions are read one file a code.
 */
import { cpSync, mkdirSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

const ROOT = join(import.meta.dirname, '..');
export const PROCESSES = ['discover', 'upload', 'publish', 'register', 'gateway', 'standalone'] as const;

/** @param outdir e.g. `dist`; emptied first */
export async function bundle(outdir: string): Promise<void> {
  rmSync(outdir, { recursive: true, force: true });
  await build({
    entryPoints: Object.fromEntries(PROCESSES.map((name) => [name, join(ROOT, 'services', name, 'src', 'main.ts')])),
    outdir,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    external: ['epsg-index'],
    loader: { '.html': 'copy' },
    legalComments: 'linked',
    // CommonJS packages ask for Node's own modules by require
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
    logLevel: 'warning',
  });
  const epsg = realpathSync(join(ROOT, 'packages/formats/geotiff/node_modules/epsg-index'));
  mkdirSync(join(outdir, 'node_modules'), { recursive: true });
  cpSync(epsg, join(outdir, 'node_modules', 'epsg-index'), { recursive: true });
}

if (import.meta.main) await bundle(join(ROOT, 'dist'));
