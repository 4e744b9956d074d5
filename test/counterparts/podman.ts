import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cacheFolder } from './cache.ts';
import { aptInstall, findOnPath } from './packages.ts';
import { keepServer, startProcess } from './server-process.ts';

const PACKAGES = ['podman', 'buildah', 'runc', 'conmon', 'netavark', 'iptables'];

/** What it takes where no systemd runs: runc, since crun wants its own cgroups, and ulimits that a container may set. */
const CONTAINERS_CONF = `[containers]
default_ulimits = ["nofile=20000:20000", "nproc=32768:32768"]
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "runc"
[network]
network_backend = "netavark"
`;

export interface Finished {
  code: number;
  stdout: string;
  stderr: string;
}

export interface Podman {
  /** Runs podman; an exit code other than 0 is an error with what podman said, unless it is asked for. */
  run(...args: string[]): Promise<string>;
  attempt(...args: string[]): Promise<Finished>;
  /** The environment podman runs with, for whoever starts it otherwise. */
  env: Readonly<Record<string, string>>;
  /** A name for a container or volume of this test; those of tests that died are removed when podman is opened. */
  name(what: string): string;
}

const PREFIX = 'geosluice-test-';
const OURS = new RegExp(`^${PREFIX}(\\d+)-`);

/** Podman with images and containers of its own in the cache folder; installed from Debian where it is missing. */
export async function openPodman(): Promise<Podman> {
  for (const program of ['podman', 'runc', 'conmon']) {
    if ((await findOnPath(program)) === null) await aptInstall(...PACKAGES);
  }
  const folder = join(cacheFolder(), 'podman');
  await mkdir(folder, { recursive: true });
  const [containers, storage] = [join(folder, 'containers.conf'), join(folder, 'storage.conf')];
  await writeFile(containers, CONTAINERS_CONF);
  await writeFile(
    storage,
    `[storage]\ndriver = "overlay"\ngraphroot = "${join(folder, 'storage')}"\nrunroot = "/run/geosluice-podman"\n`,
  );
  const env = {
    ...{ CONTAINERS_CONF: containers, CONTAINERS_STORAGE_CONF: storage },
    // health checks are asked for by hand: there is no systemd to ask for them
    DISABLE_HC_SYSTEMD: 'true',
  };
  const attempt = (...args: string[]): Promise<Finished> => runPodman(args, env);
  const run = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await attempt(...args);
    if (code === 0) return stdout.trim();
    throw new Error(`podman ${args.join(' ')} ended with ${code}:\n${`${stdout}\n${stderr}`.slice(-6000)}`);
  };
  await removeOrphans({ run, attempt });
  return { run, attempt, env, name: (what) => `${PREFIX}${process.pid}-${what}` };
}

async function removeOrphans({ run, attempt }: Pick<Podman, 'run' | 'attempt'>): Promise<void> {
  const orphans = (names: string): string[] =>
    names.split('\n').filter((name) => {
      const [, pid] = OURS.exec(name) ?? [];
      return pid !== undefined && Number(pid) !== process.pid && !isAlive(Number(pid));
    });
  const containers = orphans(await run('ps', '--all', '--format', '{{.Names}}'));
  if (containers.length > 0) await run('rm', '--force', '--time', '0', ...containers);
  const volumes = orphans(await run('volume', 'ls', '--format', '{{.Name}}'));
  if (volumes.length > 0) await run('volume', 'rm', '--force', ...volumes);
  // layers that no build of today and yesterday came to
  await attempt('image', 'prune', '--force', '--filter', 'until=48h');
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function runPodman(args: readonly string[], env: Readonly<Record<string, string>>): Promise<Finished> {
  const child = spawn('podman', args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code: code ?? -1, stdout, stderr };
}

export interface PodmanService {
  /** What testcontainers and other clients of Docker read: DOCKER_HOST and its neighbours. */
  env: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

/** Podman's socket that speaks Docker's API. */
export async function startPodmanService(podman: Podman): Promise<PodmanService> {
  const folder = await mkdtemp(join(tmpdir(), 'geosluice-podman-'));
  const socket = join(folder, 'podman.sock');
  const { stop } = await keepServer(folder, () =>
    startProcess({
      name: 'podman system service',
      command: 'podman',
      args: ['system', 'service', '--time=0', `unix://${socket}`],
      folder,
      env: { ...podman.env },
      probe: async () => {
        const { code } = await runPodman(['--remote', '--url', `unix://${socket}`, 'version'], podman.env);
        if (code !== 0) throw new Error('the socket does not answer yet');
      },
    }),
  );
  return {
    env: {
      DOCKER_HOST: `unix://${socket}`,
      // its reaper is an image of a registry; what is left is removed by name
      TESTCONTAINERS_RYUK_DISABLED: 'true',
      TESTCONTAINERS_HOST_OVERRIDE: '127.0.0.1',
    },
    stop,
  };
}
