import { once } from 'node:events';
import type { Catalog, Change } from '../catalog.ts';
import { createContext, DEFAULT_STYLES } from '../context.ts';
import { createFailures } from '../failures.ts';
import { createPace } from '../latencies.ts';
import { createLock } from '../lock.ts';
import { createNodeServer } from '../node.ts';
import { createSources } from '../sources.ts';
import { openDataDirectory } from './data-directory.ts';
import { parentOf } from './paths.ts';
import { type Replication, replicate } from './replication.ts';
import type { PodSettings } from './settings.ts';
import { openUsers } from './users.ts';

export interface Pod {
  stop(): Promise<void>;
}

/** One GeoServer on a data directory of its own. It does not listen before the broker, where there is one, has answered. */
export async function startPod(settings: PodSettings, port: number, log: (text: string) => void): Promise<Pod> {
  const started = performance.now();
  const catalog = openDataDirectory(settings.dataDirectory, log);
  for (const style of DEFAULT_STYLES) if (catalog.get('style', style.key) === undefined) catalog.apply(style);
  const counts = (['workspace', 'store', 'layer'] as const).map((kind) => `${catalog.list(kind).length} ${kind}s`);
  log(`${settings.dataDirectory}: ${counts.join(', ')}`);
  const users = openUsers(settings.dataDirectory, log);
  const lock = createLock();
  const receive = (changes: Change[]) => lock.write(async () => receiveAll(catalog, changes, log));
  const replication = settings.node === null ? ALONE : replicate({ node: settings.node, receive, log });
  await replication.ready;

  const { aliases, cog: s3, cluster } = settings;
  const sources = createSources({ s3, aliases, cache: new Map(), gate: () => Promise.resolve() });
  const commit = (changes: readonly Change[]) => {
    for (const change of changes) catalog.apply(change);
    replication.tell(changes);
  };
  const pod = { cluster, setPassword: users.setPassword };
  const context = createContext({ index: 0, catalog, commit, told: replication.told, sources, pod });
  const server = createNodeServer({
    context,
    pace: createPace(lock, undefined),
    failures: createFailures(),
    seen: null,
    login: users.login,
  });
  server.listen(port, '0.0.0.0');
  await once(server, 'listening');
  log(`listening on ${port} after ${Math.round(performance.now() - started)} ms`);
  return {
    async stop() {
      const closed = once(server, 'close');
      // requests under way are answered first
      server.close();
      server.closeIdleConnections();
      await closed;
      await replication.stop();
      sources.stop();
    },
  };
}

/** What hangs below something that this node never heard of cannot be added: GeoServer logs it, and it is lost. */
function receiveAll(catalog: Catalog, changes: readonly Change[], log: (text: string) => void): void {
  for (const change of changes) {
    const parent = parentOf(change);
    if (parent !== null && catalog.get(parent.kind, parent.key) === undefined)
      log(`${change.kind} ${change.key} is left out: there is no ${parent.kind} ${parent.key}`);
    else catalog.apply(change);
  }
}

const ALONE: Replication = {
  ready: Promise.resolve(),
  tell: () => {},
  told: () => Promise.resolve(),
  stop: () => Promise.resolve(),
};
