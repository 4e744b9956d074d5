import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

/**
 * Becomes the server, and leaves a watchdog behind that reads from the test's pipe. When the pipe closes without a word,
 * the test is dead: the watchdog kills the server and removes its folder.
 */
const WATCHDOG = `
folder=$1; shift
( if read -r word <&3 && [ "$word" = bye ]; then exit 0; fi; kill -9 $$ 2>/dev/null
  while read -r path; do rm -f "$path"; done < "$folder/.litter"; rm -rf "$folder" ) >/dev/null 2>&1 &
exec "$@" 3<&-`;

export interface ServerProcess {
  readonly pid: number;
  /** The last lines the server wrote. */
  logs(): string;
  /** Sends a signal and waits for the end; the folder stays, so that the server can be started again on it. */
  end(signal?: NodeJS.Signals): Promise<void>;
}

export interface ServerCommand {
  /** For messages. */
  name: string;
  command: string;
  args: readonly string[];
  /** The server's own temporary folder: its working directory, removed when the test dies. */
  folder: string;
  /** Files the server leaves outside of its folder. */
  litter?: readonly string[];
  env?: Record<string, string>;
  /** One real request. Resolves when the server answered as it should, rejects when it did not yet. */
  probe(): Promise<void>;
  readyWithinMs?: number;
}

/** Starts a server that cannot outlive this process. @throws Error with the server's log where it does not get ready */
export async function startProcess(server: ServerCommand): Promise<ServerProcess> {
  const litter = server.litter ?? [];
  await writeFile(join(server.folder, '.litter'), litter.map((path) => `${path}\n`).join(''));
  const child = spawn('sh', ['-c', WATCHDOG, 'watchdog', server.folder, server.command, ...server.args], {
    cwd: server.folder,
    env: { ...process.env, ...server.env },
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    // a Ctrl-C in the terminal goes to the test, which stops its servers in order
    detached: true,
  });
  // not its stdin: Node destroys that at the child's exit, before a word could be sent
  const leash = child.stdio[3] as Socket;
  leash.on('error', () => {});
  const log = keepTail(child);
  const ended = once(child, 'exit').then(() => {
    // the watchdog need not clean up after an end that the test saw
    leash.end('bye\n');
  });
  // a test that forgets to stop a server still ends; the watchdog sees to the rest
  child.unref();
  for (const stream of [leash, child.stdout, child.stderr]) (stream as Socket).unref();

  const running = (): boolean => child.exitCode === null && child.signalCode === null;
  const end = async (signal: NodeJS.Signals = 'SIGTERM'): Promise<void> => {
    if (!running()) return;
    child.ref();
    child.kill(signal);
    const gone = await Promise.race([ended.then(() => true), wait(10_000, false, { ref: false })]);
    if (!gone) child.kill('SIGKILL');
    await ended;
    await Promise.all(litter.map((path) => rm(path, { force: true })));
  };

  const deadline = Date.now() + (server.readyWithinMs ?? 60_000);
  for (;;) {
    try {
      await server.probe();
      if (!running()) throw new Error('something else answers on its port');
      break;
    } catch (error) {
      if (running() && Date.now() < deadline) {
        await wait(50);
        continue;
      }
      const how = running() ? 'did not get ready' : `ended with ${child.signalCode ?? `code ${child.exitCode}`}`;
      await end('SIGKILL');
      throw new Error(`${server.name} ${how}. Its log:\n${log()}`, { cause: error });
    }
  }
  return { pid: child.pid!, logs: log, end };
}

/** How a test ends a server, kills it, and starts it again on what it left. */
export interface ServerLife {
  stop(): Promise<void>;
  kill(signal?: NodeJS.Signals): Promise<void>;
  restart(): Promise<void>;
  /** Another one after a restart. */
  pid(): number;
}

/** Starts a server in a folder that goes with it, also where the start fails. */
export async function keepServer(folder: string, start: () => Promise<ServerProcess>): Promise<ServerLife> {
  try {
    let server = await start();
    return {
      stop: async () => {
        await server.end('SIGKILL');
        await removeFolder(folder);
      },
      kill: (signal = 'SIGKILL') => server.end(signal),
      restart: async () => {
        await server.end();
        server = await start();
      },
      pid: () => server.pid,
    };
  } catch (error) {
    await removeFolder(folder);
    throw error;
  }
}

/** Removes a server's folder, also where the server's last writes race with it. */
export async function removeFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
}

/** Ports that were free a moment ago, all different. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      return server;
    }),
  );
  return Promise.all(
    servers.map(async (server) => {
      const address = server.address();
      server.close();
      await once(server, 'close');
      if (address === null || typeof address === 'string') throw new Error('no port');
      return address.port;
    }),
  );
}

/** Runs a start that may lose its port to another process meanwhile: twice more. */
export async function withFreshPorts<T>(count: number, start: (ports: number[]) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await start(await freePorts(count));
    } catch (error) {
      if (attempt === 3 || !/in use|bind|something else answers/i.test(String(error))) throw error;
    }
  }
}

const TAIL_BYTES = 64 * 1024;

function keepTail(child: ChildProcess): () => string {
  let tail = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      tail = (tail + text).slice(-TAIL_BYTES);
    });
  }
  return () => tail;
}
