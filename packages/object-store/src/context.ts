import type { S3Client } from '@aws-sdk/client-s3';
import { GeosluiceError, type Log, shortHash } from '@geosluice/jobs';
import type { S3Wire } from '@geosluice/s3-wire';
import type { Budget } from './budget.ts';
import { classify } from './classify.ts';

/** A place in the store. Keys are raw, never percent-encoded. */
export interface ObjectLocation {
  bucket: string;
  key: string;
}

/** What all operations of one store share. */
export interface StoreContext {
  /** For what is rare: list, copy, delete, abort. */
  client: S3Client;
  /** For what carries bytes, and what every file needs. */
  wire: S3Wire;
  log: Log;
  budget: Budget;
  /** Parts in flight of one upload at most. */
  concurrency: number;
  /** Milliseconds the store may take to join parts. */
  completeMs: number;
  verify: VerifyPolicy;
  /** Bytes that an earlier run had sent, and that the store copied by itself. */
  counts: { resumed: number; copied: number };
  /** Objects above this are copied part by part. Bytes. */
  copyObjectMaxBytes: number;
  copyPartSize: number;
}

/**
 * How an object is looked at once it is in the store. `head`: its size and checksum; `sample`: and some blocks are read back
 * and compared with the source; `full`: and all of it is read back.
 */
export type VerifyPolicy = 'head' | 'sample' | 'full';

/** Until the answer of a small request begins. */
export const SMALL_REQUEST_MS = 30_000;

export function uriOf({ bucket, key }: ObjectLocation): string {
  return `s3://${bucket}/${key}`;
}

/** Wraps what a caller's own function threw, so that it is not taken for an answer of the store. */
class Foreign extends Error {
  readonly thrown: unknown;
  constructor(thrown: unknown) {
    super('thrown by the caller');
    this.thrown = thrown;
  }
}

/** Awaits something of the caller's (reader, memory, fence): within `attempt`, its errors come out as they are. */
export async function foreign<T>(promise: Promise<T> | T | undefined): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    throw error instanceof GeosluiceError ? error : new Foreign(error);
  }
}

/** Runs requests about one object: what they throw comes out as one of our errors, an abort as the signal's reason. */
export async function attempt<T>(subject: string, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
  signal?.throwIfAborted();
  try {
    return await work();
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    if (error instanceof Foreign) throw error.thrown;
    throw classify(error, subject);
  }
}

/** Options of one request to the SDK. */
export function sending(
  signal: AbortSignal | undefined,
  requestTimeout?: number,
): { abortSignal?: AbortSignal; requestTimeout?: number } {
  return {
    ...(signal === undefined ? {} : { abortSignal: signal }),
    ...(requestTimeout === undefined ? {} : { requestTimeout }),
  };
}

/** An ETag without its quotes, as the rest of the project writes it. */
export function bareEtag(etag: string | undefined): string {
  return (etag ?? '').replace(/^W\//, '').replaceAll('"', '');
}

export function quotedEtag(etag: string): string {
  return `"${bareEtag(etag)}"`;
}

/** Names of our metadata. */
export const CONTENT = 'geosluice-content';
export const SHA256 = 'geosluice-sha256';
/** Hex CRC-32, for stores that keep no checksum of their own: in the metadata, or a tag where it is known too late for that. */
export const CRC32 = 'geosluice-crc32';

/** A content id as metadata can hold it: printable ASCII, short. */
export function contentMark(contentId: string): string {
  return /^[\x21-\x7e]{1,128}$/.test(contentId) ? contentId : `h-${shortHash(contentId, 32)}`;
}
