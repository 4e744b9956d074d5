/**
 * Bundles every process into one file below dist/bin/, for images only; development runs the TypeScript as it stands.
 * What is read from disk at run time lies beside the bundles: EPSG definitions, the API page's files, the status page.
 */
import { cpSync, mkdirSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

const ROOT = join(import.meta.dirname, '..');
const PROCESSES = ['discover', 'upload', 'publish', 'register', 'gateway', 'standalone'] as const;

/** CommonJS packages ask for Node's modules by `require` and for their own files by `__dirname`. */
const BANNER = [
  "import { createRequire as __createRequire } from 'node:module';",
  "import { dirname as __dirnameOf } from 'node:path';",
  "import { fileURLToPath as __pathOf } from 'node:url';",
  'const require = __createRequire(import.meta.url);',
  'const __filename = __pathOf(import.meta.url);',
  'const __dirname = __dirnameOf(__filename);',
].join('\n');

/** @param outdir e.g. `dist`; emptied first */
export async function bundle(outdir: string): Promise<void> {
  rmSync(outdir, { recursive: true, force: true });
  await build({
    entryPoints: Object.fromEntries(PROCESSES.map((name) => [name, join(ROOT, 'services', name, 'src', 'main.ts')])),
    outdir: join(outdir, 'bin'),
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    external: ['epsg-index'],
    legalComments: 'linked',
    banner: { js: BANNER },
    logLevel: 'warning',
  });
  const packageOf = (room: string, name: string) => realpathSync(join(ROOT, room, 'node_modules', name));
  mkdirSync(join(outdir, 'node_modules'), { recursive: true });
  cpSync(packageOf('packages/formats/geotiff', 'epsg-index'), join(outdir, 'node_modules', 'epsg-index'), {
    recursive: true,
  });
  const page = join(packageOf('services/gateway', '@fastify/swagger-ui'), 'static');
  cpSync(page, join(outdir, 'static'), { recursive: true });
  // its entry point and its library each look for it from where they themselves would lie
  cpSync(join(page, 'logo.svg'), join(outdir, 'bin', 'static', 'logo.svg'));
  cpSync(join(ROOT, 'services/gateway/src/routes/status-page.html'), join(outdir, 'bin', 'status-page.html'));
}

if (import.meta.main) await bundle(join(ROOT, 'dist'));
