import type { DatasetState, IngestOptions } from '@geosluice/jobs';
import { Agent, type Dispatcher } from 'undici';
import { z } from 'zod';
import { type Ask, call, type Line } from './call.ts';
import { datasetHistorySchema, datasetPageSchema, datasetSchema } from './dataset.ts';
import { deadLetterPageSchema, replayedSchema } from './dead-letter.ts';
import { followEvents } from './follow.ts';
import { ingestionPageSchema, ingestionSchema } from './ingestion.ts';
import { statusSchema } from './status.ts';
import type * as types from './types.ts';
import { watchListSchema, watchSchema } from './watch.ts';

export interface GatewayClientOptions {
  /** Of the gateway, with the path it is mounted at where there is one, e.g. `https://maps.example/geosluice`. */
  url: string;
  /** A bearer key; null where the gateway is asked only for what needs none. */
  key: string | null;
  /** Milliseconds for one answer; 60,000 where absent. */
  timeoutMs?: number;
  /** For tests, or for a proxy. */
  dispatcher?: Dispatcher;
}

/** The gateway’s HTTP as functions. Each throws GatewayError, or the reason of its signal. */
export interface GatewayClient {
  startIngestion(
    request: { sources: string[]; options: IngestOptions },
    signal: AbortSignal,
    idempotencyKey?: string,
  ): Promise<types.Ingestion>;
  /** @throws GatewayError INGESTION_UNKNOWN */
  ingestion(id: string, signal: AbortSignal): Promise<types.Ingestion>;
  ingestions(query: { limit?: number; cursor?: string }, signal: AbortSignal): Promise<types.IngestionPage>;
  datasets(
    query: { state?: DatasetState; q?: string; ingestion?: string; bbox?: string; cursor?: string; limit?: number },
    signal: AbortSignal,
  ): Promise<types.DatasetPage>;
  /** @throws GatewayError DATASET_UNKNOWN */
  dataset(id: string, signal: AbortSignal): Promise<types.DatasetHistory>;
  /** @throws GatewayError DATASET_UNKNOWN */
  retry(id: string, signal: AbortSignal): Promise<void>;
  /** @throws GatewayError DATASET_UNKNOWN */
  remove(id: string, mode: 'delete' | 'unpublish', signal: AbortSignal): Promise<void>;
  deadLetters(
    query: { code?: string; stage?: string; cursor?: string; limit?: number },
    signal: AbortSignal,
  ): Promise<types.DeadLetterPage>;
  /** @returns how many were replayed */
  replay(
    query: { datasets?: string[]; code?: string; stage?: string; asItWas?: boolean },
    signal: AbortSignal,
  ): Promise<number>;
  watches(signal: AbortSignal): Promise<types.Watch[]>;
  putWatch(watch: Omit<types.Watch, 'createdAt'>, signal: AbortSignal): Promise<types.Watch>;
  /** @throws GatewayError WATCH_UNKNOWN */
  removeWatch(id: string, signal: AbortSignal): Promise<void>;
  status(signal: AbortSignal): Promise<types.Status>;
  /** From now on, or after the event of an id (`0` for all that are kept). Reconnects by itself; ends with the signal. */
  events(options: { ingestion?: string; after?: string; signal: AbortSignal }): AsyncIterable<types.LedgerEvent>;
}

/** Silence of the event stream after which the connection counts as lost; the gateway sends a heartbeat every 15 s. */
const SILENCE_MS = 45_000;

/** @throws TypeError where the url is no http(s) url */
export function createGatewayClient(options: GatewayClientOptions): GatewayClient {
  const url = new URL(options.url);
  if (!/^https?:$/.test(url.protocol))
    throw new TypeError(`the gateway's url begins with http: or https:, not ${url.protocol}`);
  const line: Line = {
    base: `${url.origin}${url.pathname.replace(/\/+$/, '')}`,
    key: options.key,
    dispatcher: options.dispatcher ?? new Agent({ connectTimeout: 5_000, bodyTimeout: SILENCE_MS }),
    timeoutMs: options.timeoutMs ?? 60_000,
  };
  const ask = <T>(schema: z.ZodType<T>, request: Ask): Promise<T> => call(line, request, schema);
  const at = (collection: string, id: string): string => `/v1/${collection}/${encodeURIComponent(id)}`;

  return {
    async startIngestion(body, signal, idempotencyKey) {
      const headers: Record<string, string> = idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey };
      return await ask(ingestionSchema, { method: 'POST', path: '/v1/ingestions', body, headers, signal });
    },
    ingestion: (id, signal) => ask(ingestionSchema, { method: 'GET', path: at('ingestions', id), signal }),
    ingestions: (query, signal) => ask(ingestionPageSchema, { method: 'GET', path: '/v1/ingestions', query, signal }),
    datasets: (query, signal) => ask(datasetPageSchema, { method: 'GET', path: '/v1/datasets', query, signal }),
    dataset: (id, signal) => ask(datasetHistorySchema, { method: 'GET', path: at('datasets', id), signal }),
    async retry(id, signal) {
      await ask(datasetSchema, { method: 'POST', path: `${at('datasets', id)}/retry`, signal });
    },
    async remove(id, mode, signal) {
      await ask(datasetSchema, { method: 'DELETE', path: at('datasets', id), query: { mode }, signal });
    },
    deadLetters: (query, signal) =>
      ask(deadLetterPageSchema, { method: 'GET', path: '/v1/dead-letters', query, signal }),
    async replay(body, signal) {
      return (await ask(replayedSchema, { method: 'POST', path: '/v1/dead-letters/replay', body, signal })).replayed;
    },
    async watches(signal) {
      return (await ask(watchListSchema, { method: 'GET', path: '/v1/watches', signal })).watches;
    },
    putWatch: ({ id, ...body }, signal) => ask(watchSchema, { method: 'PUT', path: at('watches', id), body, signal }),
    async removeWatch(id, signal) {
      await ask(z.unknown(), { method: 'DELETE', path: at('watches', id), signal });
    },
    status: (signal) => ask(statusSchema, { method: 'GET', path: '/v1/status', signal }),
    events: (follow) => followEvents(line, follow),
  };
}
