import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts, removeFolder, startProcess } from '../counterparts/server-process.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const NODE_OPTIONS = ['--disable-warning=ExperimentalWarning'];

/** A process of ours under test; it cannot outlive the test. */
export interface OurProcess {
  pid: number;
  /** Where it tells how it is: `/readyz`, `/metrics`. */
  url: string;
  logs(): string;
  /** SIGTERM where absent; waits for the end. */
  end(signal?: NodeJS.Signals): Promise<void>;
}

const HEALTHY_MS = 60_000;

let folders: string | undefined;

/** One folder for all processes of a test run: a test that kills them itself leaves nothing behind either. */
function foldersOfThisRun(): string {
  if (folders === undefined) {
    const made = mkdtempSync(join(tmpdir(), 'geosluice-processes-'));
    process.once('exit', () => rmSync(made, { recursive: true, force: true }));
    folders = made;
  }
  return folders;
}

async function startOurs(
  name: string,
  args: readonly string[],
  env: Record<string, string>,
  readyUrl: string,
): Promise<OurProcess> {
  const folder = await mkdtemp(join(foldersOfThisRun(), 'process-'));
  const started = await startProcess({
    name,
    command: process.execPath,
    args: [...NODE_OPTIONS, ...args.map((arg) => (arg.endsWith('.ts') ? join(ROOT, arg) : arg))],
    folder,
    env,
    async probe() {
      const { ok, status } = await fetch(readyUrl);
      if (!ok) throw new Error(`${readyUrl} answers ${status}`);
    },
    readyWithinMs: HEALTHY_MS,
  });
  return {
    pid: started.pid,
    url: new URL(readyUrl).origin,
    logs: started.logs,
    async end(signal) {
      await started.end(signal);
      await removeFolder(folder);
    },
  };
}

/** `geosluice up`: the gateway and all workers in one process. */
export function startUp(env: Record<string, string>): Promise<OurProcess> {
  return startOurs('geosluice up', ['services/standalone/src/main.ts', 'up'], env, `${env.GEOSLUICE_URL}/readyz`);
}

export type ServiceName = 'gateway' | 'discover' | 'upload' | 'publish' | 'register';

/** One service as a process of its own. @param program a bundle of it, or its source */
export async function startService(
  name: ServiceName,
  env: Record<string, string>,
  program = `services/${name}/src/main.ts`,
): Promise<OurProcess> {
  const [port = 0] = await freePorts(1);
  const readyUrl = name === 'gateway' ? `${env.GEOSLUICE_URL}/readyz` : `http://127.0.0.1:${port}/readyz`;
  return await startOurs(name, [program], { ...env, GEOSLUICE_HEALTH_PORT: `${port}` }, readyUrl);
}

/** Runs the `geosluice` command as a person does. */
export async function geosluice(
  args: readonly string[],
  env: Record<string, string>,
  cwd = process.cwd(),
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [...NODE_OPTIONS, join(ROOT, 'services/standalone/src/main.ts'), ...args], {
    env: { ...process.env, ...env, GEOSLUICE_CALLED_FROM: cwd },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text;
  });
  const [code] = await once(child, 'close');
  return { code, stdout, stderr };
}
