import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cached } from '../counterparts/cache.ts';
import { go, runInstaller } from '../counterparts/packages.ts';

const KUBERNETES = '1.37.2';
const SOURCE = join(import.meta.dirname, 'control-plane');
const [MAJOR, MINOR] = KUBERNETES.split('.');
const VERSION = 'k8s.io/component-base/version';
const BUILD_WITHIN_MS = 45 * 60_000;

/**
 * One binary of etcd and Kubernetes' control plane, compiled once from Go modules: some minutes of two cores.
 * Without optimisation, which halves the compiler's work.
 */
export async function controlPlaneBinary(): Promise<string> {
  const source = createHash('sha256');
  for (const file of ['main.go', 'go.mod']) source.update(await readFile(join(SOURCE, file)));
  const folder = await cached(`kubernetes-${KUBERNETES}-${source.digest('hex').slice(0, 8)}`, async (draft) => {
    const variables = { gitVersion: `v${KUBERNETES}`, gitMajor: MAJOR, gitMinor: MINOR };
    const flags = Object.entries(variables).map(([name, value]) => `-X ${VERSION}.${name}=${value}`);
    const target = ['-o', join(draft, 'control-plane'), '.'];
    const build = ['-C', SOURCE, '-trimpath', '-gcflags=all=-N -l', '-ldflags', flags.join(' '), ...target];
    const env = { GOFLAGS: '-mod=readonly' };
    await runInstaller('nice', ['-n', '10', await go([1, 26]), 'build', ...build], env, BUILD_WITHIN_MS);
  });
  return join(folder, 'control-plane');
}
