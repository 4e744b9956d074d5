import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import type { Log } from '@geosluice/jobs';
import { GeonodeError } from './errors.ts';

const MAX_LINE_BYTES = 4 * 1024 * 1024;
const TAIL_BYTES = 4 * 1024;
const CLOSE_MS = 5_000;

export interface LineProcess {
  /** 0 where it could not be started. */
  readonly pid: number;
  /** False once the process has ended. */
  readonly running: boolean;
  /** @throws GeonodeError GEONODE_DROPPED where the process no longer reads */
  write(line: string): Promise<void>;
  /** Ends its input, waits a little, then kills it. */
  end(): Promise<void>;
  /** At once; what waits for it is told this error. */
  kill(error: GeonodeError): void;
}

export interface LineProcessEvents {
  line(line: string): void;
  /** Once: why it is no longer there. */
  ended(error: GeonodeError): void;
}

/** A process that reads and writes lines. Its stderr goes to the log. */
export function startLineProcess(
  command: readonly string[],
  env: Record<string, string | undefined>,
  log: Log,
  events: LineProcessEvents,
): LineProcess {
  const [program = '', ...args] = command;
  const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'pipe'] });
  let running = true;
  let tail = '';
  const over = (error: GeonodeError): void => {
    if (!running) return;
    running = false;
    events.ended(error);
  };
  child.once('error', (cause) => {
    over(new GeonodeError('GEONODE_DOWN', `the command ${program} cannot be run`, { cause, down: true }));
  });
  child.once('close', (code, signal) => {
    const how = `the registration command ended with ${signal ?? `code ${code}`}`;
    over(new GeonodeError('GEONODE_DROPPED', tail === '' ? how : `${how}: ${lastLine(tail)}`));
  });
  child.stdin.on('error', () => {});
  eachLine(child.stdout, events.line, () => {
    over(new GeonodeError('GEONODE_ANSWER', `the registration command wrote a line over ${MAX_LINE_BYTES} bytes`));
    child.kill('SIGKILL');
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    tail = (tail + text).slice(-TAIL_BYTES);
    log.debug({ text: text.slice(0, TAIL_BYTES).trimEnd() }, 'Geonode:Command:Stderr');
  });
  return {
    pid: child.pid ?? 0,
    get running() {
      return running;
    },
    async write(line) {
      if (!running) throw new GeonodeError('GEONODE_DROPPED', 'the registration command has ended');
      // a pipe that is full is waited for: the process reads one line after the other
      if (!child.stdin.write(`${line}\n`)) await Promise.race([once(child.stdin, 'drain'), once(child, 'close')]);
    },
    async end() {
      if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
      child.stdin.end();
      const patience = setTimeout(() => child.kill('SIGKILL'), CLOSE_MS);
      await once(child, 'close');
      clearTimeout(patience);
    },
    kill(error) {
      over(error);
      child.kill('SIGKILL');
    },
  };
}

function eachLine(stream: Readable, line: (text: string) => void, tooLong: () => void): void {
  let rest = '';
  stream.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const one of lines) line(one);
    if (rest.length > MAX_LINE_BYTES) tooLong();
  });
}

function lastLine(text: string): string {
  return text.trimEnd().split('\n').at(-1)?.slice(0, 300) ?? '';
}
