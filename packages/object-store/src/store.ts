import type { S3Client } from '@aws-sdk/client-s3';
import { type Log, type RangeReader, SILENT, type StoredObject, type UploadMemory } from '@geosluice/jobs';
import { createS3Wire } from '@geosluice/s3-wire';
import { type Bandwidth, createPace } from './bandwidth.ts';
import { type BudgetStats, createBudget } from './budget.ts';
import type { ObjectLocation, StoreContext, VerifyPolicy } from './context.ts';
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
import { abortStale, deletePrefix, listKeys } from './prefixes.ts';
import { type PinnedObject, proveReadable, rangeReader } from './reading.ts';
import { dropSession } from './session.ts';
import {
  openShared,
  type RangeEnd,
  type RangeRequest,
  type SharedRequest,
  type SharedState,
  sendRange,
} from './shared.ts';
import { type SpoolRequest, spool } from './spool.ts';
import { type UploadRequest, upload } from './upload.ts';

const MIB = 1024 * 1024;
/** A store may join thousands of parts in silence. */
const COMPLETE_MS = 15 * 60_000;

export interface ObjectStoreOptions {
  client: S3Client;
  log?: Log | undefined;
  /** Bytes a part that are aimed at, at least 5 MiB; default 8 MiB. Large files, and links that are slow to answer, get larger ones. */
  partSize?: number | undefined;
  /** Parts in flight of all uploads together, found out between these two while running; default 2 and 8. */
  minPartsInFlight?: number | undefined;
  maxPartsInFlight?: number | undefined;
  /** Bound on buffers of all uploads together; default `partSize × maxPartsInFlight`. One part larger than it goes alone. */
  memoryBytes?: number | undefined;
  /** Bound on bytes a second of all uploads together. */
  bandwidth?: Bandwidth | undefined;
  /** Default `head`. */
  verify?: VerifyPolicy | undefined;
  /** Sign the bytes too: needless over TLS. Default false. */
  signPayload?: boolean | undefined;
  /** Milliseconds in which a request has to get on; default 30,000. */
  stallMs?: number | undefined;
  /** Milliseconds a store may take for the answer once it has the bytes; default 120,000, and 900,000 for joining parts. */
  answerMs?: number | undefined;
  /** Connections for bytes at most; default 32. */
  maxSockets?: number | undefined;
  /** Above this, server-side copies go part by part; default 5 GiB, the most that S3 copies at once. */
  copyObjectMaxBytes?: number | undefined;
  /** Bytes a copied part; default 512 MiB. */
  copyPartSize?: number | undefined;
}

/** What a store did since it was made, and has in hand. */
export interface StoreStats extends BudgetStats {
  /** Bytes of files that were sent and taken. */
  bytesSent: number;
  /** Bytes that need not be sent, since an earlier run had sent them. */
  resumedBytes: number;
  /** Bytes that the store copied by itself. */
  bytesCopied: number;
  /** Answers that asked to slow down. */
  slowDowns: number;
  /** Requests that were made again. */
  retries: number;
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
  /** How far an upload that many workers share is; begins it where there is none. */
  openShared(request: SharedRequest): Promise<SharedState>;
  /** Sends a range of its parts; who sends what was missing last completes it. */
  sendRange(request: RangeRequest): Promise<RangeEnd>;
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
  /** Keys below a prefix, up to 1,000 a page, in the store's own order. */
  keys(bucket: string, prefix: string, signal?: AbortSignal): AsyncIterable<string[]>;
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
  stats(): StoreStats;
  /** Closes kept connections; the client stays its owner's. */
  close(): void;
}

/** @throws RangeError where a size is out of bounds */
export function createObjectStore(options: ObjectStoreOptions): ObjectStore {
  const partSize = options.partSize ?? 8 * MIB;
  const most = options.maxPartsInFlight ?? 8;
  const least = options.minPartsInFlight ?? Math.min(2, most);
  if (partSize < MIN_PART) throw new RangeError(`partSize is at least ${MIN_PART} bytes, not ${partSize}`);
  if (!Number.isInteger(most) || most < 1) throw new RangeError('maxPartsInFlight is at least 1');
  if (!Number.isInteger(least) || least < 1 || least > most) {
    throw new RangeError(`minPartsInFlight is between 1 and maxPartsInFlight (${most}), not ${least}`);
  }
  const budget = createBudget({
    ...{ partSize, leastInFlight: least, mostInFlight: most },
    memoryBytes: options.memoryBytes ?? partSize * most,
  });
  const { client, log = SILENT, signPayload, stallMs, answerMs, maxSockets } = options;
  const wire = createS3Wire(client, {
    ...{ log, signPayload, stallMs, answerMs, maxSockets },
    ...(options.bandwidth === undefined ? {} : { pace: createPace(options.bandwidth) }),
    onSlowDown: () => budget.slowDown(),
  });
  const context: StoreContext = {
    ...{ client, wire, log, budget, concurrency: most, completeMs: answerMs ?? COMPLETE_MS },
    verify: options.verify ?? 'head',
    counts: { resumed: 0, copied: 0 },
    copyObjectMaxBytes: Math.min(options.copyObjectMaxBytes ?? 5 * 1024 * MIB, 5 * 1024 * MIB),
    copyPartSize: options.copyPartSize ?? 512 * MIB,
  };
  return {
    head: (location, signal) => headObject(context, location, signal),
    get: (location, get) => getObject(context, location, get),
    put: (target, body, put) => putObject(context, target, body, put),
    upload: (request) => upload(context, request),
    openShared: (request) => openShared(context, request),
    sendRange: (request) => sendRange(context, request),
    copy: (request) => copy(context, request),
    spool: (request) => spool(context, request),
    abandon: (target, memory, signal) => dropSession(context, target, memory, signal),
    deleteObject: (location, remove) => deleteObject(context, location, remove),
    keys: (bucket, prefix, signal) => listKeys(context, bucket, prefix, signal),
    deletePrefix: (bucket, prefix, signal) => deletePrefix(context, bucket, prefix, signal),
    abortStale: (bucket, prefix, olderThanMs, stale) => abortStale(context, bucket, prefix, olderThanMs, stale),
    proveReadable: (object, signal) => proveReadable(context, object, signal),
    reader: (object) => rangeReader(context, object),
    stats: () => {
      const { counts } = context;
      const { sent: bytesSent, slowDowns, retries } = wire.stats();
      return {
        ...budget.stats(),
        bytesSent,
        slowDowns,
        retries,
        resumedBytes: counts.resumed,
        bytesCopied: counts.copied,
      };
    },
    close: () => wire.close(),
  };
}
