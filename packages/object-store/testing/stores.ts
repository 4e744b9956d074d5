import type { S3Client } from '@aws-sdk/client-s3';
import { S3_KINDS, type S3Kind, type S3Server, startS3 } from '../../../test/counterparts/s3.ts';
import {
  createObjectStore,
  createS3Client,
  type ObjectStore,
  type ObjectStoreOptions,
  type S3Config,
  type UploadRequest,
} from '../src/index.ts';
import { type Decide, keyOf, minio, type Operation, type ProxyOptions, type S3Proxy, startProxy } from './proxy.ts';
import { createMemory, MIB, readerOf } from './support.ts';

export const PART = 5 * MIB;

/** Stores that tests run on: `minio` is versitygw with MinIO's ways. */
export type StoreKind = S3Kind | 'minio';
export const STORE_KINDS: readonly StoreKind[] = [...S3_KINDS, 'minio'];

export interface TestBench {
  server: S3Server;
  proxy: S3Proxy;
  client: S3Client;
  store: ObjectStore;
  /** Another store on the same proxy, closed with the bench. */
  open(options?: Partial<ObjectStoreOptions>, config?: Partial<S3Config>): ObjectStore;
  /** An upload to a key of its own. */
  request(bytes: Uint8Array, more?: Partial<UploadRequest>): UploadRequest;
  /**
   * Decides on the requests for one key alone, whose numbers count by themselves, so that tests may run side by side. Lasts
   * until `proxy.decide` is set or reset.
   * @returns how often an operation was asked for since
   */
  befall(target: UploadRequest['target'], decide: Decide): (operation: Operation) => number;
  /** What lies in the store, asked past the proxy. */
  content(target: UploadRequest['target']): Promise<Buffer | null>;
  close(): Promise<void>;
}

/** A server with a proxy before it. */
export async function startStore(
  kind: StoreKind,
  options: (server: S3Server) => ProxyOptions = () => ({}),
): Promise<{ server: S3Server; proxy: S3Proxy }> {
  const server = await startS3(kind === 'minio' ? 'versitygw' : kind);
  const ways = kind === 'minio' ? minio() : undefined;
  return { server, proxy: await startProxy(server.endpoint, { ways, ...options(server) }) };
}

/** The same with a proxy that signs every request anew, and a store that knows only the proxy. */
export async function openBench(kind: StoreKind, proxied: Pick<ProxyOptions, 'unknown'> = {}): Promise<TestBench> {
  const { server, proxy } = await startStore(kind, (keys) => ({ keys, ...proxied }));
  const access = { region: server.region, accessKeyId: server.accessKey, secretAccessKey: server.secretKey };
  const opened: Array<{ store: ObjectStore; client: S3Client }> = [];
  const open = (endpoint: string, more: Partial<ObjectStoreOptions>, moreConfig: Partial<S3Config>): ObjectStore => {
    const client = more.client ?? createS3Client({ endpoint, ...access, ...moreConfig });
    const store = createObjectStore({ partSize: PART, maxPartsInFlight: 3, ...more, client });
    opened.push({ store, client });
    return store;
  };
  const store = open(proxy.endpoint, {}, {});
  const direct = open(server.endpoint, {}, {});
  let keys = 0;
  const fates = new Map<string, { decide: Decide; counts: Map<Operation, number> }>();
  const decideByKey: Decide = (operation, _, request) => {
    const own = fates.get(keyOf(request));
    if (own === undefined) return 'pass';
    const number = (own.counts.get(operation) ?? 0) + 1;
    own.counts.set(operation, number);
    return own.decide(operation, number, request);
  };
  return {
    ...{ server, proxy, store, client: opened[0]!.client },
    open: (more = {}, moreConfig = {}) => open(proxy.endpoint, more, moreConfig),
    request: (bytes, more = {}) => {
      keys += 1;
      return {
        reader: readerOf(bytes),
        target: { bucket: server.bucket, key: `faults/d${keys}/scene.tif` },
        memory: createMemory(),
        contentId: 'content-1',
        signal: new AbortController().signal,
        ...more,
      };
    },
    befall: ({ key }, decide) => {
      const counts = new Map<Operation, number>();
      fates.set(key, { decide, counts });
      proxy.decide = decideByKey;
      return (operation) => counts.get(operation) ?? 0;
    },
    content: async (target) => (await direct.get(target, { maxBytes: 400 * MIB }))?.body ?? null,
    close: async () => {
      for (const { store: each, client } of opened) {
        each.close();
        client.destroy();
      }
      await proxy.close();
      await server.stop();
    },
  };
}
