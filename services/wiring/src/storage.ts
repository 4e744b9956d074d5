import type { S3Client } from '@aws-sdk/client-s3';
import type { Location, Log } from '@geosluice/jobs';
import { createObjectStore, createS3Client, type ObjectStore, type ObjectStoreOptions } from '@geosluice/object-store';
import { createBandwidth } from '@geosluice/service-kit';
import { openSources, type Sources } from '@geosluice/sources';
import type { Target } from '@geosluice/stages';
import type { GatewayConfig } from './config.ts';

const MIB = 1024 * 1024;

export interface Storage {
  store: ObjectStore;
  /** The store on the endpoint that files of this bucket are read from: where an inbox lies. Of each endpoint there is one, since its uploads share their bounds. */
  storeOf(bucket: string): ObjectStore;
  sources: Sources;
  target: Target;
  /** True where source and target are one endpoint with one set of keys: bytes need not pass through us. */
  sameEndpoint(location: Location): boolean;
  /** True for a bucket that GeoServer reads with its own keys. */
  servedInPlace(location: Location): boolean;
  close(): Promise<void>;
}

/** Opens both ends of the bytes' way: where they come from and where they go. */
export function openStorage(config: Pick<GatewayConfig, 'target' | 'source' | 'rules'>, log: Log): Storage {
  const { target, source, rules } = config;
  const targetClient = createS3Client(target);
  const elsewhere =
    source.endpoint === undefined && source.accessKeyId === undefined
      ? null
      : createS3Client({
          endpoint: source.endpoint,
          region: source.region ?? target.region,
          accessKeyId: source.accessKeyId ?? target.accessKeyId,
          secretAccessKey: source.secretAccessKey ?? target.secretAccessKey,
          signPayload: target.signPayload,
        });
  // what we wrote ourselves (spooled bodies) is always on the target's endpoint
  const clientFor = (bucket: string): S3Client =>
    elsewhere === null || bucket === target.bucket ? targetClient : elsewhere;
  const sources = openSources({
    allow: { buckets: source.allowBuckets, hosts: source.allowHosts, roots: source.allowRoots },
    s3: { clientFor },
    rules: {
      magic: source.magic,
      ignore: source.ignore,
      ...(source.extensions.length === 0 ? {} : { extensions: source.extensions }),
    },
  });
  const bounds = uploadBounds(target);
  const stores = new Map<S3Client, ObjectStore>();
  const storeOn = (client: S3Client): ObjectStore => {
    const store = stores.get(client) ?? createObjectStore({ client, log, ...bounds });
    stores.set(client, store);
    return store;
  };
  return {
    store: storeOn(targetClient),
    storeOf: (bucket) => storeOn(clientFor(bucket)),
    sources,
    target: { bucket: target.bucket, prefix: target.prefix },
    sameEndpoint: (location) => location.kind === 's3' && clientFor(location.bucket) === targetClient,
    servedInPlace: (location) => location.kind === 's3' && rules.inPlaceBuckets.includes(location.bucket),
    async close() {
      await sources.close();
      for (const store of stores.values()) store.close();
      targetClient.destroy();
      elsewhere?.destroy();
    },
  };
}

/** Connections for bytes, besides the one of each part: small files, and what is read back. */
const SPARE_SOCKETS = 8;

/** What all uploads of one process keep to. */
function uploadBounds(target: GatewayConfig['target']): Omit<ObjectStoreOptions, 'client' | 'log'> {
  const { minPartsInFlight, partsInFlight, bandwidth, timeZone, verify, signPayload } = target;
  return {
    partSize: target.partMib * MIB,
    ...{ minPartsInFlight, maxPartsInFlight: partsInFlight },
    memoryBytes: target.memoryMib * MIB,
    maxSockets: Math.max(32, partsInFlight + SPARE_SOCKETS),
    ...{ verify, signPayload },
    ...(bandwidth === undefined ? {} : { bandwidth: createBandwidth(bandwidth, timeZone) }),
  };
}
