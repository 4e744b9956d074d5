import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, open, readFile, writeFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { asContainer, emptyFolders, foldersOf, type StartPlan, startScript } from './start-script.ts';

/** A container's processes while they run, and how they ended. */
export interface ContainerProcess {
  readonly ended: Promise<Ended>;
  readonly running: boolean;
  /** The first process inside, as the host numbers it. */
  readonly pid: () => Promise<number | null>;
  signal(signal: NodeJS.Signals): Promise<void>;
  /** Kills all of it at once. */
  kill(): Promise<void>;
  /** Runs a command beside it. */
  exec(command: readonly string[], timeoutMs: number): Promise<ExecResult>;
}

export interface Ended {
  exitCode: number;
  signal?: number;
}

export interface ExecResult {
  code: number;
  output: string;
}

const SIGNALS: Partial<Record<NodeJS.Signals, number>> = {
  SIGKILL: 9,
  SIGTERM: 15,
  SIGSEGV: 11,
  SIGABRT: 6,
  SIGINT: 2,
};

/** Starts a container in a pod's network namespace; what it writes goes to a file. */
export async function startContainer(plan: StartPlan, namespace: string, log: string): Promise<ContainerProcess> {
  for (const folder of foldersOf(plan)) await mkdir(folder, { recursive: true });
  for (const folder of emptyFolders(plan.folder)) await chmod(folder, folder.endsWith('tmp') ? 0o1777 : 0o755);
  const script = join(plan.folder, 'start.sh');
  await writeFile(script, startScript(plan), { mode: 0o600 });
  const output = await open(log, 'a');
  // a process that is not root may open its /dev/stdout again
  await output.chmod(0o666);
  const unshare = ['unshare', '--mount', '--pid', '--fork', '--uts', '--ipc', '--kill-child', 'sh', script];
  const child = spawn('nsenter', [`--net=${namespace}`, '--', ...unshare], {
    stdio: ['ignore', output.fd, output.fd, 'pipe'],
    // a Ctrl-C in the terminal goes to the test
    detached: true,
  });
  await output.close();
  child.unref();
  const setUp = child.stdio[3] as Socket;
  setUp.unref();
  const running = (): boolean => child.exitCode === null && child.signalCode === null;
  const ended = Promise.race([
    once(child, 'exit').then(([code, signal]: (number | NodeJS.Signals | null)[]) => {
      // a signal is told by both, as the shell does
      const number = typeof signal === 'string' ? (SIGNALS[signal as NodeJS.Signals] ?? 1) : undefined;
      return number === undefined ? { exitCode: Number(code) } : { exitCode: 128 + number, signal: number };
    }),
    once(child, 'error').then(() => ({ exitCode: 128 })),
  ]);

  // a line by the script before it becomes the command
  await Promise.race([once(setUp, 'data'), ended]);
  setUp.destroy();

  let first: number | null = null;
  const pid = async (): Promise<number | null> => {
    if (first === null && running()) {
      const children = await readFile(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').catch(() => '');
      const [found] = children.trim().split(' ');
      first = found === undefined || found === '' ? null : Number(found);
    }
    return first;
  };

  return {
    ended,
    get running() {
      return running();
    },
    pid,
    signal: async (signal) => {
      const target = await pid();
      if (target !== null && running()) tryToKill(target, signal);
    },
    kill: async () => {
      // the first process of a PID namespace takes all others with it, and is told of when they are gone
      const target = await pid();
      if (!running()) return;
      if (target === null || !tryToKill(target, 'SIGKILL')) child.kill('SIGKILL');
    },
    exec: async (command, timeoutMs) => {
      const target = await pid();
      if (target === null || !running()) return { code: 126, output: 'the container is not running' };
      const inside = ['--target', `${target}`, '--all', '--root', '--', ...asContainer({ ...plan, command })];
      return execute('nsenter', inside, timeoutMs);
    },
  };
}

/** @returns whether there was a process */
function tryToKill(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

function execute(program: string, args: readonly string[], timeoutMs: number): Promise<ExecResult> {
  return new Promise((resolve) => {
    const options = { timeout: timeoutMs, killSignal: 'SIGKILL', maxBuffer: 64 * 1024 * 1024 } as const;
    execFile(program, args, options, (error, stdout, stderr) => {
      const output = stdout + stderr;
      if (error === null) resolve({ code: 0, output });
      else if (error.killed === true) resolve({ code: 124, output: `${output}timed out after ${timeoutMs} ms` });
      else resolve({ code: typeof error.code === 'number' ? error.code : 126, output });
    });
  });
}
