import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { GatewayPort } from '@geosluice/cli';
import { createGatewayClient } from '@geosluice/gateway-api';
import { startGeonode } from '../counterparts/geonode.ts';
import { startGeonodeStandIn } from '../counterparts/geonode-stand-in.ts';
import type { StandInCatalogue } from '../counterparts/geonode-stand-in-catalogue.ts';
import type { GeoServerOptions, GeoServerStandIn } from '../counterparts/geoserver/index.ts';
import { type RedisServer, startRedis } from '../counterparts/redis.ts';
import { createBucket, type S3Kind, type S3Server, startS3 } from '../counterparts/s3.ts';
import { freePorts, removeFolder } from '../counterparts/server-process.ts';
import { type Bucket, openBuckets } from './bucket.ts';
import { environmentOf, makeKey } from './environment.ts';
import { chooseGeoServer } from './which-geoserver.ts';

export interface WorldOptions {
  s3?: S3Kind;
  /** Nodes of the GeoServer stand-in; 3. */
  nodes?: number;
  /** How fast it is. */
  standIn?: Pick<GeoServerOptions, 'latencies' | 'keepMaps'>;
  /** A real GeoNode on PostGIS, or the small stand-in (the default). */
  geonode?: 'real' | 'stand-in';
  /** Added to the environment of every process. */
  env?: Record<string, string>;
  /** Says what is being started. */
  say?: (text: string) => void;
}

/** Everything geosluice talks to, started and empty, and the environment its processes need for it. */
export interface World {
  env: Record<string, string>;
  redis: RedisServer;
  s3: S3Server;
  /** What only a stand-in has throws where a real one is named. */
  geoserver: GeoServerStandIn;
  /** `catalogue`: what the stand-in holds; a real one has none. */
  geonode: { url: string; user: string; password: string; catalogue?: StandInCatalogue };
  inbox: Bucket;
  target: Bucket;
  /** A directory that workers may read as file:///. */
  mount: string;
  gateway: GatewayPort;
  stop(): Promise<void>;
}

export async function startWorld(options: WorldOptions = {}): Promise<World> {
  const { s3: kind = 'versitygw', nodes = 3, say = () => {} } = options;
  const closers: Array<() => Promise<void> | void> = [];
  const stop = async () => {
    for (const close of closers.toReversed()) await close();
  };
  const started = async <T>(
    what: string,
    start: () => Promise<T>,
    close: (one: T) => Promise<void> | void,
  ): Promise<T> => {
    say(what);
    const one = await start();
    closers.push(() => close(one));
    return one;
  };
  try {
    const redis = await started(
      'Redis',
      () => startRedis(),
      (one) => one.stop(),
    );
    const s3 = await started(
      `S3 (${kind})`,
      () => startS3(kind),
      (one) => one.stop(),
    );
    const buckets = openBuckets(s3);
    closers.push(() => buckets.close());
    const [inbox, target] = [await createBucket(s3), await createBucket(s3)];
    const chosen = await started(
      `GeoServer (${nodes} nodes)`,
      () => chooseGeoServer(s3, nodes, options.standIn),
      (one) => one.geoserver.stop(),
    );
    const { geoserver } = chosen;
    const geonode = await started(
      options.geonode === 'real' ? 'GeoNode and PostGIS (a first start takes minutes)' : 'GeoNode (stand-in)',
      async () => (options.geonode === 'real' ? await startGeonode({ geoserver }) : await startGeonodeStandIn()),
      (one) => one.stop(),
    );
    const mount = await started('a directory', () => mkdtemp(join(tmpdir(), 'geosluice-mount-')), removeFolder);
    const [gatewayPort = 0] = await freePorts(1);
    const key = makeKey();
    const env = {
      ...environmentOf({
        redisUrl: redis.url,
        s3,
        inbox,
        target,
        geoserver,
        geonode,
        gatewayPort,
        key,
        roots: [mount],
      }),
      ...(chosen.workspace === undefined ? {} : { GEOSLUICE_WORKSPACE: chosen.workspace }),
      ...options.env,
    };
    return {
      ...{ env, redis, s3, geoserver, geonode, mount, stop },
      inbox: buckets.bucket(inbox),
      target: buckets.bucket(target),
      gateway: createGatewayClient({ url: `http://127.0.0.1:${gatewayPort}`, key: key.key }),
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
