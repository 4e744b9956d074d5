import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';

/** Path of a file that is in the bundle, absolute or from the root of the workspace. */
export type Bundled = string;

export interface Component {
  type: 'application' | 'library';
  'bom-ref': string;
  group?: string;
  name: string;
  version: string;
  purl?: string;
  licenses?: Array<{ license: { id: string } } | { expression: string }>;
}

/** A software bill of materials as CycloneDX 1.6 has it. */
export interface BillOfMaterials {
  bomFormat: 'CycloneDX';
  specVersion: '1.6';
  serialNumber: string;
  version: 1;
  metadata: { component: Component };
  components: Component[];
  dependencies: Array<{ ref: string; dependsOn: string[] }>;
}

interface Manifest {
  name: string;
  version: string;
  license?: string | { type?: string };
}

/**
 * What a bundle is made of: each package that a file of it comes from, by that package's own manifest. The same files give
 * the same bill, so that an image that is built again is the same image.
 */
export function billOfMaterials(root: string, name: string, files: readonly Bundled[]): BillOfMaterials {
  const { version } = manifestIn(root);
  const folders = new Set(files.map((file) => packageFolder(isAbsolute(file) ? file : join(root, file))));
  folders.delete(null);
  const byRef = new Map(
    [...folders].map((folder) => componentOf(manifestIn(folder ?? ''))).map((one) => [one['bom-ref'], one]),
  );
  const components = [...byRef.values()].sort((a, b) => (a['bom-ref'] < b['bom-ref'] ? -1 : 1));
  const main: Component = {
    ...{ type: 'application', 'bom-ref': `${name}@${version}`, name, version },
    licenses: [{ license: { id: 'Apache-2.0' } }],
  };
  return {
    ...{ bomFormat: 'CycloneDX', specVersion: '1.6', version: 1 },
    serialNumber: `urn:uuid:${uuidOf([main, ...components].map((one) => one['bom-ref']).join('\n'))}`,
    metadata: { component: main },
    components,
    dependencies: [{ ref: main['bom-ref'], dependsOn: components.map((one) => one['bom-ref']) }],
  };
}

/** …/node_modules/@scope/name/lib/x.js → …/node_modules/@scope/name; null for a file of our own. */
function packageFolder(file: string): string | null {
  const [, folder] = /^(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(file) ?? [];
  return folder ?? null;
}

function manifestIn(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
}

function componentOf({ name: full, version, license }: Manifest): Component {
  const [, group, name = full] = /^(@[^/]+)\/(.+)$/.exec(full) ?? [];
  const purl = `pkg:npm/${group === undefined ? '' : `${encodeURIComponent(group)}/`}${name}@${version}`;
  const said = typeof license === 'string' ? license : license?.type;
  return {
    ...{ type: 'library', 'bom-ref': purl },
    ...(group === undefined ? {} : { group }),
    ...{ name, version, purl },
    ...(said === undefined ? {} : { licenses: [licenseOf(said)] }),
  };
}

function licenseOf(said: string): NonNullable<Component['licenses']>[number] {
  return /^[A-Za-z0-9.+-]+$/.test(said) ? { license: { id: said } } : { expression: said.replace(/^\((.*)\)$/, '$1') };
}

/** A version 8 uuid of a text. */
function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `a${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  );
}
