import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { setPriority } from 'node:os';
import { performance } from 'node:perf_hooks';
import type { Catalog } from '../../counterparts/geoserver/catalog.ts';
import { createContext } from '../../counterparts/geoserver/context.ts';
import { createFailures } from '../../counterparts/geoserver/failures.ts';
import { createPace } from '../../counterparts/geoserver/latencies.ts';
import { createLock } from '../../counterparts/geoserver/lock.ts';
import { basicLogin, type Login } from '../../counterparts/geoserver/login.ts';
import { createNodeServer } from '../../counterparts/geoserver/node.ts';
import type { StockLayer } from '../../geonode/stock-process.ts';
import { catalogOf, withEveryStyle, withoutLists } from './catalog.ts';
import type { Request } from './geoserver.ts';

export type Order = { hold: StockLayer[]; listed: boolean } | { take: true };

/** Where it listens, once; then an answer to each order. */
export interface Said {
  url?: string;
  user?: string;
  password?: string;
  requests?: Request[];
}

const URGENT = -15;

// a Ctrl-C in the terminal goes to the bench, which ends this
process.on('SIGINT', () => {});

const [user, password] = ['admin', 'geoserver'];
let held = withEveryStyle(catalogOf([]));
let requests: Request[] = [];

try {
  // before all that compute meanwhile; only root may
  setPriority(URGENT);
} catch {}

const server = startServer();
server.listen(0, '127.0.0.1');
await once(server, 'listening');
say({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/geoserver/`, user, password });
process.on('disconnect', () => process.exit());
process.on('message', (order: Order) => {
  if ('take' in order) {
    const taken = requests;
    requests = [];
    say({ requests: taken });
  } else {
    const catalog = withEveryStyle(catalogOf(order.hold));
    held = order.listed ? catalog : withoutLists(catalog);
    // now, not in the middle of a turn
    globalThis.gc?.();
    say({});
  }
});

function say(what: Said): void {
  process.send?.(what);
}

function startServer() {
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
  const basic = basicLogin(user, password);
  // GeoNode asks some things with a token of its own, which GeoServer's filter for GeoNode takes
  const login: Login = (authorization) => basic(authorization) || authorization.startsWith('Bearer ');
  const made = createNodeServer({
    context,
    pace: createPace(createLock(), undefined),
    failures: createFailures(),
    seen: null,
    login,
  });
  made.prependListener('request', (incoming, response) => {
    let begun = performance.now();
    // a body that comes late is the client's time
    incoming.once('end', () => {
      begun = performance.now();
    });
    response.once('close', () => {
      const { method = '', url: path = '' } = incoming;
      const status = response.writableFinished ? response.statusCode : null;
      requests.push({ method, path, status, ms: performance.now() - begun });
    });
  });
  return made;
}
