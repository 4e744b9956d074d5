import {
  type LedgerEntry,
  type PublishedLayer,
  parseLocation,
  type RetiredContent,
  type StoredObject,
} from '@geosluice/jobs';
import type { NodeStore, ReconcilePorts, Registered } from '../ports.ts';

const NODES = ['http://one', 'http://two'] as const;
export const VERSION = 'aaaaaaaaaa-0';

/** Every system in memory, each with the same datasets until a test takes something away. */
export interface MemoryWorld {
  ports: ReconcilePorts;
  entries: Map<string, LedgerEntry>;
  objects: Map<string, { size: number; etag: string }>;
  /** By node and `workspace:name`. */
  stores: Map<string, Map<string, NodeStore>>;
  registered: Map<string, Registered>;
  /** Places that do not answer: nodes by their url, `bucket`, `geonode`, sources by bucket. */
  silent: Set<string>;
  missed: Set<string>;
  changed: Set<string>;
  retired: Set<string>;
  /** `<dataset> <workspace>:<name>` of places that await that they are taken away. */
  left: Set<string>;
  /** What was done, e.g. `retry d1`. */
  done: string[];
  /** Items a page. */
  pageSize: number;
}

export const idOf = (number: number): string => `d${String(number).padStart(20, 'a')}`;
const keyOf = (dataset: string): string => `rasters/${dataset}/aaaaaaaaaa/n.tif`;
export const uriOf = (dataset: string): string => `s3://geodata/${keyOf(dataset)}`;

export function createMemoryWorld(count: number): MemoryWorld {
  const world: Omit<MemoryWorld, 'ports'> = {
    ...{ entries: new Map(), objects: new Map(), registered: new Map(), silent: new Set(), missed: new Set() },
    changed: new Set(),
    stores: new Map(NODES.map((node) => [node, new Map()])),
    ...{ retired: new Set(), left: new Set(), done: [], pageSize: 10 },
  };
  for (let number = 1; number <= count; number += 1) addDataset(world, number);
  const note = (what: string) => async (): Promise<void> => void world.done.push(what);
  const pages = async function* <T>(items: Iterable<T>): AsyncGenerator<T[]> {
    const all = [...items];
    const size = world.pageSize;
    for (let from = 0; from < all.length; from += size) yield all.slice(from, from + size);
  };
  const answers = (place: string): void => {
    if (world.silent.has(place)) throw new Error(`${place} does not answer`);
  };
  /** A list whose place says so when it is asked for the next page. */
  const listed = async function* <T>(place: string, items: Iterable<T>): AsyncGenerator<T[]> {
    for await (const page of pages(items)) {
      answers(place);
      yield page;
    }
  };
  const ofNode = (node: string): Map<string, NodeStore> => {
    answers(node);
    return world.stores.get(node) ?? new Map();
  };
  const contentOf = (uri: string): RetiredContent => {
    const [, , , , dataset = '', raster = ''] = uri.split('/');
    return { dataset, raster };
  };
  const ports: ReconcilePorts = {
    ledger: {
      entries: () => pages(world.entries.values()),
      get: async (dataset) => world.entries.get(dataset) ?? null,
      count: async () => world.entries.size,
      owners: async (workspace, names) =>
        names.map((name) => {
          const place = `${workspace}:${name}`;
          const owner = [...world.entries.values()].find(
            (one) => `${one.workspace}:${one.name}` === place || world.left.has(`${one.dataset} ${place}`),
          );
          return owner?.dataset ?? null;
        }),
      isRetired: async ({ dataset, raster }) => world.retired.has(`${dataset} ${raster}`),
      async adopt({ dataset, kept }) {
        if (kept === null) return false;
        world.done.push(`adopt ${dataset}`);
        return true;
      },
      retry: (dataset) => note(`retry ${dataset}`)(),
      look: (dataset) => note(`look ${dataset}`)(),
      ask: ({ sourceUri }) => note(`ask ${sourceUri}`)(),
      retire: ({ dataset, raster }) => note(`retire ${dataset} ${raster}`)(),
      leave: ({ dataset, workspace, name }) => note(`leave ${dataset} ${workspace}:${name}`)(),
    },
    source: {
      async look({ dataset, location }) {
        if (location.kind === 's3') answers(location.bucket);
        if (world.missed.has(dataset)) return 'missed';
        return world.changed.has(dataset) ? 'changed' : null;
      },
    },
    bucket: {
      async head({ bucket, key }) {
        answers('bucket');
        return world.objects.get(`s3://${bucket}/${key}`) ?? null;
      },
      contents: () => listed('bucket', [...world.objects.keys()].map(contentOf)),
      uriOf: ({ dataset, raster }) => `s3://geodata/rasters/${dataset}/${raster}/`,
      remove: (dataset) => note(`delete ${dataset}`)(),
    },
    geoserver: {
      nodes: async () => NODES,
      store: async (node, { workspace, name }) => ofNode(node).get(`${workspace}:${name}`) ?? null,
      urlOf: (_layer, { bucket, key }) => `minio://${bucket}/${key}`,
      workspaces: async (node) => [...new Set([...ofNode(node).keys()].map((name) => name.split(':')[0] ?? ''))],
      names: (node, workspace) =>
        listed(
          node,
          [...ofNode(node).keys()].flatMap((name) =>
            name.startsWith(`${workspace}:`) ? [name.slice(workspace.length + 1)] : [],
          ),
        ),
      remove: (node, { workspace, name }) => note(`remove ${node} ${workspace}:${name}`)(),
    },
    geonode: {
      async of(datasets) {
        answers('geonode');
        return datasets.flatMap((dataset) => world.registered.get(dataset) ?? []);
      },
      all: () => listed('geonode', world.registered.values()),
      unregister: ({ dataset }) => note(`unregister ${dataset}`)(),
    },
  };
  return Object.assign(world, { ports });
}

