import type {
  IngestOptions,
  LedgerEntry,
  LeftPlace,
  PublishedLayer,
  RetiredContent,
  StoredObject,
} from '@geosluice/jobs';

/** What GeoNode holds of one dataset that was registered. */
export interface Registered {
  dataset: string;
  generation: number;
  version: string;
  sourceUri: string;
  pk: number;
  uuid: string;
  url: string;
  title: string;
  /** `workspace:name` of the layer it shows. */
  alternate: string;
  /** Keys of other datasets in GeoNode that show the same layer. */
  doubles: number[];
  /** What was handed to GeoNode for a ledger that is lost; null where an earlier version registered it. */
  kept: { layer: PublishedLayer; object: StoredObject; options: IngestOptions } | null;
}

export type FileState = 'missed' | 'changed' | null;

/** What a node of GeoServer says of one store. */
export interface NodeStore {
  url: string;
  /** Id of the dataset it was made for, null where geosluice did not make it. */
  dataset: string | null;
  enabled: boolean;
  /** Whether its layer is there: deleting one leaves its coverage. */
  complete: boolean;
  /** Name of the layer's default style, without the layer's own workspace. */
  style: string | null;
}

/** The systems that are compared, and what may be done to them. All lists come in pages: nothing is held as a whole. */
export interface ReconcilePorts {
  ledger: {
    entries(signal: AbortSignal): AsyncIterable<LedgerEntry[]>;
    get(dataset: string): Promise<LedgerEntry | null>;
    /** Datasets that are visible. */
    count(): Promise<number>;
    /** Of each name of a workspace the dataset that has a layer there, by rights or until its grace is over; in their order. */
    owners(workspace: string, names: readonly string[]): Promise<Array<string | null>>;
    isRetired(content: RetiredContent): Promise<boolean>;
    /** Takes a registered dataset in as it is. @returns false where it is not whole, or the ledger knows it by now */
    adopt(registered: Registered, signal: AbortSignal): Promise<boolean>;
    retry(dataset: string): Promise<void>;
    look(dataset: string): Promise<void>;
    /** Asks for a file that the ledger has lost. */
    ask(registered: Registered): Promise<void>;
    retire(content: RetiredContent): Promise<void>;
    /** Has what a visible dataset does not show of its own taken away. */
    leave(place: LeftPlace): Promise<void>;
  };
  source: {
    /**
     * What became of the file of an entry. `missed`: it is gone and its rule says that its layer goes, too · `changed`: it or what
     * lies beside it is not what the ledger saw · null: neither, or it is not worth a look.
     */
    look(entry: LedgerEntry, signal: AbortSignal): Promise<FileState>;
  };
  bucket: {
    head(object: StoredObject, signal: AbortSignal): Promise<{ size: number; etag: string } | null>;
    /** Every content below the prefix, in any order; a dataset's spool is none. */
    contents(signal: AbortSignal): AsyncIterable<RetiredContent[]>;
    uriOf(content: RetiredContent): string;
    remove(dataset: string, signal: AbortSignal): Promise<void>;
  };
  geoserver: {
    nodes(signal: AbortSignal): Promise<readonly string[]>;
    store(node: string, at: { workspace: string; name: string }, signal: AbortSignal): Promise<NodeStore | null>;
    /** The url that a store of this layer should have. */
    urlOf(layer: PublishedLayer, object: StoredObject): string;
    workspaces(node: string, signal: AbortSignal): Promise<string[]>;
    names(node: string, workspace: string, signal: AbortSignal): AsyncIterable<string[]>;
    remove(node: string, at: { workspace: string; name: string; dataset: string }, signal: AbortSignal): Promise<void>;
  };
  geonode: {
    of(datasets: readonly string[], signal: AbortSignal): Promise<Registered[]>;
    all(signal: AbortSignal): AsyncIterable<Registered[]>;
    unregister(registered: Registered, signal: AbortSignal): Promise<void>;
  };
}
