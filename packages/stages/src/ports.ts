import type { Fingerprint, Location, RangeReader, S3Location, StoredObject, UploadMemory } from '@geosluice/jobs';

export type SidecarRole = 'metadata' | 'style' | 'checksum' | 'pam' | 'worldfile' | 'projection' | 'overviews';

export interface Candidate {
  raster: { location: Location; fingerprint: Fingerprint };
  /** In order of preference: the first of a role is the one that counts. */
  sidecars: ReadonlyArray<{ role: SidecarRole; name: string; location: Location; fingerprint: Fingerprint }>;
  /** False where the server does not say how long the file is: then its size is 0 and means nothing. */
  sized: boolean;
}

/** One way files come in. packages/sources has an adapter each for s3, https and file. */
export interface SourcePort {
  readonly settles: 'at-once' | 'two-looks';
  list(
    prefix: Location,
    options: { cursor?: string; maxPages?: number; signal: AbortSignal },
  ): Promise<{ candidates: Candidate[]; prefixes: Location[]; next: string | null }>;
  look(location: Location, signal: AbortSignal): Promise<Candidate>;
  /** False where the server gives no length or no ranges: then the body is spooled. */
  ranged(location: Location, signal: AbortSignal): Promise<boolean>;
  open(location: Location, fingerprint: Fingerprint, signal: AbortSignal): Promise<RangeReader>;
  read(
    location: Location,
    fingerprint: Fingerprint,
    options: { maxBytes: number; signal: AbortSignal },
  ): Promise<Uint8Array>;
  stream(location: Location, signal: AbortSignal): Promise<{ body: AsyncIterable<Uint8Array> }>;
  remove(location: Location, fingerprint: Fingerprint, signal: AbortSignal): Promise<void>;
  tag(location: Location, fingerprint: Fingerprint, tags: Record<string, string>, signal: AbortSignal): Promise<void>;
}

export interface SourcesPort {
  for(location: Location): SourcePort;
  /** @throws SourceError SOURCE_NOT_ALLOWED */
  checkAllowed(location: Location): void;
}

/** The target bucket. packages/object-store is the adapter. */
export interface StorePort {
  /** Small objects: sidecars and styles. */
  put(
    target: S3Location,
    bytes: Uint8Array,
    options: { contentType: string; signal: AbortSignal },
  ): Promise<{ etag: string }>;
  get(target: S3Location, options: { maxBytes: number; signal: AbortSignal }): Promise<Uint8Array>;
  head(target: S3Location, signal: AbortSignal): Promise<{ size: number; etag: string } | null>;
  upload(request: {
    reader: RangeReader;
    target: S3Location;
    dataset: string;
    contentId: string;
    memory: UploadMemory;
    expectedSha256: string | null;
    /** Overwrites what is there; only for the inbox, whose keys are not immutable. */
    replace?: boolean;
    signal: AbortSignal;
    onProgress(done: number, total: number): void;
  }): Promise<StoredObject>;
  /** Server side, on one endpoint. */
  copy(request: {
    from: S3Location & { etag: string };
    size: number;
    target: S3Location;
    dataset: string;
    contentId: string;
    memory: UploadMemory;
    signal: AbortSignal;
    onProgress(done: number, total: number): void;
  }): Promise<StoredObject>;
  spool(request: {
    body: AsyncIterable<Uint8Array>;
    target: S3Location;
    maxBytes: number;
    signal: AbortSignal;
  }): Promise<{ size: number; etag: string }>;
  reader(object: { bucket: string; key: string; etag: string; size: number }): RangeReader;
  remove(target: S3Location, signal: AbortSignal): Promise<void>;
  removePrefix(bucket: string, prefix: string, signal: AbortSignal): Promise<number>;
  /** HEAD, first and last block. */
  proveReadable(object: StoredObject, signal: AbortSignal): Promise<void>;
}
