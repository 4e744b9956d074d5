import type { PublishedLayer, RegisteredDataset, StageName, StoredObject } from './jobs.ts';
import type { Location } from './location.ts';
import type { IngestOptions } from './options.ts';
import type { RasterFacts } from './raster.ts';

/**
 * States of a dataset, in the order of its road. Within one generation a dataset only goes forward.
 * `found`: seen, not yet inspected · `waiting`: settling, or for its sidecar · `inspecting`: a generation is taken ·
 * `uploading` / `publishing` / `registering`: a job of that stage waits or runs · `visible`: in GeoNode ·
 * `dead`: on the dead-letter list · `removing` / `removed`.
 */
export const STATES = [
  'found',
  'waiting',
  'inspecting',
  'uploading',
  'publishing',
  'registering',
  'visible',
  'dead',
  'removing',
  'removed',
] as const;
export type DatasetState = (typeof STATES)[number];

/** States in which nothing more happens by itself. */
export const SETTLED: ReadonlySet<DatasetState> = new Set(['visible', 'dead', 'removed']);

export interface DeadReason {
  /** A ReasonCode. */
  code: string;
  message: string;
  stage: StageName;
  /** Stack of the error where it was a bug. */
  stack?: string;
}

/** What is known of one dataset. */
export interface LedgerEntry {
  dataset: string;
  uri: string;
  location: Location;
  ingestion: string;
  options: IngestOptions;
  state: DatasetState;
  version: string;
  /** 0 before the first inspection. */
  generation: number;
  /** Id of the inspect job that took the generation. */
  takenBy: string;
  workspace?: string;
  name?: string;
  /** Every name that is its own: where its layer is or is about to be, and those it left that are not free yet. */
  places?: Place[];
  title?: string;
  metadataState?: 'none' | 'ok' | 'degraded';
  facts?: RasterFacts;
  object?: StoredObject;
  layer?: PublishedLayer;
  /** The version the layer shows; kept when the dataset is removed, since GeoServer may have cached its object. */
  publishedVersion?: string;
  /** The raster part that was first served in place: GeoServer may have cached it under the source's own key. */
  inPlaceRaster?: string;
  geonode?: RegisteredDataset;
  reason?: DeadReason;
  /** Last error met, also where a retry is on its way. */
  lastError?: string;
  warnings: string[];
  /** The job that moves it on, where there is one. */
  job?: { stage: StageName; id: string };
  /** ISO 8601. */
  createdAt: string;
  updatedAt: string;
}

/** What a stage may record. */
export type LedgerPatch = Partial<
  Pick<
    LedgerEntry,
    | 'state'
    | 'workspace'
    | 'name'
    | 'title'
    | 'metadataState'
    | 'facts'
    | 'object'
    | 'layer'
    | 'publishedVersion'
    | 'inPlaceRaster'
    | 'geonode'
    | 'warnings'
  >
>;

/** One line of a dataset's history; the last 50 are kept. */
export interface Step {
  /** ISO 8601. */
  at: string;
  generation: number;
  state: DatasetState;
  stage?: StageName;
  note?: string;
  error?: string;
  attempt?: number;
}

/** The part of the ledger that stages may use; the pipeline's ledger and the tests' one in memory both satisfy it. */
export interface StageLedger extends Sightings {
  get(dataset: string): Promise<LedgerEntry | null>;
  /** One round trip: for each, whether the ledger has never seen it, knows another version, or knows this one. */
  compare(seen: ReadonlyArray<{ dataset: string; version: string }>): Promise<Array<'new' | 'changed' | 'known'>>;
  /**
   * Compare-and-set: takes generation `expected + 1` for a version, state `inspecting`. `expected` 0 creates the entry.
   * @returns the new generation, or null where another job was faster
   */
  takeGeneration(claim: {
    dataset: string;
    location: Location;
    ingestion: string;
    options: IngestOptions;
    expected: number;
    version: string;
    takenBy: string;
  }): Promise<number | null>;
  /**
   * Reserves a layer name for a dataset; one that it left is its own again.
   * @returns the dataset that owns it (this one where it was free); null where it is its own, and its old layer is being taken
   * off GeoServer at this moment: to be asked again
   */
  claimName(claim: { workspace: string; name: string; dataset: string }): Promise<string | null>;
  /** Notes that the objects of one content of a dataset are of no use from then on. Telling it again puts it off. */
  retire(content: RetiredContent & { from: Date }): Promise<void>;
}

/**
 * The files of rules that take layers away: when each is looked at next, and which are gone. Of no rule that keeps them, so
 * that a scan costs such deployments nothing.
 */
export interface Sightings {
  /** These are there. One round trip; a dataset of another rule changes over. */
  sighted(rule: string, datasets: readonly string[], nextLook: Date): Promise<void>;
  /** This one is not there. `again`: the next look where its grace is over already. */
  missed(rule: string, dataset: string, look: { graceMs: number; again: Date }): Promise<Missed>;
  /** No rule takes it away any more. */
  unwatch(dataset: string): Promise<void>;
}

/** What is known of a file that is not there. */
export interface Missed {
  /** Milliseconds since it was first known to be gone, 0 at first: one clock tells both. */
  forMs: number;
  /** Files of its rule that are gone, those whose layers went within the last day among them; and all of the rule. */
  gone: number;
  of: number;
}

/** Objects below `<prefix>/<dataset>/<raster>/` that no layer shows any more. */
export interface RetiredContent {
  dataset: string;
  /** The raster part of the version. */
  raster: string;
}

/** What is retired, for who takes it away. */
export interface RetiredContents {
  /** Those whose time has come, longest first. */
  retired(until: Date, limit: number): Promise<RetiredContent[]>;
  isRetired(content: RetiredContent): Promise<boolean>;
  forgetRetired(content: RetiredContent): Promise<void>;
}

/** A name in GeoServer: of store, coverage and layer. */
export interface Place {
  workspace: string;
  name: string;
}

/** A name at which a dataset was, and is not any more. */
export interface LeftPlace extends Place {
  dataset: string;
}

/**
 * What datasets left in GeoServer, for who takes it away. A dataset that is recorded as visible by `register` has left every other
 * name it owns; until one is free, nobody else gets it.
 */
export interface LeftPlaces {
  /** Those that were left by then, longest first. */
  left(until: Date, limit: number): Promise<LeftPlace[]>;
  /** Notes that a visible dataset does not show one of its names, to be taken away at once. */
  leave(place: LeftPlace): Promise<void>;
  /**
   * Takes one that was left by `until` for its removal: its dataset gets it back only once it is free.
   * @param when `again`: counts as left then, so that it is due again where this comes to nothing
   * @returns false where its dataset took it back, or another is at it
   */
  vacate(place: LeftPlace, when: { until: Date; again: Date }): Promise<boolean>;
  /** Nothing is there any more. Changes nothing where another took it over since `vacate` said `again`. */
  free(place: LeftPlace, again: Date): Promise<void>;
}

/** Keeps the UploadId of an unfinished multipart upload, by target uri; what the store lists stays the truth. */
export interface UploadMemory {
  recall(target: string): Promise<string | null>;
  remember(target: string, uploadId: string): Promise<void>;
  forget(target: string): Promise<void>;
  /**
   * Runs what only one may do with a target at a time; who dies over it keeps others out for a minute. Absent where there is
   * nobody else.
   * @returns null where another is at it
   */
  alone?<T>(target: string, work: () => Promise<T>): Promise<T | null>;
}
