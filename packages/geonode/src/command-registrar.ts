import { type Log, SILENT } from '@geosluice/jobs';
import { z } from 'zod';
import { BatchDivisible } from './batcher.ts';
import { type BatchOptions, createBatchingRegistrar } from './batching-registrar.ts';
import { GeonodeError } from './errors.ts';
import { type LineProcess, startLineProcess } from './line-process.ts';
import type { Action, Registrar } from './registrar.ts';

export interface CommandRegistrarOptions extends BatchOptions {
  /** E.g. `['python', 'manage.py', 'geosluice_register']`; started once, and again where it died. */
  command: readonly string[];
  /** Added to this process's own environment. */
  env?: Record<string, string | undefined> | undefined;
  /** Milliseconds from the start to its first line, Django's own start among them. Default 120,000. */
  startTimeoutMs?: number | undefined;
  /** Milliseconds one batch may take. Default 120,000. */
  timeoutMs?: number | undefined;
  log?: Log | undefined;
}

/** Lines the command takes at most. */
const MAX_LINE_BYTES = 16 * 1024 * 1024;

const readySchema = z.object({ ready: z.literal(true) });
const replySchema = z.object({ id: z.string(), answers: z.array(z.unknown()) });

interface Pending {
  resolve(answers: unknown[]): void;
  reject(error: unknown): void;
}

/** One life of the command. */
interface Session {
  process: LineProcess;
  ready: Promise<unknown>;
  pending: Map<string, Pending>;
}

/** Registers through the Django app's management command, which stays up: a line a batch, a line of its answers. */
export function createCommandRegistrar(options: CommandRegistrarOptions): Registrar {
  const log = options.log ?? SILENT;
  let current: Session | undefined;
  let count = 0;

  const start = (): Session => {
    const pending = new Map<string, Pending>();
    const ready = Promise.withResolvers<unknown>();
    // who waits for it sees its error; nobody may wait
    ready.promise.catch(() => {});
    const lost = (error: GeonodeError): void => {
      log.warn({ code: error.code, message: error.message }, 'Geonode:Command:Ended');
      // dead before its first line: it would be so for the next batch too
      const { message } = error;
      ready.reject(
        error.code === 'GEONODE_DROPPED'
          ? new GeonodeError('GEONODE_DOWN', message, { cause: error, down: true })
          : error,
      );
      for (const { reject } of pending.values()) reject(error);
      pending.clear();
    };
    const process = startLineProcess(options.command, options.env ?? {}, log, {
      line: (line) => take(line, pending, ready.resolve),
      ended: lost,
    });
    const timer = setTimeout(() => {
      process.kill(new GeonodeError('GEONODE_TIMEOUT', 'the registration command did not get ready in time'));
    }, options.startTimeoutMs ?? 120_000);
    const started = (): void => clearTimeout(timer);
    ready.promise.then(started, started);
    return { process, ready: ready.promise, pending };
  };
  const session = (): Session => {
    if (current === undefined || !current.process.running) current = start();
    return current;
  };

  return createBatchingRegistrar(
    {
      async send(action, documents, signal) {
        const { process, ready, pending } = session();
        await abortable(ready, signal);
        count += 1;
        const id = `${count}`;
        const answers = answersOf(process, pending, id, action, documents);
        const timer = setTimeout(() => {
          // it hangs: the next batch gets a new one
          process.kill(new GeonodeError('GEONODE_TIMEOUT', 'the registration command gave no answer in time'));
        }, options.timeoutMs ?? 120_000);
        try {
          return await abortable(answers, signal);
        } finally {
          clearTimeout(timer);
          pending.delete(id);
        }
      },
      health: (signal) => abortable(session().ready, signal),
      close: async () => {
        await current?.process.end();
      },
    },
    // one process, one line at a time: more under way would only wait in the pipe
    { inFlight: 1, ...options },
  );
}

function answersOf(
  process: LineProcess,
  pending: Map<string, Pending>,
  id: string,
  action: Action,
  documents: readonly object[],
): Promise<unknown[]> {
  const line = JSON.stringify({ id, [action]: documents });
  if (Buffer.byteLength(line) > MAX_LINE_BYTES) {
    const message = `the document is larger than ${MAX_LINE_BYTES} bytes`;
    const refused = new GeonodeError('GEONODE_REFUSED', message, { field: 'sidecar' });
    return Promise.reject(new BatchDivisible(refused));
  }
  return new Promise((resolve, reject) => {
    pending.set(id, { resolve, reject });
    process.write(line).catch(reject);
  });
}

function take(line: string, pending: Map<string, Pending>, ready: (value: unknown) => void): void {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    // not ours: something printed to the wrong place
    return;
  }
  if (readySchema.safeParse(value).success) {
    ready(value);
    return;
  }
  const reply = replySchema.safeParse(value);
  if (reply.success) pending.get(reply.data.id)?.resolve(reply.data.answers);
}

async function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => aborted.reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
    promise.catch(() => {});
  }
}
