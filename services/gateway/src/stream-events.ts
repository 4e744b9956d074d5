import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { eventSchema } from '@geosluice/gateway-api';
import type { LedgerEvent } from '@geosluice/pipeline';
import { z } from 'zod';

/** What the browser or client waits before it reconnects, in milliseconds. */
const RECONNECT_MS = 2_000;

export interface StreamOptions {
  /** Aborts at shutdown and when the client is gone. */
  signal: AbortSignal;
  heartbeatMs: number;
  /** Milliseconds the client may leave what was sent unread; then the connection is cut. */
  drainMs: number;
  headers: Record<string, string>;
}

/** One event as it goes over the line. */
export function frameOf(event: LedgerEvent): string {
  return `id: ${event.id}\nevent: ${event.type}\ndata: ${JSON.stringify(z.encode(eventSchema, event))}\n\n`;
}

/**
 * Sends events until they end or the signal aborts. The next event is asked for only once the last one was taken, so a slow
 * reader costs one event and the socket's buffer, and one that reads nothing is cut off.
 */
export async function streamEvents(
  raw: ServerResponse,
  events: AsyncGenerator<LedgerEvent>,
  { signal, heartbeatMs, drainMs, headers }: StreamOptions,
): Promise<void> {
  // following begins before the client is told that it does
  let next = events.next();
  next.catch(() => {});
  raw.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    // proxies of the nginx family would hold events back
    'x-accel-buffering': 'no',
    connection: 'close',
    ...headers,
  });
  raw.write(`retry: ${RECONNECT_MS}\n\n`);
  const heartbeat = setInterval(() => {
    if (raw.writableLength === 0) raw.write(':\n\n');
  }, heartbeatMs);
  try {
    for (let result = await next; result.done !== true && !signal.aborted; result = await next) {
      if (!raw.write(frameOf(result.value)) && !(await drained(raw, drainMs, signal))) return;
      next = events.next();
    }
  } finally {
    clearInterval(heartbeat);
    await events.return(undefined).catch(() => {});
    raw.end();
  }
}

/** @returns false where nothing was read in time; the connection is cut then */
async function drained(raw: ServerResponse, drainMs: number, signal: AbortSignal): Promise<boolean> {
  const patience = AbortSignal.timeout(drainMs);
  try {
    await once(raw, 'drain', { signal: AbortSignal.any([signal, patience]) });
    return true;
  } catch {
    raw.destroy();
    return false;
  }
}
