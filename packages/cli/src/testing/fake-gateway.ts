import { type DatasetState, type LedgerEntry, STATES, type Step } from '@geosluice/jobs';
import type { Ingestion, LedgerEvent, Watch } from '@geosluice/pipeline';
import type { GatewayPort } from '../ports.ts';

/** A gateway whose ingestions advance by one look each; for the commands' own tests. */
export interface FakeGateway extends GatewayPort {
  entries: Array<LedgerEntry & { steps: Step[] }>;
  calls: string[];
}

export function countsOf(over: Partial<Record<DatasetState, number>>): Record<DatasetState, number> {
  return { ...(Object.fromEntries(STATES.map((state) => [state, 0])) as Record<DatasetState, number>), ...over };
}

export function createFakeGateway(
  looks: Array<Partial<Ingestion>> = [],
  events: readonly LedgerEvent[] = [],
): FakeGateway {
  const watches = new Map<string, Watch>();
  const calls: string[] = [];
  const ingestion = (over: Partial<Ingestion> = {}): Ingestion => ({
    id: 'i1',
    sources: ['s3://inbox/'],
    options: {},
    createdAt: '2026-11-01T00:00:00Z',
    counts: countsOf({}),
    running: false,
    problems: [],
    ...over,
  });
  const gateway: FakeGateway = {
    entries: [],
    calls,
    async startIngestion(request) {
      calls.push(`start ${request.sources.join(' ')} ${JSON.stringify(request.options)}`);
      return ingestion({ sources: request.sources, running: true });
    },
    ingestion: async () => ingestion(looks.shift()),
    ingestions: async () => ({ ingestions: [ingestion()], cursor: null }),
    async datasets({ state }) {
      return {
        datasets: gateway.entries.filter((entry) => state === undefined || entry.state === state),
        cursor: null,
      };
    },
    async dataset(id) {
      const entry = gateway.entries.find(({ dataset }) => dataset === id);
      if (entry === undefined) throw Object.assign(new Error(`no dataset ${id}`), { code: 'DATASET_UNKNOWN' });
      return entry;
    },
    async retry(id) {
      calls.push(`retry ${id}`);
    },
    async remove(id, mode) {
      calls.push(`remove ${id} ${mode}`);
    },
    async deadLetters() {
      const dead = gateway.entries.filter(({ state }) => state === 'dead');
      return {
        deadLetters: dead.map((entry) => ({
          entry,
          stage: 'discover',
          code: entry.reason?.code ?? '',
          message: entry.reason?.message ?? '',
          at: entry.updatedAt,
        })),
        cursor: null,
      };
    },
    async replay(query) {
      calls.push(`replay ${JSON.stringify(query)}`);
      return 2;
    },
    watches: async () => [...watches.values()],
    async putWatch(watch) {
      const put = { ...watch, createdAt: '2026-11-01T00:00:00Z' };
      watches.set(watch.id, put);
      return put;
    },
    async removeWatch(id) {
      if (!watches.delete(id)) throw Object.assign(new Error(`no watch ${id}`), { code: 'WATCH_UNKNOWN' });
    },
    async status() {
      const queue = {
        waiting: 3,
        prioritized: 1,
        delayed: 0,
        due: 0,
        active: 2,
        failed: 1,
        paused: false,
        heldForMs: 5000,
      };
      return { datasets: countsOf({ visible: 7, dead: 1 }), queues: { publish: queue } };
    },
    async *events() {
      yield* events;
    },
  };
  return gateway;
}

export function exampleEntry(over: Partial<LedgerEntry & { steps: Step[] }> = {}): LedgerEntry & { steps: Step[] } {
  return {
    dataset: 'daaaaaaaaaaaaaaaaaaaa',
    uri: 's3://inbox/dem.tif',
    location: { kind: 's3', bucket: 'inbox', key: 'dem.tif' },
    ingestion: 'i1',
    options: {},
    state: 'visible',
    version: 'aaaaaaaaaa-0',
    generation: 1,
    takenBy: 'job-1',
    workspace: 'geosluice',
    name: 'dem',
    title: 'Heights',
    warnings: [],
    createdAt: '2026-11-01T00:00:00Z',
    updatedAt: '2026-11-01T00:00:05Z',
    steps: [{ at: '2026-11-01T00:00:05Z', generation: 1, state: 'visible', stage: 'register' }],
    ...over,
  };
}
