import { GetObjectCommand, HeadObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { RangeReader } from '@geosluice/jobs';
import { memoryReader } from '../../rasters/memory-reader.ts';
import { type BlockCache, blockReader } from './block-cache.ts';
import type { StoreInfo } from './catalog.ts';
import { asPlain, textAt } from './plain.ts';
import { refuse } from './reply.ts';

export interface S3Access {
  endpoint: string;
  region: string;
  accessKey: string;
  secretKey: string;
}

/** How one node reads the objects of its stores. */
export interface Sources {
  /** A reader over the store's object. @throws Refused with the sentence of a real GeoServer */
  open(store: StoreInfo): Promise<RangeReader>;
  /** Files that were uploaded to this GeoServer, by their `file:` url. */
  files: Map<string, Uint8Array>;
  stop(): void;
}

export interface SourcesOptions {
  /** COG reads this one, as IIO_S3_AWS_* says. */
  s3: S3Access;
  /** s3.properties: what each alias stands for; may be added to while it runs. */
  aliases: Pick<ReadonlyMap<string, S3Access>, 'get'>;
  /** S3GeoTiff's cache of this node. */
  cache: BlockCache;
  /** Awaited before each read of an object, so that a test can hold S3. */
  gate: () => Promise<void>;
}

const NO_SUCH_HOST = 'Unable to execute HTTP request: geodata.s3.amazonaws.com';

export function createSources(options: SourcesOptions): Sources {
  const clients = new Map<string, S3Client>();
  const files = new Map<string, Uint8Array>();
  const client = (access: S3Access): S3Client => {
    const key = JSON.stringify(access);
    const known = clients.get(key);
    if (known !== undefined) return known;
    const made = new S3Client({
      endpoint: access.endpoint,
      region: access.region,
      credentials: { accessKeyId: access.accessKey, secretAccessKey: access.secretKey },
      forcePathStyle: true,
      maxAttempts: 1,
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
    });
    clients.set(key, made);
    return made;
  };

  const s3 = async (access: S3Access, place: Place, cache: BlockCache | null, say: Say): Promise<RangeReader> => {
    const s3Client = client(access);
    const name = { Bucket: place.bucket, Key: place.key };
    await options.gate();
    const head = await s3Client.send(new HeadObjectCommand(name)).catch((error: unknown) => say(error, access));
    const size = head.ContentLength ?? 0;
    return blockReader({
      id: `${place.bucket}/${place.key}`,
      size,
      cache,
      fetch: async (from, to) => {
        await options.gate();
        const got = await s3Client
          .send(new GetObjectCommand({ ...name, Range: `bytes=${from}-${to - 1}` }))
          .catch((error: unknown) => say(error, access));
        return (await got.Body?.transformToByteArray()) ?? new Uint8Array(0);
      },
    });
  };

  const openS3GeoTiff = async (url: string): Promise<RangeReader> => {
    const parts = /^([^:/]+):\/\/([^/]+)\/([^?]+)/.exec(url);
    if (parts === null) refuse(500, 'java.lang.ArrayIndexOutOfBoundsException: Index 2 out of bounds for length 1');
    const [, alias = '', bucket = '', key = ''] = parts;
    if (alias === 's3') refuse(500, `com.amazonaws.SdkClientException: ${NO_SUCH_HOST.replace('geodata', bucket)}`);
    const access = options.aliases.get(alias);
    if (access === undefined) {
      const text = `s3.properties file does not contains value for:${alias}.s3.user`;
      refuse(500, `java.lang.IllegalArgumentException: ${text}`);
    }
    return s3(access, { bucket, key: key.split('/').map(decodeSegment).join('/') }, options.cache, sayAsSdk1);
  };

  const openCog = async (store: StoreInfo, url: string): Promise<RangeReader> => {
    const settings = asPlain(asPlain(store.metadata?.entry).cogSettings);
    const range = textAt(settings, 'rangeReaderSettings');
    if (range === undefined) refuse(500, `Failed to create reader from ${url} and hints Hints:`);
    const inner = url.slice('cog://'.length);
    if (range === 'HTTP') return memoryReader(await download(inner));
    const parts = /^s3:\/\/([^/]+)\/(.+)$/.exec(inner);
    if (parts === null) refuse(500, `Failed to create reader from ${url} and hints Hints:`);
    return s3(options.s3, { bucket: parts[1] ?? '', key: parts[2] ?? '' }, null, sayAsSdk2);
  };

  return {
    files,
    async open(store) {
      const { type, url } = store;
      if (type !== 'S3GeoTiff' && type !== 'GeoTIFF')
        refuse(500, `Could not find the raster plugin for format ${type ?? 'null'}`);
      if (url === undefined)
        refuse(500, 'java.lang.NullPointerException: Cannot invoke "Object.getClass()" because "source" is null');
      if (type === 'S3GeoTiff') return openS3GeoTiff(url);
      if (url.startsWith('cog://')) return openCog(store, url);
      if (url.startsWith('s3://')) refuse(500, NO_SUCH_HOST);
      const file = files.get(url);
      if (file === undefined) refuse(500, `Could not acquire reader for coverage: ${url}`);
      return memoryReader(file);
    },
    stop() {
      for (const each of clients.values()) each.destroy();
    },
  };
}

interface Place {
  bucket: string;
  key: string;
}

type Say = (error: unknown, access: S3Access) => never;

/** S3GeoTiff decodes each segment of a key, and takes `+` for a space. */
function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment.replaceAll('+', ' '));
  } catch {
    return segment;
  }
}

function statusOf(error: unknown): number | undefined {
  const metadata = typeof error === 'object' && error !== null && '$metadata' in error ? error.$metadata : undefined;
  return asPlain(metadata).httpStatusCode as number | undefined;
}

function sayAsSdk1(error: unknown, access: S3Access): never {
  const status = statusOf(error);
  if (status === undefined) refuse(500, `com.amazonaws.SdkClientException: ${connectSentence(access)}`);
  const word = status === 404 ? 'Not Found' : status === 403 ? 'Forbidden' : 'Error';
  const ids = 'Request ID: 0; S3 Extended Request ID: 0; Proxy: null), S3 Extended Request ID: 0';
  const code = `Status Code: ${status}; Error Code: ${status} ${word}`;
  refuse(500, `com.amazonaws.services.s3.model.AmazonS3Exception: ${word} (Service: Amazon S3; ${code}; ${ids}`);
}

function sayAsSdk2(error: unknown, access: S3Access): never {
  const status = statusOf(error);
  const prefix = 'java.util.concurrent.ExecutionException: software.amazon.awssdk';
  if (status === undefined) refuse(500, `${prefix}.core.exception.SdkClientException: ${connectSentence(access)}`);
  const name = status === 404 ? 'NoSuchKeyException: The specified key does not exist.' : 'S3Exception: null';
  const ids = 'Request ID: 0, Extended Request ID: 0';
  refuse(
    500,
    `${prefix}.services.s3.model.${name} (Service: S3, Status Code: ${status}, ${ids}) (SDK Attempt Count: 1)`,
  );
}

function connectSentence(access: S3Access): string {
  const { hostname, host } = new URL(access.endpoint);
  return `Unable to execute HTTP request: Connect to ${host} [/${hostname}] failed: Connection refused`;
}

async function download(url: string): Promise<Uint8Array> {
  const response = await fetch(url, { signal: AbortSignal.timeout(60_000) }).catch(() => null);
  if (response === null || !response.ok) refuse(500, `Unable to read ${url}: HTTP ${response?.status ?? 'none'}`);
  return new Uint8Array(await response.arrayBuffer());
}
