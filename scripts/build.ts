/**
 * Bundles processes into one file each below <outdir>/bin/, for images only; development runs the TypeScript as it stands.
 * What is read from disk at run time lies beside the bundles: EPSG definitions, native code, the API page's files, the status page.
 *
 *     node scripts/build.ts [--outdir dist]           all processes, sharing what they have in common
 *     node scripts/build.ts --each [--outdir dist]    each in a folder of its own, for an image of its own
 */
import { cpSync, globSync, mkdirSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { type BuildOptions, build, type Metafile, type Plugin } from 'esbuild';
import { type Bundled, billOfMaterials } from './sbom.ts';

const ROOT = join(import.meta.dirname, '..');

/** CommonJS packages ask for Node's modules by `require` and for their own files by `__dirname`. */
const BANNER = [
  "import { createRequire as __createRequire } from 'node:module';",
  "import { dirname as __dirnameOf } from 'node:path';",
  "import { fileURLToPath as __pathOf } from 'node:url';",
  'const require = __createRequire(import.meta.url);',
  'const __filename = __pathOf(import.meta.url);',
  'const __dirname = __dirnameOf(__filename);',
].join('\n');

/**
 * An import of node:http makes Node load its own copy of undici as well, for names that nobody asks for: 40 ms of CPU at every
 * start. A `require` of it does not.
 */
const requireHttp: Plugin = {
  name: 'require-http',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^(node:)?http$/ }, ({ kind }) =>
      kind === 'require-call' ? { path: 'node:http', external: true } : { path: 'node:http', namespace: 'require' },
    );
    onLoad({ filter: /^/, namespace: 'require' }, ({ path }) => ({ contents: `module.exports = require('${path}');` }));
  },
};

/** How TypeScript becomes what the images run; the upload bench measures its programs so, too. */
export const BUNDLING = {
  absWorkingDir: ROOT,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  external: ['epsg-index'],
  legalComments: 'linked',
  banner: { js: BANNER },
  plugins: [requireHttp],
  logLevel: 'warning',
} satisfies BuildOptions;

/** Every service that is a process of its own. */
export function processes(): string[] {
  return globSync('services/*/src/main.ts', { cwd: ROOT })
    .map((path) => basename(dirname(dirname(path))))
    .sort();
}

/**
 * @param outdir e.g. `dist`; emptied first
 * @param names which processes; all where absent
 */
export async function bundle(outdir: string, names: readonly string[] = processes()): Promise<void> {
  rmSync(outdir, { recursive: true, force: true });
  const { metafile } = await build({
    ...BUNDLING,
    entryPoints: Object.fromEntries(names.map((name) => [name, join(ROOT, 'services', name, 'src', 'main.ts')])),
    outdir: join(outdir, 'bin'),
    outExtension: { '.js': '.mjs' },
    splitting: true,
    metafile: true,
  });
  const inputs = inputsOf(metafile);
  const beside = copyBeside(outdir, metafile);
  const bill = billOfMaterials(ROOT, names.length === 1 ? `geosluice-${names[0]}` : 'geosluice', [
    ...inputs,
    ...beside,
  ]);
  writeFileSync(join(outdir, 'sbom.cdx.json'), `${JSON.stringify(bill, null, 2)}\n`);
}

/** Files that are really in the bundles: what nobody uses is shaken off. */
function inputsOf({ outputs }: Metafile): Bundled[] {
  const used = Object.values(outputs).flatMap(({ inputs }) =>
    Object.entries(inputs)
      .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
      .map(([path]) => path),
  );
  return [...new Set(used)].sort();
}

/** Copies what the bundled code reads from disk to where it looks for it. @returns the packages it came from */
export function copyBeside(outdir: string, metafile: Metafile): Bundled[] {
  const inputs = inputsOf(metafile);
  const packageOf = (room: string, name: string) => realpathSync(join(ROOT, room, 'node_modules', name));
  const copied: Bundled[] = [];
  if (inputs.some((path) => path.endsWith('packages/formats/geotiff/src/crs/definitions.ts'))) {
    const index = packageOf('packages/formats/geotiff', 'epsg-index');
    mkdirSync(join(outdir, 'node_modules'), { recursive: true });
    cpSync(index, join(outdir, 'node_modules', 'epsg-index'), { recursive: true });
    copied.push(join(index, 'package.json'));
  }
  if (inputs.some((path) => path.endsWith('packages/object-store/src/crc32.ts'))) {
    // the package and, beside it, its build for this platform
    const scope = dirname(packageOf('packages/object-store', '@node-rs/crc32'));
    for (const name of readdirSync(scope)) {
      const from = realpathSync(join(scope, name));
      cpSync(from, join(outdir, 'node_modules', '@node-rs', name), { recursive: true });
      copied.push(join(from, 'package.json'));
    }
  }
  if (inputs.some((path) => path.includes('/@fastify/swagger-ui/'))) {
    const page = join(packageOf('services/gateway', '@fastify/swagger-ui'), 'static');
    cpSync(page, join(outdir, 'static'), { recursive: true });
    // its entry point and its library each look for it from where they themselves would lie
    cpSync(join(page, 'logo.svg'), join(outdir, 'bin', 'static', 'logo.svg'));
    cpSync(join(ROOT, 'services/gateway/src/routes/status-page.html'), join(outdir, 'bin', 'status-page.html'));
  }
  return copied;
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: { each: { type: 'boolean', default: false }, outdir: { type: 'string', default: join(ROOT, 'dist') } },
  });
  if (values.each) for (const name of processes()) await bundle(join(values.outdir, name), [name]);
  else await bundle(values.outdir);
}
