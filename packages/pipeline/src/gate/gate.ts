import { randomUUID } from 'node:crypto';
import type { Log } from '@geosluice/jobs';
import { asPipelineError } from '../error.ts';
import type { Client } from '../redis.ts';
import { runScript } from '../script.ts';
import { LEASE, RELEASE, RENEW, SETTLE } from './scripts.ts';

export interface GateOptions {
  /** Works at one time over all processes, until it is known how many are worth it. */
  first?: number | undefined;
  /** And at most. */
  most: number;
}

/**
 * Lets works of all processes through to a counterpart that slows down where too many come at once: so many at a time as are
 * worth it, found out while they run, and half as many where it was overloaded.
 */
export interface Gate {
  /**
   * Runs `work` once it has its turn.
   * @param judge what its end says of the counterpart
   * @throws what `work` throws, the signal's reason, or an error of Redis before work began
   */
  through<T>(signal: AbortSignal, work: () => Promise<T>, judge: (ended: Ended<T>) => Judged): Promise<T>;
  /** Works at one time over all processes, as far as this one knows, and those that it has under way. */
  stats(): { allowed: number; active: number };
  close(): void;
}

export type Ended<T> = { value: T } | { error: unknown };

export interface Judged {
  /** The counterpart has too much to do. */
  overloaded: boolean;
  /**
   * It ended without an answer, and the counterpart may still be at it: resolves once that is known to be over. Until then it
   * counts as under way, though not for ever.
   */
  over?: Promise<unknown> | undefined;
}

/** A process that died keeps its permits so long: what it asked for may still be done by the counterpart. */
const LEASE_MS = 30_000;
/** So long counts a work that got no answer in time: a GeoServer whose S3 was silent was seen at one for 201 s. */
const KEPT_MS = 240_000;
/** Seconds a process waits for a free permit, before it looks whether one was lost. */
const WAIT_SECONDS = 1;
/** Milliseconds: who got a permit later than that had to wait for it. */
const AT_ONCE_MS = 5;
/** Of what the others bring, a further one must bring so much. */
const WORTH = 0.4;
/** Windows before another number is tried. */
const REST = 8;

interface Waiting {
  resolve(id: string): void;
  reject(reason: unknown): void;
}

export interface GateParts {
  redis: Client;
  /** A connection of the gate's own: it waits on it. Closed with the gate. */
  waiter: Client;
  /** Of the permits under way, of what is known of the counterpart, and of the free permits; in one slot. */
  keys: readonly [string, string, string];
  log: Log;
}

export function createGate({ redis, waiter, keys, log }: GateParts, { first = 2, most }: GateOptions): Gate {
  const waiting = new Set<Waiting>();
  const held = new Set<string>();
  let limit = Math.min(first, most);
  let looking = false;
  let settled = false;
  let closed = false;

  const renewal = setInterval(() => {
    if (held.size === 0) return;
    runScript(redis, RENEW, keys, [LEASE_MS, ...held]).catch((error: unknown) => {
      log.warn({ error: String(error) }, 'Gate:Renew:Failed');
    });
  }, LEASE_MS / 3);
  renewal.unref();

  /** Redis serves who waits in turn, process by process; the first who waits in this one gets what comes. */
  const look = async (): Promise<void> => {
    if (looking) return;
    looking = true;
    try {
      if (!settled) await runScript(redis, SETTLE, keys, [first, most]);
      settled = true;
      while (waiting.size > 0 && !closed) {
        const begun = performance.now();
        const found = await waiter.blpop(keys[2], WAIT_SECONDS);
        if (found === null) {
          await runScript(redis, SETTLE, keys, [first, most]);
          continue;
        }
        const id = randomUUID();
        const waited = performance.now() - begun > AT_ONCE_MS ? '1' : '0';
        if ((await runScript(redis, LEASE, keys, [id, LEASE_MS, first, most, waited])) !== 1) continue;
        const [next] = waiting;
        if (next === undefined) await release(id, 'well');
        else {
          waiting.delete(next);
          held.add(id);
          next.resolve(id);
        }
      }
    } catch (error) {
      if (!closed) for (const one of waiting) one.reject(asPipelineError(error));
      waiting.clear();
    } finally {
      looking = false;
    }
  };

  const release = async (id: string, how: 'well' | 'overloaded' | 'late', keptMs = 0): Promise<void> => {
    held.delete(id);
    const now = await runScript(redis, RELEASE, keys, [id, how, first, most, WORTH, REST, keptMs]);
    if (Number(now) !== limit) log.debug({ limit: now, before: limit, how }, 'Gate:Limit:Change');
    limit = Number(now);
  };
  /** What is not given back runs out by itself. */
  const tellFailed = (error: unknown): void => log.warn({ error: String(error) }, 'Gate:Release:Failed');
  const end = async (id: string, { overloaded, over }: Judged): Promise<void> => {
    // one that was broken off is kept as long as that of a process that died
    const keptMs = over === undefined ? 0 : overloaded ? KEPT_MS : LEASE_MS;
    await release(id, overloaded ? 'overloaded' : 'well', keptMs).catch(tellFailed);
    over?.then(() => release(id, 'late')).catch(tellFailed);
  };

  const turn = (signal: AbortSignal): Promise<string> => {
    signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const one: Waiting = { resolve, reject };
    const abort = (): void => {
      if (waiting.delete(one)) reject(signal.reason);
    };
    signal.addEventListener('abort', abort, { once: true });
    waiting.add(one);
    void look();
    return promise.finally(() => signal.removeEventListener('abort', abort));
  };

  return {
    async through(signal, work, judge) {
      const id = await turn(signal);
      let judged: Judged = { overloaded: false };
      try {
        const value = await work();
        judged = judge({ value });
        return value;
      } catch (error) {
        judged = judge({ error });
        throw error;
      } finally {
        await end(id, judged);
      }
    },
    stats: () => ({ allowed: limit, active: held.size }),
    close() {
      closed = true;
      clearInterval(renewal);
      waiter.disconnect();
      for (const one of waiting) one.reject(new Error('the gate is closed'));
      waiting.clear();
    },
  };
}
