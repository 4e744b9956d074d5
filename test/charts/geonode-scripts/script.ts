import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { SCRIPTS } from './run-python-tests.ts';

export interface ScriptResult {
  code: number | null;
  output: string;
}

export interface RunningScript {
  port: number;
  output(): string;
  /** SIGTERM, and what it ended with. */
  stop(): Promise<number | null>;
}

/** Runs one of the chart's scripts to its end. */
export async function runScript(
  args: readonly string[],
  env: Record<string, string>,
  python = 'python3',
): Promise<ScriptResult> {
  const { child, output } = start(args, env, python);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output: output() };
}

/** Starts a script that serves until it is told to stop; port 0 is one of its own choice. */
export async function startScript(args: readonly string[], env: Record<string, string>): Promise<RunningScript> {
  const { child, output } = start(args, env, 'python3');
  const ended = once(child, 'close') as Promise<[number | null]>;
  const port = new Promise<number>((resolve, reject) => {
    child.stdout!.on('data', () => {
      const found = /Listening on port (\d+)/.exec(output());
      if (found !== null) resolve(Number(found[1]));
    });
    ended.then(([code]) => reject(new Error(`${args[0]} ended with ${code}: ${output()}`)));
  });
  const stop = async (): Promise<number | null> => {
    child.kill('SIGTERM');
    return (await ended)[0];
  };
  return { port: await port, output, stop };
}

function start(
  [script = '', ...args]: readonly string[],
  env: Record<string, string>,
  python: string,
): { child: ChildProcess; output: () => string } {
  const child = spawn(python, [join(SCRIPTS, script), ...args], {
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (more: string) => {
      text += more;
    });
  }
  return { child, output: () => text };
}
