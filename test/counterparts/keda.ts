import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { cached } from './cache.ts';
import { runProgram } from './helm.ts';
import { go, runInstaller } from './packages.ts';

const MODULE = 'github.com/kedacore/keda/v2';
const VERSION = '2.21.0';

/** KEDA's own manifests (`config/` of its module: CRDs, roles, deployments, kustomizations), downloaded once. */
export async function kedaConfig(): Promise<string> {
  return cached(`keda-config-${VERSION}`, async (draft) => {
    await cp(join(await moduleFolder(await goCommand()), 'config'), draft, { recursive: true });
    // the module cache is read-only, and so is what is copied out of it
    await runInstaller('chmod', ['-R', 'u+w', draft]);
  });
}

export interface KedaPrograms {
  /** Scales ScaledObjects to and from zero, and answers the adapter over gRPC. */
  operator: string;
  /** Serves external.metrics.k8s.io. */
  adapter: string;
}

/** KEDA's operator and metrics adapter, built once from the Go module: some ten CPU minutes, at the lowest priority. */
export async function kedaPrograms(): Promise<KedaPrograms> {
  const folder = await cached(`keda-${VERSION}`, async (draft) => {
    const command = await goCommand();
    // built where the module lies: `go install` refuses one that replaces others; unoptimised is a third cheaper
    const flags = ['-mod=readonly', '-buildvcs=false', '-gcflags=all=-N -l'];
    const linker = ['-ldflags', `-w -X ${MODULE}/version.Version=${VERSION}`];
    const build = ['build', '-C', await moduleFolder(command), ...flags, ...linker, '-o', `${draft}/`];
    const { code, stderr } = await runProgram(
      'nice',
      ['-n', '19', command, ...build, './cmd/operator', './cmd/adapter'],
      { env: { CGO_ENABLED: '0' }, timeoutMs: 90 * 60_000 },
    );
    if (code !== 0) throw new Error(`KEDA does not build:\n${stderr.slice(-4000)}`);
  });
  return { operator: join(folder, 'operator'), adapter: join(folder, 'adapter') };
}

const goCommand = () => go([1, 26]);

async function moduleFolder(command: string): Promise<string> {
  const answer = await runInstaller(command, ['mod', 'download', '-json', `${MODULE}@v${VERSION}`]);
  return (JSON.parse(answer) as { Dir: string }).Dir;
}
