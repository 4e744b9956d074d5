import {
  datasetIdOf,
  formatLocation,
  type LedgerEntry,
  type Location,
  parseLocation,
  STAGES,
  STATES,
  type StageName,
  type Step,
} from '@geosluice/jobs';
import { type DeadLetter, type Ingestion, type LedgerEvent, PipelineError, type Watch } from '@geosluice/pipeline';
import type { GatewayPipeline } from '../options.ts';

type Counts = Ingestion['counts'];

/** A pipeline without Redis: what is asked of it is kept, and nothing works on it but the test. */
export interface MemoryPipeline extends GatewayPipeline {
  /** Puts a dataset into the ledger, or changes one, and tells it to the followers. */
  set(uri: string, over?: Partial<LedgerEntry>): LedgerEntry;
  tell(event: Omit<LedgerEvent, 'id' | 'at'>): LedgerEvent;
  /** What was asked for, one line each. */
  asked: string[];
  /** From now on no call answers, as with a Redis that is cut off; `answer` lets all of them go on. */
  hang(): void;
  answer(): void;
  /** From now on every call fails with this; null ends it. */
  fail(error: Error | null): void;
  /** Streams that are open. */
  readonly followers: number;
}

const AT = '2026-11-01T10:00:00.000Z';

export function createMemoryPipeline(): MemoryPipeline {
  const entries = new Map<string, LedgerEntry>();
  const steps = new Map<string, Step[]>();
  const ingestions = new Map<string, Ingestion>();
  const idempotency = new Map<string, string>();
  const watches = new Map<string, Watch>();
  const events: LedgerEvent[] = [];
  const asked: string[] = [];
  const wakers = new Set<() => void>();
  let followers = 0;
  let gate: PromiseWithResolvers<void> | null = null;
  let failure: Error | null = null;

  const kept = async <T>(call: () => T): Promise<T> => {
    if (gate !== null) await gate.promise;
    if (failure !== null) throw failure;
    return structuredClone(call());
  };
  const newest = (): LedgerEntry[] => [...entries.values()].reverse();
  const counts = (ingestion?: string): Counts => {
    const some = newest().filter((entry) => ingestion === undefined || entry.ingestion === ingestion);
    return Object.fromEntries(
      STATES.map((state) => [state, some.filter((entry) => entry.state === state).length]),
    ) as Counts;
  };
  const letters = (): DeadLetter[] =>
    newest().flatMap((entry) => {
      const { state, reason } = entry;
      return state !== 'dead' || reason === undefined ? [] : [{ entry, ...pick(reason), at: entry.updatedAt }];
    });
  const withCounts = (ingestion: Ingestion): Ingestion => ({ ...ingestion, counts: counts(ingestion.id) });
  const tell: MemoryPipeline['tell'] = (event) => {
    const told = { id: `${events.length + 1}-0`, at: AT, ...event };
    events.push(told);
    for (const wake of wakers) wake();
    return told;
  };
  const change = (dataset: string, patch: Partial<LedgerEntry>, note: string): void => {
    const entry = entries.get(dataset);
    if (entry === undefined) throw unknown(dataset);
    const { reason: _, ...rest } = entry;
    entries.set(dataset, { ...rest, ...patch });
    steps.get(dataset)?.unshift({ at: AT, generation: entry.generation, state: patch.state ?? entry.state, note });
  };
  const covering = (location: Location): Watch | null => {
    const uri = formatLocation(location);
    const covers = [...watches.values()].filter(({ source }) => uri.startsWith(source));
    return covers.sort((a, b) => b.source.length - a.source.length)[0] ?? null;
  };

  return {
    asked,
    tell,
    get followers() {
      return followers;
    },
    hang() {
      gate ??= Promise.withResolvers();
    },
    answer() {
      gate?.resolve();
      gate = null;
    },
    fail(error) {
      failure = error;
    },
    set(uri, over = {}) {
      const location = parseLocation(uri);
      const dataset = datasetIdOf(location);
      const entry: LedgerEntry = {
        ...{ dataset, uri, location, ingestion: 'i1', options: {}, state: 'found', version: '', generation: 0 },
        ...{ takenBy: '', warnings: [], createdAt: AT, updatedAt: AT },
        ...entries.get(dataset),
        ...over,
      };
      entries.set(dataset, entry);
      const { generation, state } = entry;
      steps.set(dataset, [{ at: AT, generation, state }, ...(steps.get(dataset) ?? [])]);
      tell({ type: 'state', dataset, ingestion: entry.ingestion, state });
      return entry;
    },
    ping: async () => {
      if (gate !== null) await gate.promise;
      return failure === null;
    },
    retry: (dataset) =>
      kept(() => {
        change(dataset, { state: 'found' }, 'replay');
        asked.push(`retry ${dataset}`);
      }),
    remove: (dataset, mode) =>
      kept(() => {
        change(dataset, { state: 'removing' }, mode);
        asked.push(`remove ${dataset} ${mode}`);
      }),
    ledger: {
      get: (dataset) => kept(() => entries.get(dataset) ?? null),
      steps: (dataset) => kept(() => steps.get(dataset) ?? []),
      counts: (ingestion) => kept(() => counts(ingestion)),
      list: ({ state, ingestion, q, bbox, cursor, limit = 50 }) =>
        kept(() => {
          const found = newest().filter(
            (entry) =>
              (state ?? entry.state) === entry.state &&
              (ingestion ?? entry.ingestion) === entry.ingestion &&
              (q === undefined || entry.uri.includes(q)) &&
              (bbox === undefined || meets(entry, bbox)),
          );
          const page = pageOf(found, cursor, limit);
          return { entries: page.items, cursor: page.cursor };
        }),
    },
    queues: {
      counts: () =>
        kept(() => {
          const idle = {
            waiting: 0,
            prioritized: 0,
            delayed: 0,
            due: 0,
            active: 0,
            failed: 0,
            paused: false,
            heldForMs: 0,
          };
          return Object.fromEntries(STAGES.map((stage) => [stage, idle])) as Record<StageName, typeof idle>;
        }),
    },
    ingestions: {
      get: (id) =>
        kept(() => {
          const ingestion = ingestions.get(id);
          return ingestion === undefined ? null : withCounts(ingestion);
        }),
      list: ({ cursor, limit = 50 }) =>
        kept(() => {
          const page = pageOf([...ingestions.values()].reverse().map(withCounts), cursor, limit);
          return { ingestions: page.items, cursor: page.cursor };
        }),
      start: ({ sources, options, idempotencyKey }) =>
        kept(() => {
          const known = idempotencyKey === undefined ? undefined : idempotency.get(idempotencyKey);
          const was = ingestions.get(known ?? '');
          if (was !== undefined) return withCounts(was);
          const id = `i${ingestions.size + 1}`;
          if (idempotencyKey !== undefined) idempotency.set(idempotencyKey, id);
          const uris = sources.map(formatLocation);
          const ingestion: Ingestion = {
            ...{ id, sources: uris, options, createdAt: AT, counts: counts(id), running: true, problems: [] },
          };
          ingestions.set(id, ingestion);
          asked.push(`start ${uris.join(' ')}`);
          return ingestion;
        }),
    },
    watches: {
      put: (request) =>
        kept(() => {
          const watch = { ...request, createdAt: watches.get(request.id)?.createdAt ?? AT };
          watches.set(watch.id, watch);
          return watch;
        }),
      list: () => kept(() => [...watches.values()]),
      remove: (id) => kept(() => watches.delete(id)),
      covering: (location) => kept(() => covering(location)),
      hint: (location) =>
        kept(() => {
          asked.push(`hint ${formatLocation(location)}`);
          return covering(location) !== null;
        }),
    },
    deadLetters: {
      list: ({ code, stage, cursor, limit = 50 }) =>
        kept(() => {
          const found = letters().filter(
            (one) => (code ?? one.code) === one.code && (stage ?? one.stage) === one.stage,
          );
          const page = pageOf(found, cursor, limit);
          return { deadLetters: page.items, cursor: page.cursor };
        }),
      replay: (query) =>
        kept(() => {
          asked.push(`replay ${JSON.stringify(query)}`);
          const { datasets, code, stage } = query;
          const chosen = letters().filter(
            (one) =>
              (datasets?.includes(one.entry.dataset) ?? true) &&
              (code ?? one.code) === one.code &&
              (stage ?? one.stage) === one.stage,
          );
          for (const { entry } of chosen) change(entry.dataset, { state: 'found' }, 'replay');
          return chosen.length;
        }),
    },
    events: {
      async *follow({ after, ingestion, signal }) {
        let position = after === undefined ? events.length : Number.parseInt(after, 10);
        followers += 1;
        try {
          while (!signal.aborted) {
            for (const event of events.slice(position)) {
              position += 1;
              if (ingestion === undefined || event.ingestion === ingestion) yield structuredClone(event);
              if (signal.aborted) return;
            }
            if (failure !== null) throw failure;
            if (position < events.length) continue;
            const { promise, resolve } = Promise.withResolvers<void>();
            wakers.add(resolve);
            signal.addEventListener('abort', () => resolve(), { once: true });
            await promise;
            wakers.delete(resolve);
          }
        } finally {
          followers -= 1;
        }
      },
    },
  };
}

function pick({
  code,
  message,
  stage,
}: NonNullable<LedgerEntry['reason']>): Pick<DeadLetter, 'code' | 'message' | 'stage'> {
  return { code, message, stage };
}

function unknown(dataset: string): PipelineError {
  return new PipelineError('DATASET_UNKNOWN', `no dataset has the id ${dataset}`, { subject: dataset });
}

function meets(entry: LedgerEntry, [west, south, east, north]: [number, number, number, number]): boolean {
  const box = entry.facts?.wgs84Bbox;
  return box !== undefined && box[0] <= east && box[2] >= west && box[1] <= north && box[3] >= south;
}

/** A page whose cursor is the number of entries before it. */
function pageOf<T>(
  all: readonly T[],
  cursor: string | undefined,
  limit: number,
): { items: T[]; cursor: string | null } {
  if (cursor !== undefined && !/^\d+$/.test(cursor))
    throw new PipelineError('CURSOR_INVALID', 'not a cursor of this list');
  const from = Number(cursor ?? 0);
  const next = from + limit;
  return { items: all.slice(from, next), cursor: next < all.length ? String(next) : null };
}
