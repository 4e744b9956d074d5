import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { openJournal } from '../journal.ts';
import type { BlockCache } from './block-cache.ts';
import { type Catalog, type Change, createCatalog } from './catalog.ts';
import { type Cluster, createCluster } from './cluster.ts';
import { createContext, DEFAULT_STYLES, type NodeContext, stamp } from './context.ts';
import { createFailures, type FailureControl } from './failures.ts';
import { createPace, type Latencies } from './latencies.ts';
import { createLock } from './lock.ts';
import { basicLogin } from './login.ts';
import { createNodeServer, type SeenRequest } from './node.ts';
import { createSources, type S3Access } from './sources.ts';

export type { Failure, FailureControl } from './failures.ts';
export { type Latencies, RECORDED } from './latencies.ts';
export type { SeenRequest } from './node.ts';
export type { S3Access } from './sources.ts';

export interface GeoServerOptions {
  /** The object store that COG and the alias read. */
  s3: S3Access;
  /** Name of the alias in s3.properties; `s3main`. */
  alias?: string;
  /** Further aliases. */
  aliases?: Readonly<Record<string, S3Access>>;
  /** How many nodes, the primary included; 1. */
  nodes?: number;
  /** Milliseconds until a change arrives at the other nodes; 50. */
  replicationDelayMs?: number;
  /** How long requests take, e.g. RECORDED; as long as the stand-in needs where absent. */
  latencies?: Latencies;
  /** Each map of an object is drawn once for all nodes, so that drawing takes little of the machine; false. */
  keepMaps?: boolean;
  /** Ports of the nodes; free ones where absent. */
  ports?: readonly number[];
  /** Workspaces that exist; none. */
  workspaces?: readonly string[];
  user?: string;
  password?: string;
  /** False: `requests` stays empty, however many come. */
  remembers?: boolean;
  /** A file that the catalog is read from at the start, and that each change is added to; none where absent. */
  journal?: string;
}

export interface GeoServerStandIn {
  /** The primary: `http://127.0.0.1:port/geoserver`. */
  url: string;
  /** Every node, the primary first. */
  nodes: string[];
  user: string;
  password: string;
  alias: string;
  /** Everything that was asked, oldest first. */
  requests: SeenRequest[];
  /** How many requests match, e.g. `count('/rest/reset')`. */
  count(match: string | RegExp): number;
  failures: FailureControl;
  cluster: Pick<Cluster, 'setDelay' | 'lose' | 'double' | 'pause' | 'resume' | 'setBroker' | 'settled'>;
  /** s3.properties, which may be added to at any time. */
  aliases: Map<string, S3Access>;
  /** Holds every read of an object from now on, as an S3 does that accepts and never answers. @returns lets go */
  holdS3(): () => void;
  /** Requests that hold the primary's catalog lock or wait for it. */
  waiting(node?: number): number;
  /** Writes that were in all nodes together at one time, at most. */
  mostWrites(): number;
  stop(): Promise<void>;
}

/** A GeoServer, or a cluster of them, that behaves as recorded in test/contracts/geoserver and draws from a real S3. */
export async function startGeoServer(options: GeoServerOptions): Promise<GeoServerStandIn> {
  const { user = 'admin', password = 'geoserver', alias = 's3main' } = options;
  const count = options.nodes ?? 1;
  const aliases = new Map<string, S3Access>([[alias, options.s3], ...Object.entries(options.aliases ?? {})]);
  const catalogs = Array.from({ length: count }, () => catalogWith(options.workspaces ?? []));
  const journal = openJournal<Change>(options.journal);
  for (const change of journal.lines) for (const catalog of catalogs) catalog.apply(change);
  const cluster = createCluster(catalogs, options.replicationDelayMs ?? 50);
  const failures = createFailures();
  const login = basicLogin(user, password);
  const requests: SeenRequest[] = [];
  const maps = options.keepMaps === true ? new Map<string, Uint8Array>() : undefined;
  const writes = { now: 0, most: 0 };
  let gate: Promise<void> = Promise.resolve();

  const parts = catalogs.map((catalog, index) => {
    const cache: BlockCache = new Map();
    const sources = createSources({ s3: options.s3, aliases, cache, gate: () => gate });
    const lock = createLock();
    const commit: NodeContext['commit'] = (changes) => {
      journal.add(changes);
      cluster.commit(index, changes);
    };
    const told = () => Promise.resolve();
    const context = createContext({
      ...{ index, catalog, commit, sources, told },
      ...(maps === undefined ? {} : { maps }),
    });
    const seen = options.remembers === false ? null : requests;
    const { latencies } = options;
    const pace = createPace(lock, latencies);
    const server = createNodeServer({ context, pace, latencies, writes, failures, seen, login });
    return { server, lock, sources };
  });
  const nodes: string[] = [];
  for (const [index, { server }] of parts.entries()) {
    server.listen(options.ports?.[index] ?? 0, '127.0.0.1');
    await once(server, 'listening');
    nodes.push(`http://127.0.0.1:${(server.address() as AddressInfo).port}/geoserver`);
  }

  return {
    url: nodes[0]!,
    nodes,
    user,
    password,
    alias,
    requests,
    count: (match) => {
      const lines = requests.map((each) => `${each.method} ${each.path}`);
      return lines.filter((line) => (typeof match === 'string' ? line.includes(match) : match.test(line))).length;
    },
    failures,
    cluster,
    aliases,
    holdS3: () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      gate = promise;
      return () => {
        gate = Promise.resolve();
        resolve();
      };
    },
    waiting: (node = 0) => parts[node]?.lock.waiting ?? 0,
    mostWrites: () => writes.most,
    async stop() {
      failures.clear();
      cluster.stop();
      const closed = parts.map(({ server }) => new Promise((resolve) => server.close(resolve)));
      for (const { server, sources } of parts) {
        server.closeAllConnections();
        sources.stop();
      }
      await Promise.all(closed);
    },
  };
}

function catalogWith(workspaces: readonly string[]): Catalog {
  const catalog = createCatalog();
  for (const style of DEFAULT_STYLES) catalog.apply(style);
  for (const name of workspaces)
    catalog.apply({ kind: 'workspace', key: name, value: { name, dateCreated: stamp(new Date()) } });
  return catalog;
}
