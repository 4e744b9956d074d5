import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from './clients/client.ts';
import type { Python } from './clients/python.ts';

/** What one run of a client took: its own process and its children's, never the server's. */
export interface Measured {
  /** Seconds from start to end of the process. */
  wall: number;
  /** CPU seconds. */
  user: number;
  system: number;
  /** Bytes of memory at most. */
  rss: number;
}

const WITHIN_MS = 20 * 60_000;
const TAIL = 4_000;
/** No client finds settings of the person, or asks a cloud who it is. */
const SECLUDED = {
  AWS_CONFIG_FILE: '/dev/null',
  AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
  AWS_EC2_METADATA_DISABLED: 'true',
  NO_PROXY: '127.0.0.1',
  no_proxy: '127.0.0.1',
};

/**
 * Runs a client to its end.
 * @param folder for its result
 * @returns what it took, and what it wrote
 * @throws Error with what it said where it fails
 */
export async function measure(
  { command, args, env }: Command,
  { python, folder, signal }: { python: Python; folder: string; signal?: AbortSignal },
): Promise<{ measured: Measured; output: string }> {
  const result = join(folder, 'measured.json');
  await rm(result, { force: true });
  const child = spawn(python.program, [join(import.meta.dirname, 'measure.py'), result, command, ...args], {
    env: { ...process.env, ...SECLUDED, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    // so that the wrapper's child ends with it
    detached: true,
  });
  let [output, faults] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output = (output + text).slice(-TAIL);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    faults = (faults + text).slice(-TAIL);
  });
  const end = (): void => {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL');
  };
  const timer = setTimeout(end, WITHIN_MS);
  signal?.addEventListener('abort', end, { once: true });
  process.once('exit', end);
  try {
    await once(child, 'close');
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', end);
    process.removeListener('exit', end);
  }
  signal?.throwIfAborted();
  const text = await readFile(result, 'utf8').catch(() => {
    throw new Error(`${command} was not measured: ${faults}${output}`);
  });
  const { code, ...measured } = JSON.parse(text) as Measured & { code: number };
  if (code !== 0) throw new Error(`${command} ended with ${code}: ${faults}${output}`);
  return { measured, output };
}
