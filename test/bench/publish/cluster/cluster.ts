import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { RECORDED } from '../../../counterparts/geoserver/latencies.ts';
import type { S3Server } from '../../../counterparts/s3.ts';
import { keepServer, startProcess, withFreshPorts } from '../../../counterparts/server-process.ts';
import { chooseGeoServer, geoserverIsNamed } from '../../../world/which-geoserver.ts';
import { LAG_MS } from './lag.ts';
import type { ClusterOrder, Told } from './order.ts';

/** Three nodes, or those of the real GeoServer that is named. */
export interface Cluster {
  /** Urls, the primary first. */
  nodes: string[];
  user: string;
  password: string;
  alias: string;
  /** True where a real one was named. */
  real: boolean;
  /** Requests of each node since this was asked last. */
  requests(): Promise<number[]>;
  stop(): Promise<void>;
}

/** Starts the cluster in a process of its own. @param folder for what the process writes */
export async function startCluster(s3: S3Server, folder: string): Promise<Cluster> {
  const login = { alias: 's3main', user: 'admin', password: 'geoserver' };
  // only asked where one is named: it would start a stand-in in this process
  const named = geoserverIsNamed ? (await chooseGeoServer(s3, 1)).geoserver : null;
  const access = named ?? login;
  return await withFreshPorts(1, async ([port = 0]) => {
    const order: ClusterOrder =
      named === null
        ? { port, ...login, s3: accessOf(s3), latencies: RECORDED, lagMs: LAG_MS }
        : { port, real: named.nodes };
    const own = await mkdtemp(join(folder, 'cluster-'));
    const ask = async (path: string): Promise<Told> => {
      const answer = await fetch(`http://127.0.0.1:${port}${path}`);
      return (await answer.json()) as Told;
    };
    const args = [
      '--disable-warning=ExperimentalWarning',
      join(import.meta.dirname, 'program.ts'),
      JSON.stringify(order),
    ];
    const life = await keepServer(own, () =>
      startProcess({
        ...{ name: 'the cluster', command: process.execPath, args, folder: own },
        probe: async () => void (await ask('/')),
      }),
    );
    return {
      nodes: (await ask('/')).nodes,
      ...{ user: access.user, password: access.password, alias: access.alias, real: named !== null },
      requests: async () => (await ask('/requests')).requests,
      stop: life.stop,
    };
  });
}

function accessOf({ endpoint, region, accessKey, secretKey }: S3Server) {
  return { endpoint, region, accessKey, secretKey };
}
