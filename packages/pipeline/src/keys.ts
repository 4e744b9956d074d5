import type { DatasetState, StageName } from '@geosluice/jobs';

/**
 * Every key of a deployment. All share the hash tag `{prefix}`, so that one script may touch several of them on a
 * Redis Cluster; BullMQ's own keys are `{prefix}:<stage>:…`.
 */
export interface Keys {
  /** `{prefix}`: also the prefix given to BullMQ. */
  root: string;
  dataset(id: string): string;
  steps(id: string): string;
  /** Of each name in GeoServer the dataset that owns it. */
  names: string;
  /** `<dataset> <workspace>:<name>` by the time since which its dataset is elsewhere. */
  left: string;
  uploads: string;
  /** `<dataset> <raster>` by the time from which its objects are of no use. */
  retired: string;
  /** Names of the rules whose files are looked after. */
  rules: string;
  /** Files of one rule by the time of their next look. */
  files(rule: string): string;
  /** Those of them that are gone, by since when. */
  gone(rule: string): string;
  /** Held by who completes an upload. */
  completing(target: string): string;
  events: string;
  all: string;
  /** Datasets in a state: by when they came to it where they stay in it, else by their last step. */
  state(state: DatasetState): string;
  ingestions: string;
  ingestion(id: string): string;
  /** Datasets of an ingestion, by time. */
  members(id: string): string;
  /** Ids of its discover jobs that wait or run. */
  open(id: string): string;
  problems(id: string): string;
  idempotency(key: string): string;
  watches: string;
  hold(stage: StageName): string;
  probe(stage: StageName): string;
  epoch(stage: StageName): string;
  /** That a job is not to lie down to sleep. */
  woken(stage: StageName, job: string): string;
  /** Permits of a gate that are under way, what is known of its counterpart, and its free permits. */
  gate(name: string): readonly [string, string, string];
  sweepLock: string;
  /** BullMQ's hash of a job, and the lock of whoever works on it. */
  job(stage: StageName, id: string): string;
  lock(stage: StageName, id: string): string;
  failed(stage: StageName): string;
  /** What BullMQ's idle workers wait for; a member `0` wakes one. */
  marker(stage: StageName): string;
}

export function keysOf(prefix: string): Keys {
  const root = `{${prefix}}`;
  return {
    root,
    dataset: (id) => `${root}:d:${id}`,
    steps: (id) => `${root}:d:${id}:steps`,
    names: `${root}:names`,
    left: `${root}:left`,
    uploads: `${root}:uploads`,
    retired: `${root}:retired`,
    rules: `${root}:rules`,
    files: (rule) => `${root}:files:${rule}`,
    gone: (rule) => `${root}:gone:${rule}`,
    completing: (target) => `${root}:completing:${target}`,
    events: `${root}:events`,
    all: `${root}:all`,
    state: (state) => `${root}:state:${state}`,
    ingestions: `${root}:ingestions`,
    ingestion: (id) => `${root}:i:${id}`,
    members: (id) => `${root}:i:${id}:members`,
    open: (id) => `${root}:i:${id}:open`,
    problems: (id) => `${root}:i:${id}:problems`,
    idempotency: (key) => `${root}:idempotency:${key}`,
    watches: `${root}:watches`,
    hold: (stage) => `${root}:hold:${stage}`,
    probe: (stage) => `${root}:hold:${stage}:probe`,
    epoch: (stage) => `${root}:hold:${stage}:epoch`,
    woken: (stage, job) => `${root}:woken:${stage}:${job}`,
    gate: (name) => [`${root}:gate:${name}`, `${root}:gate:${name}:known`, `${root}:gate:${name}:free`],
    sweepLock: `${root}:sweep`,
    job: (stage, id) => `${root}:${stage}:${id}`,
    lock: (stage, id) => `${root}:${stage}:${id}:lock`,
    failed: (stage) => `${root}:${stage}:failed`,
    marker: (stage) => `${root}:${stage}:marker`,
  };
}
