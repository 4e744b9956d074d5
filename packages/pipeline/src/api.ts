import type {
  DatasetState,
  IngestOptions,
  Job,
  LedgerEntry,
  LedgerPatch,
  LeftPlaces,
  Location,
  Priority,
  RetiredContents,
  StageLedger,
  StageName,
  Step,
  UploadMemory,
} from '@geosluice/jobs';
import type { Gate, GateOptions } from './gate/gate.ts';
import type { RuleFiles } from './ledger/sightings.ts';
import type { Recovery } from './recovery.ts';

/** Everything of the pipeline that a gateway or a CLI may use; one connection to Redis behind it. */
export interface Pipeline {
  ledger: Ledger;
  queues: Queues;
  ingestions: Ingestions;
  watches: Watches;
  deadLetters: DeadLetters;
  events: Events;
  /** Lets works of all processes through to a counterpart, so many at a time as are worth it. To be closed. */
  gate(name: string, options: GateOptions): Gate;
  /** Asks again for one dataset: an inspect job that takes a new generation, with today's rules. `interactive` where absent. */
  retry(dataset: string, priority?: Priority): Promise<void>;
  /** Has its file looked at, behind everything else; nothing happens where it is as it was. */
  look(dataset: string): Promise<void>;
  /** For a ledger that lost something. */
  recovery: Recovery;
  /**
   * Starts removal on a new generation. What a `rule` removes comes in again where its file does.
   * @throws PipelineError DATASET_UNKNOWN
   */
  remove(dataset: string, mode: 'delete' | 'unpublish', by?: 'request' | 'rule'): Promise<void>;
  /** Asks for a look at files whose time has come by their rules. @returns how many */
  lookAfterFiles(options?: { signal?: AbortSignal }): Promise<number>;
  /** Files that rules look after. */
  files(): Promise<RuleFiles[]>;
  /** Finds unsettled entries without a job and asks for them again. @returns how many */
  sweep(options?: { olderThanMs?: number; signal?: AbortSignal }): Promise<number>;
  /** True where Redis answers. */
  ping(): Promise<boolean>;
  close(): Promise<void>;
}

export interface Ledger extends StageLedger, UploadMemory, RetiredContents, LeftPlaces {
  /** Creates entries in state `found` for datasets the ledger does not know; others are left alone. One round trip. */
  enter(
    found: ReadonlyArray<{ dataset: string; location: Location; ingestion: string; options: IngestOptions }>,
  ): Promise<void>;
  /** Entry, indexes and event in one script. A lower generation changes nothing; within one, states only go forward. */
  apply(
    dataset: string,
    generation: number,
    patch: LedgerPatch & Partial<Pick<LedgerEntry, 'reason' | 'lastError' | 'job'>>,
    step: Omit<Step, 'at' | 'generation' | 'state'>,
  ): Promise<'applied' | 'superseded' | 'unknown'>;
  /** Newest first; pages by an opaque cursor. `q` matches name, title and uri. `bbox` is WGS84 and may be combined. */
  list(query: {
    state?: DatasetState;
    ingestion?: string;
    q?: string;
    bbox?: [number, number, number, number];
    cursor?: string;
    limit?: number;
  }): Promise<{ entries: LedgerEntry[]; cursor: string | null }>;
  steps(dataset: string): Promise<Step[]>;
  counts(ingestion?: string): Promise<Record<DatasetState, number>>;
}

export interface QueueCounts {
  waiting: number;
  prioritized: number;
  delayed: number;
  /** Of the delayed ones, those whose time has come: workers take them as soon as there is one. */
  due: number;
  active: number;
  failed: number;
  paused: boolean;
  /** Milliseconds until the hold on the queue ends; 0 where it is not held. */
  heldForMs: number;
}

export interface Queues {
  /** Adds jobs to the queues of their stages, each under its id; a failed job of the same id is replaced. */
  add(jobs: readonly Job[]): Promise<void>;
  counts(): Promise<Record<StageName, QueueCounts>>;
}

export interface Ingestion {
  id: string;
  /** A watch's ingestion has the watch's id. */
  watch?: string;
  sources: string[];
  options: IngestOptions;
  createdAt: string;
  /** By state of its datasets. */
  counts: Record<DatasetState, number>;
  /** True as long as list jobs of it wait or run, or datasets of it are not settled. */
  running: boolean;
  /** Rejections of whole sources (e.g. an unreadable prefix), newest last; at most 20. */
  problems: Array<{ at: string; source: string; code: string; message: string }>;
}

export interface Ingestions {
  /** The same idempotency key gives the same ingestion. A source ending in `/` is listed, another is one raster. */
  start(request: { sources: Location[]; options: IngestOptions; idempotencyKey?: string }): Promise<Ingestion>;
  get(id: string): Promise<Ingestion | null>;
  list(query: { cursor?: string; limit?: number }): Promise<{ ingestions: Ingestion[]; cursor: string | null }>;
}

export interface Watch {
  /** [a-z0-9-]{1,40} */
  id: string;
  source: string;
  options: IngestOptions;
  /** Seconds between two listings. */
  intervalSeconds: number;
  createdAt: string;
}

export interface Watches {
  put(watch: Omit<Watch, 'createdAt'>): Promise<Watch>;
  list(): Promise<Watch[]>;
  remove(id: string): Promise<boolean>;
  /** The watch that covers a location, most specific first; for events. */
  covering(location: Location): Promise<Watch | null>;
  /** An event said that something happened at this raster or beside it: look at it now. */
  hint(location: Location): Promise<boolean>;
}

export interface DeadLetter {
  entry: LedgerEntry;
  stage: StageName;
  code: string;
  message: string;
  at: string;
}

export interface DeadLetters {
  list(query: { code?: string; stage?: StageName; cursor?: string; limit?: number }): Promise<{
    deadLetters: DeadLetter[];
    cursor: string | null;
  }>;
  /** Replays some or all. Starts at inspect with today's rules; `asItWas` retries the stored job instead. */
  replay(query: { datasets?: string[]; code?: string; stage?: StageName; asItWas?: boolean }): Promise<number>;
}

/** One change of the ledger, as the event stream carries it. */
export interface LedgerEvent {
  /** Stream id; pass it as `after` to go on from here. */
  id: string;
  at: string;
  type: 'state' | 'progress' | 'problem';
  dataset?: string;
  ingestion: string;
  state?: DatasetState;
  stage?: StageName;
  note?: string;
  error?: string;
  /** Of type `progress`: done of total. */
  done?: number;
  total?: number;
}

export interface Events {
  /** From now on, or after an id. Ends with the signal. */
  follow(options: { after?: string; ingestion?: string; signal: AbortSignal }): AsyncGenerator<LedgerEvent>;
}
