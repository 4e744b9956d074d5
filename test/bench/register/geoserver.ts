import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { performance } from 'node:perf_hooks';
import type { Catalog } from '../../counterparts/geoserver/catalog.ts';
import { createContext } from '../../counterparts/geoserver/context.ts';
import { createFailures } from '../../counterparts/geoserver/failures.ts';
import { createLock } from '../../counterparts/geoserver/lock.ts';
import { basicLogin } from '../../counterparts/geoserver/login.ts';
import { createNodeServer } from '../../counterparts/geoserver/node.ts';
import type { StockLayer } from '../../geonode/stock-process.ts';
import { catalogOf, withEveryStyle } from './catalog.ts';

/** A request that GeoServer was sent. */
export interface Request {
  method: string;
  /** With its query. */
  path: string;
  /** Null where it was not answered. */
  status: number | null;
  /** From its arrival until its answer was handed over. */
  ms: number;
}

/** GeoServer's part: the stand-in's documents over a catalog in memory, so that no answer waits for a disk or an object. */
export interface BenchGeoServer {
  url: string;
  user: string;
  password: string;
  /** From now on it has these layers and no others. */
  hold(layers: readonly StockLayer[]): void;
  /** What it was asked since the last time, oldest first. */
  take(): Request[];
  stop(): Promise<void>;
}

export async function startBenchGeoServer(): Promise<BenchGeoServer> {
  const [user, password] = ['admin', 'geoserver'];
  let held = withEveryStyle(catalogOf([]));
  let requests: Request[] = [];
  const catalog: Catalog = {
    get: (kind, key) => held.get(kind, key),
    list: (kind, workspace) => held.list(kind, workspace),
    apply: (change) => held.apply(change),
  };
  const context = createContext({
    ...{ index: 0, catalog },
    commit: (changes) => changes.forEach((change) => void catalog.apply(change)),
    told: () => Promise.resolve(),
    sources: { open: () => Promise.reject(new Error('there are no objects')), files: new Map(), stop() {} },
  });
  const login = basicLogin(user, password);
  const server = createNodeServer({ context, lock: createLock(), failures: createFailures(), seen: null, login });
  server.prependListener('request', (incoming, response) => {
    const begun = performance.now();
    response.once('close', () => {
      const { method = '', url: path = '' } = incoming;
      const status = response.writableFinished ? response.statusCode : null;
      requests.push({ method, path, status, ms: performance.now() - begun });
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    ...{ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/geoserver/`, user, password },
    hold(layers) {
      held = withEveryStyle(catalogOf(layers));
    },
    take() {
      const taken = requests;
      requests = [];
      return taken;
    },
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
