import type { Fingerprint, Location, RangeReader } from '@geosluice/jobs';

/** What a file beside a raster is for. `pam`: GDAL's .aux.xml; `overviews`: .ovr. */
export type SidecarRole = 'metadata' | 'style' | 'checksum' | 'pam' | 'worldfile' | 'projection' | 'overviews';

export interface SourceFile {
  location: Location;
  fingerprint: Fingerprint;
}

export interface Sidecar extends SourceFile {
  role: SidecarRole;
  /** Base name as the source writes it. */
  name: string;
}

/** One raster and what lies beside it. */
export interface Candidate {
  raster: SourceFile;
  /** In order of preference: the first of a role is the one that counts. */
  sidecars: Sidecar[];
  /** False where the server does not say how long the file is (https only): then `size` is 0 and means nothing. */
  sized: boolean;
}

/**
 * Why a listed name is no candidate. `zero-byte` counts rasters without bytes: those are candidates all the same, so
 * that inspection can say EMPTY_FILE once they settle. `neighbour`: known to lie beside rasters, of no use here.
 */
export const SKIP_REASONS = ['folder-marker', 'zero-byte', 'ignored', 'neighbour', 'not-a-raster'] as const;
export type SkipReason = (typeof SKIP_REASONS)[number];
export type Skipped = Record<SkipReason, number>;

export interface ListPage {
  candidates: Candidate[];
  /** One level below; each is to be listed by itself. May repeat over the pages of one listing. */
  prefixes: Location[];
  /** Pass as `cursor` to go on; null at the end. At most 8,192 characters. */
  next: string | null;
  skipped: Skipped;
  /** Sidecars whose raster is not there (yet). */
  orphans: Sidecar[];
}

export interface ListOptions {
  cursor?: string;
  /** Pages of up to 1,000 names read for one answer; 1 where absent. */
  maxPages?: number;
  signal: AbortSignal;
}

export interface ReadOptions {
  /** A larger file is refused with SOURCE_TOO_LARGE. */
  maxBytes: number;
  signal: AbortSignal;
}

export interface SourceStream {
  body: AsyncIterable<Uint8Array>;
  /** Bytes, null where the server does not say. */
  length: number | null;
  fingerprint: Fingerprint;
}

/**
 * One way files come in. Every method throws SourceError; an aborted signal throws its own reason.
 * Reads are pinned: where the file changed since `fingerprint` was taken, they throw SOURCE_CHANGED.
 */
export interface Source {
  /** `two-looks`: a file may be seen half written, so it counts only when two looks see the same. */
  readonly settles: 'at-once' | 'two-looks';
  /** One level below a prefix. No permission is SOURCE_FORBIDDEN and a missing bucket SOURCE_GONE, never an empty page. */
  list(prefix: Location, options: ListOptions): Promise<ListPage>;
  /** A fresh look at one raster and its sidecars, paired by the same rules as a listing. */
  look(location: Location, signal: AbortSignal): Promise<Candidate>;
  /** The rasters an event at this place concerns: itself, or those it is a sidecar of. */
  rastersAt(location: Location, signal: AbortSignal): Promise<Location[]>;
  /** False where the server gives no length or no ranges: then the body is to be spooled. */
  ranged(location: Location, signal: AbortSignal): Promise<boolean>;
  /** The signal ends every read of the reader. */
  open(location: Location, fingerprint: Fingerprint, signal: AbortSignal): Promise<RangeReader>;
  /** A small file as a whole. */
  read(location: Location, fingerprint: Fingerprint | undefined, options: ReadOptions): Promise<Uint8Array>;
  /** From the first byte to the last, once. */
  stream(location: Location, signal: AbortSignal): Promise<SourceStream>;
  /** Deletes the file unless it changed. A file that is gone already is a success. */
  remove(location: Location, fingerprint: Fingerprint, signal: AbortSignal): Promise<void>;
  /** Adds tags to the file unless it changed; s3 only. */
  tag(location: Location, fingerprint: Fingerprint, tags: Record<string, string>, signal: AbortSignal): Promise<void>;
}
