import type { S3Client } from '@aws-sdk/client-s3';
import { type Log, type RangeReader, SILENT, type StoredObject, type UploadMemory } from '@geosluice/jobs';
import { createBufferPool } from './buffer-pool.ts';
import type { ObjectLocation, StoreContext } from './context.ts';
import { type CopyRequest, copy } from './copy.ts';
import {
  deleteObject,
  getObject,
  headObject,
  type ObjectHead,
  type PutOptions,
  type PutResult,
  putObject,
  type SmallObject,
} from './objects.ts';
import { MIN_PART } from './plan.ts';
import { abortStale, deletePrefix } from './prefixes.ts';
import { type PinnedObject, proveReadable, rangeReader } from './reading.ts';
import { dropSession } from './session.ts';
import { type SpoolRequest, spool } from './spool.ts';
import { type UploadRequest, upload } from './upload.ts';

const MIB = 1024 * 1024;

export interface ObjectStoreOptions {
  client: S3Client;
  log?: Log | undefined;
  /** Bytes a part, at least 5 MiB; default 64 MiB. Large files get larger ones. */
  partSize?: number | undefined;
  /** Parts in flight of one upload; default 4. */
  concurrency?: number | undefined;
  /** Bound on buffers of all uploads together; default `partSize × concurrency`. One part larger than it goes alone. */
  memoryBytes?: number | undefined;
  /** Above this, server-side copies go part by part; default 5 GiB, the most that S3 copies at once. */
  copyObjectMaxBytes?: number | undefined;
  /** Bytes a copied part; default 512 MiB. */
  copyPartSize?: number | undefined;
}

type Versioned = ObjectLocation & { versionId?: string | undefined };

/** One S3 endpoint with one set of credentials. Every method that waits takes a signal and throws ObjectStoreError. */
export interface ObjectStore {
  /** @returns null where there is no such object */
  head(location: Versioned, signal?: AbortSignal): Promise<ObjectHead | null>;
  /** A whole small object, null where there is none. */
  get(
    location: Versioned,
    options: { maxBytes: number; signal?: AbortSignal | undefined },
  ): Promise<SmallObject | null>;
  put(target: ObjectLocation, body: Uint8Array | string, options: PutOptions): Promise<PutResult>;
  /** Bytes from a reader: parallel, resumable, checked end to end, never over other content. */
  upload(request: UploadRequest): Promise<StoredObject>;
  /** Server-side. */
  copy(request: CopyRequest): Promise<StoredObject>;
  /** A body of unknown length. */
  spool(request: SpoolRequest): Promise<StoredObject>;
  /** Gives back the parts of an unfinished upload. */
  abandon(target: ObjectLocation, memory: UploadMemory, signal?: AbortSignal): Promise<void>;
  /** Deleting what is not there is success. With `etag`, only that content. */
  deleteObject(
    location: Versioned,
    options?: { signal?: AbortSignal | undefined; etag?: string | undefined },
  ): Promise<void>;
  /** @returns how many objects were below the prefix, which must end in `/` */
  deletePrefix(bucket: string, prefix: string, signal?: AbortSignal): Promise<number>;
  /** Aborts unfinished uploads begun longer ago than that. @returns how many */
  abortStale(
    bucket: string,
    prefix: string,
    olderThanMs: number,
    options?: { now?: (() => number) | undefined; signal?: AbortSignal | undefined },
  ): Promise<number>;
  /** @throws OBJECT_MISSING, OBJECT_CHANGED, or what reading its first and last block met */
  proveReadable(object: PinnedObject, signal?: AbortSignal): Promise<void>;
  reader(object: PinnedObject): RangeReader;
  /** Buffers of uploads, in bytes: on loan, kept in all, and the most that was ever kept. */
  memory(): { lent: number; kept: number; highest: number };
}

/** @throws RangeError where a size is out of bounds */
export function createObjectStore(options: ObjectStoreOptions): ObjectStore {
  const partSize = options.partSize ?? 64 * MIB;
  const concurrency = options.concurrency ?? 4;
  if (partSize < MIN_PART) throw new RangeError(`partSize is at least ${MIN_PART} bytes, not ${partSize}`);
  if (!Number.isInteger(concurrency) || concurrency < 1) throw new RangeError('concurrency is at least 1');
  const context: StoreContext = {
    client: options.client,
    log: options.log ?? SILENT,
    pool: createBufferPool(options.memoryBytes ?? partSize * concurrency),
    partSize,
    concurrency,
    copyObjectMaxBytes: Math.min(options.copyObjectMaxBytes ?? 5 * 1024 * MIB, 5 * 1024 * MIB),
    copyPartSize: options.copyPartSize ?? 512 * MIB,
  };
  return {
    head: (location, signal) => headObject(context, location, signal),
    get: (location, get) => getObject(context, location, get),
    put: (target, body, put) => putObject(context, target, body, put),
    upload: (request) => upload(context, request),
    copy: (request) => copy(context, request),
    spool: (request) => spool(context, request),
    abandon: (target, memory, signal) => dropSession(context, target, memory, signal),
    deleteObject: (location, remove) => deleteObject(context, location, remove),
    deletePrefix: (bucket, prefix, signal) => deletePrefix(context, bucket, prefix, signal),
    abortStale: (bucket, prefix, olderThanMs, stale) => abortStale(context, bucket, prefix, olderThanMs, stale),
    proveReadable: (object, signal) => proveReadable(context, object, signal),
    reader: (object) => rangeReader(context, object),
    memory: () => context.pool.stats(),
  };
}