/** The store of a dataset as it should be. */
export function storeOf(dataset: string, over: Partial<NodeStore> = {}): NodeStore {
  const url = `minio://geodata/${keyOf(dataset)}`;
  return { url, dataset, enabled: true, complete: true, style: 'raster', ...over };
}

function addDataset(world: Omit<MemoryWorld, 'ports'>, number: number): void {
  const dataset = idOf(number);
  const uri = `s3://inbox/${number}.tif`;
  const name = `n${number}`;
  const box = [0, 0, 1, 1] as [number, number, number, number];
  const object: StoredObject = {
    bucket: 'geodata',
    key: keyOf(dataset),
    size: 4,
    etag: 'e',
    checksum: null,
    owned: true,
  };
  const layer: PublishedLayer = {
    ...{ workspace: 'w', store: name, name, storeType: 's3geotiff', srs: 'EPSG:4326', nativeBbox: box, wgs84Bbox: box },
    ...{ wms: 'http://one/w/wms', style: null },
  };
  world.entries.set(dataset, {
    ...{ dataset, uri, location: parseLocation(uri), ingestion: 'i1', options: {}, state: 'visible', version: VERSION },
    ...{ publishedVersion: VERSION, generation: 1, takenBy: 'job', warnings: [], workspace: 'w', name, object, layer },
    ...{ createdAt: '2026-11-01T00:00:00Z', updatedAt: '2026-11-01T00:00:00Z' },
  });
  world.objects.set(uriOf(dataset), { size: 4, etag: 'e' });
  for (const stores of world.stores.values()) {
    stores.set(`w:${name}`, storeOf(dataset));
  }
  world.registered.set(dataset, {
    ...{ dataset, generation: 1, version: VERSION, sourceUri: uri, pk: number, uuid: `u${number}`, url: 'http://n/' },
    ...{ title: name, alternate: `w:${name}`, doubles: [], kept: { layer, object, options: {} } },
  });
}
