import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cached } from '../../counterparts/cache.ts';
import { runProgram } from '../../counterparts/helm.ts';
import { findOnPath, pipInstall, runInstaller } from '../../counterparts/packages.ts';
import { customResourceDefinitions } from './crds.ts';
import type { Manifest } from './manifests.ts';
import { KUBERNETES } from './render.ts';

const VERSION = '1.37.0';
const PROGRAM = join(dirname(fileURLToPath(import.meta.url)), 'schemas.py');

export interface Rendered {
  /** What the reader is told, e.g. the values file. */
  where: string;
  /** Version of Kubernetes, `1.30`. */
  kubernetes: string;
  manifests: readonly Manifest[];
}

/**
 * What schemas find wrong, a sentence each; fields they do not know are wrong. Kinds of Kubernetes by its own schemas of that
 * version, those of KEDA, the Gateway API, the Prometheus operator and cert-manager by their definitions.
 */
export async function schemaErrors(rendered: readonly Rendered[]): Promise<string[]> {
  const documents = new Map<string, { where: string; version: string; object: Manifest }>();
  for (const { where, kubernetes, manifests } of rendered) {
    for (const object of manifests) {
      const name = `${where} for ${kubernetes}: ${object.kind} ${object.metadata.name}`;
      documents.set(JSON.stringify([kubernetes, object]), { where: name, version: kubernetes, object });
    }
  }
  const [python, modules, crds] = await Promise.all([pythonProgram(), schemas(), customResourceDefinitions()]);
  const input = JSON.stringify({ crds, documents: [...documents.values()] });
  const { code, stdout, stderr } = await runProgram(python, [PROGRAM], { env: { PYTHONPATH: modules }, input });
  if (code !== 0) throw new Error(`schemas.py failed: ${stderr}`);
  return (JSON.parse(stdout) as { where: string; message: string }[]).map(
    ({ where, message }) => `${where}: ${message}`,
  );
}

/** The schemas with what reads them, only of the versions that are asked for. */
async function schemas(): Promise<string> {
  const python = await pythonProgram();
  // a compiled module belongs to one version of Python
  const tag = (await runInstaller(python, ['-c', 'import sys; print(sys.implementation.cache_tag)'])).trim();
  return cached(`kubernetes-validate-${VERSION}-${tag}-${KUBERNETES.join('-')}`, async (draft) => {
    await pipInstall(draft, ['--no-compile', `kubernetes-validate==${VERSION}`]);
    const folder = join(draft, 'kubernetes_validate', 'kubernetes-json-schema');
    const kept = KUBERNETES.map((version) => `v${version}.0-local-strict`);
    const names = (await runInstaller('ls', [folder])).split('\n');
    for (const name of names)
      if (name !== '' && !kept.includes(name)) await rm(join(folder, name), { recursive: true });
  });
}

async function pythonProgram(): Promise<string> {
  return (await findOnPath('python3')) ?? 'python';
}
