import { createHttpRegistrar, type Registrar } from '@geosluice/geonode';
import { GEONODE, loadConfig } from '../../../packages/service-kit/src/index.ts';
import { type GeonodeServer, startGeonode } from '../../counterparts/geonode.ts';
import { type PostgisServer, queryPostgis } from '../../counterparts/postgis.ts';
import { type StockLayer, type StockProcess, startStock } from '../../geonode/stock-process.ts';
import { treeUsageOf, usageOf } from '../processes.ts';
import { VoidRun } from '../running.ts';
import { documentOf } from './documents.ts';
import type { BenchGeoServer } from './geoserver.ts';
import { layersOf } from './layers.ts';
import type { Turn, Way } from './turn.ts';

/** A GeoNode with so many datasets, and all three ways of adding to them, started and warm. */
export interface Scene {
  size: number;
  geonode: GeonodeServer;
  /** CPU seconds that a process took to load GeoNode. */
  start: number;
  /** Layers that nobody registered yet, in a workspace of their own. */
  fresh(count: number): StockLayer[];
  /** Registers layers of one workspace, which are all that GeoServer then has. */
  take(way: Way, layers: readonly StockLayer[]): Promise<Omit<Turn, 'round'>>;
  stop(): Promise<void>;
}

export interface Counterparts {
  geoserver: BenchGeoServer;
  postgis: PostgisServer;
}

/** As GeoNode runs in production, and with its rules in GeoFence, as is its default. */
const ENV = { GEOFENCE_SECURITY_ENABLED: 'True', DEBUG: 'False', QUICK_LOGINS: 'False' };
/** As the worker does by default. */
const { batchSize, batchWaitMs } = loadConfig({ geonode: GEONODE }, {}).geonode;

/** @param dump with `size` datasets */
export async function openScene(
  { geoserver, postgis }: Counterparts,
  size: number,
  dump: string,
  signal: AbortSignal,
): Promise<Scene> {
  const postmaster = postgis.pid;
  if (postmaster === null) throw new Error('PostgreSQL must run on this machine, or its CPU cannot be told');
  const geonode = await startGeonode({ geoserver, database: postgis, dump, env: ENV });
  let stock: StockProcess | undefined;
  let registrar: Registrar | undefined;
  const stop = async (): Promise<void> => {
    await registrar?.close();
    await stock?.end();
    await geonode.stop();
  };
  try {
    // a restored database has no statistics, and would be vacuumed by itself in the middle of a round
    await queryPostgis(geonode.databaseUrl, 'vacuum analyze');
    const there = Number(await queryPostgis(geonode.databaseUrl, 'select count(*) from layers_dataset'));
    if (there !== size) throw new VoidRun(`GeoNode has ${there} datasets, not ${size}`);
    const theirs = await startStock(geonode);
    stock = theirs;
    const ours = createHttpRegistrar({ ...geonode, batchSize, batchWaitMs });
    registrar = ours;
    signal.addEventListener('abort', () => void theirs.end(), { once: true });
    const works: Record<Way, (layers: readonly StockLayer[]) => Promise<unknown>> = {
      ours: (layers) => Promise.all(layers.map((layer) => ours.register(documentOf(layer), signal))),
      'create + update': (layers) => theirs.create(layers),
      async 'create + update, unlisted'(layers) {
        for (let at = 0; at < layers.length; at += STORES) {
          const few = layers.slice(at, at + STORES);
          await geoserver.hold(few, false);
          await theirs.create(few);
        }
      },
      updatelayers: (layers) => theirs.updateLayers(layers[0]?.workspace ?? '', layers.length),
    };
    const start = usageOf(theirs.pid).cpu;
    let next = FIRST;
    const fresh: Scene['fresh'] = (count) => {
      const layers = layersOf(`ws_${next.toString(36)}`, next, count);
      next += count;
      return layers;
    };
    const take: Scene['take'] = async (way, layers) => {
      signal.throwIfAborted();
      await geoserver.hold(layers);
      await geoserver.take();
      const django = way === 'ours' ? geonode.pid : theirs.pid;
      if (django === null) throw new Error('GeoNode must run on this machine, or its CPU cannot be told');
      const before = [treeUsageOf(django).cpu, treeUsageOf(postmaster).cpu, performance.now()] as const;
      await works[way](layers);
      const after = [treeUsageOf(django).cpu, treeUsageOf(postmaster).cpu, performance.now()] as const;
      return {
        ...{ way, size, count: layers.length },
        django: after[0] - before[0],
        postgres: after[1] - before[1],
        wall: (after[2] - before[2]) / 1000,
        requests: await geoserver.take(),
      };
    };
    return { size, geonode, start, fresh, take, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/**
 * Of a workspace where a coverage is not listed: GeoNode then asks each store of the workspace for it, so a workspace of thousands
 * would cost as many requests a dataset. Few are to the good of stock.
 */
const STORES = 5;
/** Numbers of layers that no fill uses. */
const FIRST = 1_000_000;
