import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { type Finished, openPodman, type Podman } from '../counterparts/podman.ts';
import { freePorts } from '../counterparts/server-process.ts';
import { until } from '../world/until.ts';
import { buildImage, nodeBase } from './bases.ts';

const ROOT = join(import.meta.dirname, '../..');

/** How each container of ours must be able to run: nothing to write but /tmp, nothing to be allowed. */
export const CONFINED = [
  ...['--read-only', '--read-only-tmpfs=false', '--tmpfs', '/tmp:rw,mode=1777,size=64m'],
  ...['--cap-drop', 'ALL', '--security-opt', 'no-new-privileges', '--network', 'host'],
] as const;

export const imageOf = (name: string): string => `localhost/geosluice-test/${name}:under-test`;

/** Labels that the images of this test are built with. */
export const BUILD = { VERSION: '0.1.0', REVISION: '0123abc', CREATED: '2026-11-26T12:00:00Z' } as const;

/** What .dockerignore lets through, in the main. */
const CONTEXT = [
  ...['.dockerignore', 'package.json', 'pnpm-lock.yaml', 'pnpm-workspace.yaml', 'tsconfig.json', 'test/package.json'],
  ...['packages', 'services', 'scripts', 'docker/Dockerfile', 'docker/healthcheck.mjs'],
];

/** A copy of the tree, so that all images are of the same one; with its times, by which the cache knows it again. */
async function copyContext(folder: string): Promise<void> {
  const filter = (path: string): boolean => !['node_modules', 'dist'].includes(basename(path));
  for (const name of CONTEXT) {
    await cp(join(ROOT, name), join(folder, name), { recursive: true, preserveTimestamps: true, filter });
  }
}

/** Builds docker/Dockerfile for each process, from the tree as it stands; what has not changed is cached. */
export async function buildWorkers(podman: Podman, names: readonly string[]): Promise<void> {
  await nodeBase(podman);
  const folder = await mkdtemp(join(tmpdir(), 'geosluice-build-'));
  const context = join(folder, 'context');
  try {
    await copyContext(context);
    // the registry and certificates of this machine, at build time only: nothing of it is in a layer
    const npmrc = join(folder, 'npmrc');
    const registry = process.env.npm_config_registry;
    const lines = ['cafile=/etc/ssl/certs/ca-certificates.crt', ...(registry ? [`registry=${registry}`] : [])];
    await writeFile(npmrc, `${lines.join('\n')}\n`);
    const labels = Object.entries(BUILD).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]);
    for (const name of names) {
      await buildImage(
        podman,
        context,
        ...['-v', `${npmrc}:/root/.npmrc:ro`, '-f', join(context, 'docker/Dockerfile')],
        ...[...labels, '--build-arg', `PROCESS=${name}`, '-t', imageOf(name)],
      );
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}

export interface Container {
  name: string;
  /** Where its health is asked for. */
  url: string;
  logs(): Promise<string>;
  /** Asks as the image's HEALTHCHECK does. */
  isHealthy(): Promise<boolean>;
  /** Sends a signal and waits for the end. @returns its exit code */
  end(signal: 'TERM' | 'KILL'): Promise<number>;
}

export interface Fleet {
  podman: Podman;
  /** Starts one process as a container and waits until it is ready. */
  start(process: string, env: Record<string, string>): Promise<Container>;
  /** Runs the geosluice command in its image. */
  cli(args: readonly string[], env: Record<string, string>, mount: string): Promise<Finished>;
  close(): Promise<void>;
}

export async function openFleet(): Promise<Fleet> {
  const podman = await openPodman();
  const folder = await mkdtemp(join(tmpdir(), 'geosluice-fleet-'));
  const names: string[] = [];
  const envFile = async (name: string, env: Record<string, string>): Promise<string> => {
    const file = join(folder, `${name}.env`);
    await writeFile(
      file,
      Object.entries(env)
        .map(([key, value]) => `${key}=${value}\n`)
        .join(''),
    );
    return file;
  };
  return {
    podman,
    async start(process, given) {
      const [port = 0] = await freePorts(1);
      const isGateway = process === 'gateway';
      const env = isGateway ? given : { ...given, GEOSLUICE_HEALTH_PORT: `${port}` };
      const url = isGateway ? (given.GEOSLUICE_URL ?? '') : `http://127.0.0.1:${port}`;
      const name = podman.name(`${process}-${names.length}`);
      names.push(name);
      const args = ['--detach', '--name', name, ...CONFINED, '--env-file', await envFile(name, env)];
      await podman.run('run', ...args, imageOf(process));
      const logs = async (): Promise<string> => {
        const { stdout, stderr } = await podman.attempt('logs', name);
        return stdout + stderr;
      };
      await until(`${process} is ready`, async () => (await fetch(`${url}/readyz`)).ok, {
        withinMs: 60_000,
        describe: logs,
      });
      return {
        ...{ name, url, logs },
        isHealthy: async () => (await podman.attempt('healthcheck', 'run', name)).code === 0,
        async end(signal) {
          await podman.run('kill', '--signal', signal, name);
          return Number(await podman.run('wait', name));
        },
      };
    },
    async cli(args, env, mount) {
      const name = podman.name(`cli-${names.length}`);
      names.push(name);
      const run = ['run', '--rm', '--name', name, ...CONFINED, '-v', `${mount}:/data:ro`];
      return podman.attempt(...run, '--env-file', await envFile(name, env), imageOf('cli'), ...args);
    },
    async close() {
      for (const name of names) await podman.attempt('rm', '--force', '--time', '0', name);
      await rm(folder, { recursive: true });
    },
  };
}
