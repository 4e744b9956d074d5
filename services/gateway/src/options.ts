import type { Location, Log } from '@geosluice/jobs';
import type { Ledger, Pipeline, Queues } from '@geosluice/pipeline';

export const SCOPES = ['read', 'ingest', 'admin'] as const;
/** `admin` may do what the others may; `read` and `ingest` do not imply each other. */
export type Scope = (typeof SCOPES)[number];

/** A bearer key as it is configured: never the key itself. */
export interface ApiKey {
  /** For the log. */
  name: string;
  scopes: Scope[];
  /** SHA-256 of the key, hexadecimal. */
  sha256: string;
}

/** What the gateway uses of the pipeline. */
export type GatewayPipeline = Pick<
  Pipeline,
  'ingestions' | 'watches' | 'deadLetters' | 'events' | 'retry' | 'remove' | 'ping'
> & {
  ledger: Pick<Ledger, 'get' | 'list' | 'steps' | 'counts'>;
  queues: Pick<Queues, 'counts'>;
};

/** What the gateway tells of itself, for metrics. */
export interface GatewayObserver {
  /** A request was answered; `route` is its pattern, `none` where nothing is served. Not told of event streams. */
  answered(answer: { method: string; route: string; status: number; ms: number }): void;
  notified(counts: { hinted: number; ignored: number }): void;
  /** How many follow the events now. */
  followed(count: number): void;
}

/** Where geosluice writes objects: no watch may lie in it or contain it. */
export interface OutputPrefix {
  bucket: string;
  prefix: string;
}

export interface GatewayOptions {
  pipeline: GatewayPipeline;
  /** Whether a source is on the list of what may be read. */
  allowed(location: Location): boolean;
  /** Reads the body of a notification. @throws GeosluiceError where it is none */
  decodeS3Events(body: unknown): ReadonlyArray<{ location: Location; kind: 'created' | 'removed' }>;
  /** The rasters that a file beside them may belong to; where absent the pipeline guesses by name. */
  rastersAt?(location: Location, signal: AbortSignal): Promise<Location[]>;
  target: OutputPrefix;
  keys: readonly ApiKey[];
  /** A key that opens `POST /v1/events/s3` and nothing else; null for none. */
  eventsToken: string | null;
  /** The Prometheus text. */
  metrics?(): Promise<string>;
  observe?: GatewayObserver;
  bodyLimitBytes: number;
  log: Log;
  version: string;
  limits?: Partial<Limits>;
}

export interface Limits {
  /** Milliseconds one look at Redis may take before the answer is 503. */
  quickMs: number;
  /** Milliseconds for what writes many jobs. */
  longMs: number;
  heartbeatMs: number;
  /** Milliseconds a follower may leave its events unread. */
  drainMs: number;
  /** Followers of the events at once; each has a connection to Redis. */
  followers: number;
}

export const LIMITS: Limits = { quickMs: 3_000, longMs: 45_000, heartbeatMs: 15_000, drainMs: 30_000, followers: 100 };
