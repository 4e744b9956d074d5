/**
 * How two systems differ about a dataset. `missing`: one lacks what it should have · `stale`: it has an earlier state ·
 * `differing`: it has something else · `orphaned`: it has what nothing leads to · `doubled`: it has it twice.
 */
export type Difference = 'missing' | 'stale' | 'differing' | 'orphaned' | 'doubled';

/** Where something is amiss: a system, one node of GeoServer by its url, or one source by its bucket or host. */
export type Place = 'ledger' | 'source' | `source ${string}` | 'bucket' | 'geonode' | `geoserver ${string}`;

/**
 * What mends it. `retry`: the dataset goes its whole road again, whose every stage does only what is missing · `look`: its file
 * is looked at, and its rule says what becomes of it · `adopt`: the ledger takes it in as it is · `remove`: what nothing leads
 * to is taken away · `none`: a person has to.
 */
export type Repair = 'retry' | 'look' | 'adopt' | 'remove' | 'none';

/** One thing that is amiss. */
export interface Finding {
  difference: Difference;
  place: Place;
  /** Id in geosluice; empty where there is none. */
  dataset: string;
  /** `workspace:name`, an object's uri, or a source's. */
  subject: string;
  /** A sentence for a person. */
  what: string;
  repair: Repair;
}

/** A finding, and what came of it. */
export interface Report extends Finding {
  /** `found`: nothing was done · `asked`: its repair is on its way · `done` · `held`: by the cap on removals · `failed`. */
  outcome: 'found' | 'asked' | 'done' | 'held' | 'failed';
  /** Where it failed. */
  error?: string;
}
