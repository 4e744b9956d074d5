import type {
  DatasetMetadata,
  DatasetState,
  IngestOptions,
  LedgerEntry,
  Location,
  RasterFacts,
  S3Location,
  Step,
} from '@geosluice/jobs';
import type { DeadLetter, Ingestion, LedgerEvent, QueueCounts, Watch } from '@geosluice/pipeline';
import type { ReconcileOptions, Report, Summary } from '@geosluice/reconcile';

/** What the commands ask of a gateway; `@geosluice/gateway-api` has the client. */
export interface GatewayPort {
  startIngestion(
    request: { sources: string[]; options: IngestOptions },
    signal: AbortSignal,
    idempotencyKey?: string,
  ): Promise<Ingestion>;
  ingestion(id: string, signal: AbortSignal): Promise<Ingestion>;
  ingestions(
    query: { limit?: number; cursor?: string },
    signal: AbortSignal,
  ): Promise<{ ingestions: Ingestion[]; cursor: string | null }>;
  datasets(
    query: { state?: DatasetState; q?: string; ingestion?: string; bbox?: string; cursor?: string; limit?: number },
    signal: AbortSignal,
  ): Promise<{ datasets: LedgerEntry[]; cursor: string | null }>;
  dataset(id: string, signal: AbortSignal): Promise<LedgerEntry & { steps: Step[] }>;
  retry(id: string, signal: AbortSignal): Promise<void>;
  remove(id: string, mode: 'delete' | 'unpublish', signal: AbortSignal): Promise<void>;
  deadLetters(
    query: { code?: string; stage?: string; cursor?: string; limit?: number },
    signal: AbortSignal,
  ): Promise<{ deadLetters: DeadLetter[]; cursor: string | null }>;
  replay(
    query: { datasets?: string[]; code?: string; stage?: string; asItWas?: boolean },
    signal: AbortSignal,
  ): Promise<number>;
  watches(signal: AbortSignal): Promise<Watch[]>;
  putWatch(watch: Omit<Watch, 'createdAt'>, signal: AbortSignal): Promise<Watch>;
  removeWatch(id: string, signal: AbortSignal): Promise<void>;
  /** Counts by state and by queue. */
  status(signal: AbortSignal): Promise<{ datasets: Record<DatasetState, number>; queues: Record<string, QueueCounts> }>;
  events(options: { ingestion?: string; signal: AbortSignal }): AsyncIterable<LedgerEvent>;
}

/** What `inspect` finds out about one file without enqueueing it. */
export interface Inspection {
  source: string;
  verdict: 'accepted' | 'rejected';
  /** Where rejected: a reason code and a sentence. */
  reason: { code: string; message: string } | null;
  layer: string;
  facts: RasterFacts | null;
  metadata: DatasetMetadata | null;
  metadataState: 'none' | 'ok' | 'degraded';
  sidecars: Array<{ role: string; name: string }>;
  /** What it cost to find out. */
  reads: { requests: number; bytes: number };
}

/** One line of `doctor`. */
export interface CheckResult {
  counterpart: string;
  ok: boolean;
  /** What was found, e.g. a version. */
  found: string;
  /** What to do where it is not ok. */
  advice?: string;
}

/** Files that only this machine has, on their way into the inbox. */
export interface InboxPort {
  /** Uploads a file, or every raster below a folder, with its sidecars. @returns where the rasters are now */
  upload(
    path: string,
    options: { signal: AbortSignal; onProgress(file: string, done: number, total: number): void },
  ): Promise<Location[]>;
}

/** Small files in the inbox that are put there to be taken away again. */
export interface ScratchPort {
  /** Where a file of this name lies. */
  locationOf(name: string): S3Location;
  put(name: string, body: Buffer, options: { contentType: string; signal: AbortSignal }): Promise<void>;
  /** What is gone already is success. */
  remove(location: Location, signal: AbortSignal): Promise<void>;
}

/** Everything the commands need; made lazily, because `ls` needs no S3 and `inspect` no gateway. */
export interface CliPorts {
  gateway(): GatewayPort;
  inbox(): InboxPort;
  scratch(): ScratchPort;
  /** Aborts unfinished uploads to the target bucket begun longer ago than that. @returns how many */
  sweepUploads(olderThanMs: number, signal: AbortSignal): Promise<number>;
  /** Gets a small thing by http, as a browser would. */
  fetch(url: string, signal: AbortSignal): Promise<{ status: number; type: string; bytes: Buffer }>;
  inspect(source: Location, options: IngestOptions, signal: AbortSignal): Promise<Inspection>;
  doctor(signal: AbortSignal): AsyncIterable<CheckResult>;
  /** Compares all systems by itself, without a gateway. */
  reconcile(options: ReconcileOptions): AsyncGenerator<Report, Summary>;
  /** Runs the gateway and all workers until the signal. */
  up(signal: AbortSignal): Promise<void>;
  /** Rows of the configuration in force, secrets masked. */
  config(): Array<{ name: string; value: string; source: string }>;
}
