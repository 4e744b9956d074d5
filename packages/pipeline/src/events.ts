import type { Events } from './api.ts';
import { asPipelineError, isAway } from './error.ts';
import type { Internals } from './internals.ts';
import { readEvent } from './read-event.ts';

const BLOCK_MS = 5_000;
const BATCH = 200;
const RETRY_MS = 500;

/** The capped stream of what changes in the ledger. */
export function createEvents({ redis, keys, connect }: Internals): Events {
  return {
    async *follow({ after, ingestion, signal }) {
      if (signal.aborted) return;
      let position = after ?? (await newest(redis, keys.events));
      // XREAD blocks its connection, so each follower has one of its own
      const reader = connect('follow');
      const stop = (): void => reader.disconnect();
      signal.addEventListener('abort', stop, { once: true });
      try {
        while (!signal.aborted) {
          const answer = await read(reader, keys.events, position, signal);
          for (const [id, fields] of answer) {
            position = id;
            const event = readEvent(id, fields[1] ?? '');
            if (ingestion === undefined || event.ingestion === ingestion) yield event;
            if (signal.aborted) return;
          }
        }
      } finally {
        signal.removeEventListener('abort', stop);
        reader.disconnect();
      }
    },
  };
}

type Lines = Array<[id: string, fields: string[]]>;

async function newest(redis: Internals['redis'], stream: string): Promise<string> {
  const [last] = (await redis.xrevrange(stream, '+', '-', 'COUNT', 1)) as Lines;
  return last?.[0] ?? '0';
}

async function read(reader: Internals['redis'], stream: string, position: string, signal: AbortSignal): Promise<Lines> {
  try {
    const answer = await reader.xread('COUNT', BATCH, 'BLOCK', BLOCK_MS, 'STREAMS', stream, position);
    return ((answer as Array<[string, Lines]> | null)?.[0]?.[1] ?? []) satisfies Lines;
  } catch (error) {
    if (signal.aborted) return [];
    if (!isAway(error)) throw asPipelineError(error);
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    return [];
  }
}
