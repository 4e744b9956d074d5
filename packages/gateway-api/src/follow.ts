import { setTimeout as wait } from 'node:timers/promises';
import type { z } from 'zod';
import { type Line, readText, refusal, send, unreachable } from './call.ts';
import { GatewayError } from './error.ts';
import { eventSchema } from './event.ts';
import { readServerSentEvents, type SseState } from './sse.ts';

/** Connections in a row that give no event before the stream is given up. */
const MAX_FAILURES = 12;
const FIRST_WAIT_MS = 250;
const MAX_WAIT_MS = 10_000;
const MAX_SERVER_WAIT_MS = 60_000;

/** Milliseconds before the next connection after so many failures in a row; what the server asks for is a floor. */
export function decideWait(failures: number, asked: number, random: number): number {
  const grown = Math.min(MAX_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(failures, 10));
  return Math.max(Math.min(asked, MAX_SERVER_WAIT_MS), grown * (0.5 + random / 2));
}

/**
 * The events of the gateway, reconnecting after a lost connection where it left off. Ends with the signal.
 * @throws GatewayError where the gateway refuses, or stays away through twelve connections
 */
export async function* followEvents(
  line: Line,
  { ingestion, after = '', signal }: { ingestion?: string; after?: string; signal: AbortSignal },
): AsyncGenerator<z.infer<typeof eventSchema>> {
  const state: SseState = { lastEventId: after, retryMs: null };
  for (let failures = 0; !signal.aborted; failures += 1) {
    let error: GatewayError;
    try {
      const answer = await send(line, askOf(state, ingestion, signal), signal);
      if (answer.statusCode !== 200) throw refusal(line, answer, await readText(line, answer, signal));
      for await (const { event, data } of readServerSentEvents(answer.body as AsyncIterable<Uint8Array>, state)) {
        // an event of a kind or shape that a newer gateway has is passed over
        const parsed = event === 'message' ? undefined : eventSchema.safeParse(parseJson(data));
        failures = 0;
        if (parsed?.success === true) yield parsed.data;
        if (signal.aborted) return;
      }
      error = unreachable(line, new Error('the stream of events ended'));
    } catch (thrown) {
      if (signal.aborted) return;
      error = thrown instanceof GatewayError ? thrown : unreachable(line, thrown);
    }
    if (error.means === 'reject' || failures >= MAX_FAILURES) throw error;
    const asked = Math.max(error.retryAfterMs ?? 0, state.retryMs ?? 0);
    await wait(decideWait(failures, asked, Math.random()), undefined, { signal }).catch(() => {});
  }
}

function askOf(state: SseState, ingestion: string | undefined, signal: AbortSignal) {
  const headers: Record<string, string> = { accept: 'text/event-stream' };
  if (state.lastEventId !== '') headers['last-event-id'] = state.lastEventId;
  return { method: 'GET' as const, path: '/v1/events', query: { ingestion }, headers, signal };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
