import { spawn } from 'node:child_process';
import { once } from 'node:events';

const TAIL = 4_000;

/**
 * Runs a program of the bench in a process of its own.
 * @param order what it is told, as JSON in its first argument
 * @returns what it printed last, a line of JSON
 * @throws Error with what it said where it fails
 */
export async function runChild<Result>(
  program: string,
  order: object,
  { env = {}, signal }: { env?: Record<string, string>; signal: AbortSignal },
): Promise<Result> {
  const args = ['--disable-warning=ExperimentalWarning', program, JSON.stringify(order)];
  const child = spawn(process.execPath, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    signal,
    killSignal: 'SIGKILL',
  });
  // an abort is told by the signal itself below
  child.on('error', () => {});
  let [output, faults] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output = (output + text).slice(-TAIL);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    faults = (faults + text).slice(-TAIL);
  });
  const [code] = (await once(child, 'close')) as [number | null];
  signal.throwIfAborted();
  const last = output.trimEnd().split('\n').at(-1) ?? '';
  if (code !== 0 || last === '') throw new Error(`${program} ended with ${code}: ${faults}${output}`);
  return JSON.parse(last) as Result;
}
