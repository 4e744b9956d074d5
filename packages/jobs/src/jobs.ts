import { z } from 'zod';
import { Reject } from './errors.ts';
import { datasetIdSchema, locationSchema, shortHash } from './location.ts';
import { datasetMetadataSchema } from './metadata.ts';
import { ingestOptionsSchema, layerNameSchema, srsSchema, workspaceNameSchema } from './options.ts';
import { bboxSchema, rasterFactsSchema } from './raster.ts';
import { fingerprintSchema, versionSchema } from './version.ts';

export const STAGES = ['discover', 'upload', 'publish', 'register'] as const;
export type StageName = (typeof STAGES)[number];

/**
 * The version of the job documents this build writes. A job of an older version is upgraded step by step on the way
 * in (UPGRADES); a newer one is left to a newer worker: Retry, so that a rolling upgrade loses nothing.
 */
export const JOB_SCHEMA = 1;

const generation = z.int().positive();
const common = {
  schema: z.literal(JOB_SCHEMA),
  /** The ingestion that asked; a watch has one ingestion of its own. */
  ingestion: z.string().min(1).max(64),
  options: ingestOptionsSchema,
};

/** List one source, page by page. */
export const listJobSchema = z.strictObject({
  ...common,
  stage: z.literal('discover'),
  kind: z.literal('list'),
  source: locationSchema,
  /** Where an earlier list job of the same source stopped; opaque. */
  cursor: z.string().max(8192).optional(),
  /** Common prefixes above this one that were split off. */
  depth: z.int().min(0).max(64),
  watch: z.string().max(64).optional(),
});
export type ListJob = z.infer<typeof listJobSchema>;

/** Look at one raster afresh, and decide. */
export const inspectJobSchema = z.strictObject({
  ...common,
  stage: z.literal('discover'),
  kind: z.literal('inspect'),
  dataset: datasetIdSchema,
  location: locationSchema,
  reason: z.enum(['listed', 'event', 'requested', 'replay', 'sweep']),
  /** Take a new generation even where nothing changed. */
  force: z.boolean(),
  /** Makes the id of a forced job unique; empty where the seen version is enough. */
  nonce: z.string().max(64),
  /** The version the asker saw, or a nonce-only job. Part of the id, not believed. */
  seen: z.string().max(64),
  /** When the dataset was first seen waiting (ISO 8601): start of the sidecar's grace. */
  since: z.iso.datetime().optional(),
  /** Fingerprints of the previous look, for sources that settle by two equal looks. */
  lastLook: z.string().max(64).optional(),
});
export type InspectJob = z.infer<typeof inspectJobSchema>;

const datasetFields = {
  ...common,
  dataset: datasetIdSchema,
  generation,
  version: versionSchema,
  location: locationSchema,
  fingerprint: fingerprintSchema,
  workspace: workspaceNameSchema,
  /** Name of layer, store and coverage. */
  name: layerNameSchema,
  facts: rasterFactsSchema,
  metadata: datasetMetadataSchema,
  metadataState: z.enum(['none', 'ok', 'degraded']),
  /** The raw sidecar kept beside the object: its key in the target bucket, SHA-256 (hex) and original file name. */
  sidecar: z
    .strictObject({ bucket: z.string(), key: z.string(), sha256: z.string(), name: z.string(), size: z.int() })
    .nullable(),
  /** An SLD that lay beside the raster, kept the same way. */
  style: z.strictObject({ bucket: z.string(), key: z.string(), sha256: z.string(), name: z.string() }).nullable(),
  /** Checksum that came with the file, to be verified by the upload. */
  expectedSha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .nullable(),
  /** A temporary copy in the target bucket that replaces `location` as the place to read from. */
  spool: locationSchema.nullable(),
};

const kind = z.literal('add');

/** An object in the bucket GeoServer reads. */
export const storedObjectSchema = z.strictObject({
  bucket: z.string().min(1),
  key: z.string().min(1),
  size: z.int().positive(),
  etag: z.string(),
  /** e.g. `crc64nvme:…` or `sha256:…`; null for an object served in place. */
  checksum: z.string().nullable(),
  /** False for an object served where it lies: never deleted by removal. */
  owned: z.boolean(),
});
export type StoredObject = z.infer<typeof storedObjectSchema>;

/** A layer in GeoServer. */
export const publishedLayerSchema = z.strictObject({
  workspace: workspaceNameSchema,
  store: layerNameSchema,
  name: layerNameSchema,
  storeType: z.enum(['s3geotiff', 'cog']),
  srs: srsSchema,
  nativeBbox: bboxSchema,
  wgs84Bbox: bboxSchema,
  /** Public WMS endpoint of this layer. */
  wms: z.url(),
  style: z.string().nullable(),
});
export type PublishedLayer = z.infer<typeof publishedLayerSchema>;

/** A dataset in GeoNode. */
export const registeredDatasetSchema = z.strictObject({
  pk: z.int().positive(),
  uuid: z.string(),
  url: z.url(),
});
export type RegisteredDataset = z.infer<typeof registeredDatasetSchema>;

export const uploadJobSchema = z.strictObject({ ...datasetFields, stage: z.literal('upload'), kind });
export type UploadJob = z.infer<typeof uploadJobSchema>;

/** A range of parts of one huge file, for any worker; the upload job opened the upload, sleeps, and goes on once it is whole. */
export const partJobSchema = z.strictObject({
  ...common,
  /** Only the priority: there may be a thousand of these for one file. */
  options: ingestOptionsSchema.pick({ priority: true }),
  stage: z.literal('upload'),
  kind: z.literal('part'),
  dataset: datasetIdSchema,
  generation,
  version: versionSchema,
  location: locationSchema,
  fingerprint: fingerprintSchema,
  /** As the upload job's: the object's key is made of it. */
  name: layerNameSchema,
  /** Bytes of every part but the last. */
  partSize: z.int().positive(),
  /** Part numbers, 1 for the first of the file; both are meant. */
  first: z.int().min(1).max(10_000),
  last: z.int().min(1).max(10_000),
});
export type PartJob = z.infer<typeof partJobSchema>;

export const publishJobSchema = z.strictObject({
  ...datasetFields,
  stage: z.literal('publish'),
  kind,
  object: storedObjectSchema,
});
export type PublishJob = z.infer<typeof publishJobSchema>;

export const registerJobSchema = z.strictObject({
  ...datasetFields,
  stage: z.literal('register'),
  kind,
  object: storedObjectSchema,
  layer: publishedLayerSchema,
});
export type RegisterJob = z.infer<typeof registerJobSchema>;

/** Removal: the same road backwards, register → publish → upload; each stage takes away what is its own. */
export const removeJobSchema = z.strictObject({
  ...common,
  stage: z.enum(['register', 'publish', 'upload']),
  kind: z.literal('remove'),
  dataset: datasetIdSchema,
  generation,
  version: versionSchema,
  workspace: workspaceNameSchema,
  name: layerNameSchema,
  /** Every key below this prefix of the target bucket belongs to the dataset. */
  object: storedObjectSchema.nullable(),
  /** What happens to the object: `unpublish` keeps it. */
  mode: z.enum(['delete', 'unpublish']),
});
export type RemoveJob = z.infer<typeof removeJobSchema>;

export type DiscoverJob = ListJob | InspectJob;
export type Job = DiscoverJob | UploadJob | PartJob | PublishJob | RegisterJob | RemoveJob;
/** What all jobs of one dataset on its way have in common. */
export type DatasetJob = Omit<UploadJob, 'stage' | 'kind'>;

export const jobSchema = z.union([
  listJobSchema,
  inspectJobSchema,
  uploadJobSchema,
  partJobSchema,
  publishJobSchema,
  registerJobSchema,
  removeJobSchema,
]);

export const STAGE_SCHEMAS = {
  discover: z.discriminatedUnion('kind', [listJobSchema, inspectJobSchema]),
  upload: z.discriminatedUnion('kind', [uploadJobSchema, partJobSchema, removeJobSchema]),
  publish: z.discriminatedUnion('kind', [publishJobSchema, removeJobSchema]),
  register: z.discriminatedUnion('kind', [registerJobSchema, removeJobSchema]),
} as const;

export interface StageJobs {
  discover: DiscoverJob;
  upload: UploadJob | PartJob | RemoveJob;
  publish: PublishJob | RemoveJob;
  register: RegisterJob | RemoveJob;
}

/** One step a schema version: takes a document of version N, gives one of N + 1. Empty as long as there is only one. */
export const UPGRADES: ReadonlyMap<number, (document: Record<string, unknown>) => Record<string, unknown>> = new Map();

/**
 * Validates a job document of any version for one stage.
 * @throws Reject JOB_INVALID, naming every field that is wrong
 * @throws NewerJob where the document comes from a newer build
 */
export function readJob<S extends StageName>(stage: S, document: unknown, upgrades = UPGRADES): StageJobs[S] {
  let current = document;
  for (
    let steps = 0;
    isRecord(current) && typeof current.schema === 'number' && current.schema !== JOB_SCHEMA;
    steps += 1
  ) {
    if (current.schema > JOB_SCHEMA) throw new NewerJob(current.schema);
    const upgrade = upgrades.get(current.schema);
    if (upgrade === undefined || steps > 100) break;
    current = upgrade(current);
  }
  const parsed = STAGE_SCHEMAS[stage].safeParse(current);
  if (!parsed.success) {
    throw new Reject('JOB_INVALID', `not a ${stage} job: ${z.prettifyError(parsed.error)}`, { cause: parsed.error });
  }
  const job = parsed.data as StageJobs[S];
  if (job.stage !== stage) throw new Reject('JOB_INVALID', `a job for ${job.stage} is in the queue of ${stage}`);
  return job;
}

/** Written by a newer build: left for a worker that knows it. */
export class NewerJob extends Error {
  readonly code = 'JOB_NEWER';
  constructor(schema: number) {
    super(`job document of schema ${schema}; this build knows ${JOB_SCHEMA}. Finish the upgrade of the workers.`);
    this.name = 'NewerJob';
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * The id of a job in its queue; adding twice is adding once. No `:` and never all digits (BullMQ).
 * Jobs on the road carry their generation: a dataset that goes A → B → A must not meet its own first A.
 */
export function jobIdOf(job: Job): string {
  if (job.stage === 'discover') {
    if (job.kind === 'inspect') return [job.dataset, job.seen, job.nonce].filter((part) => part !== '').join('.');
    return `list.${shortHash(JSON.stringify([job.ingestion, job.source, job.cursor ?? '', job.options]), 20)}`;
  }
  const id = roadId(job);
  if (job.kind === 'part') return `${id}.p${job.first}-${job.last}`;
  return job.kind === 'remove' ? `${id}.remove` : id;
}

/** The id of the upload job whose file a part job helps to bring. */
export function mainJobIdOf(job: Pick<PartJob, 'dataset' | 'version' | 'generation'>): string {
  return roadId(job);
}

function roadId({ dataset, version, generation }: Pick<PartJob, 'dataset' | 'version' | 'generation'>): string {
  return `${dataset}.${version}.g${generation}`;
}

/** Generation of a job on the road; undefined for jobs that come before one is taken. */
export function generationOf(job: Job): number | undefined {
  return job.stage === 'discover' ? undefined : job.generation;
}

export function datasetOf(job: Job): string | undefined {
  return job.kind === 'list' ? undefined : job.dataset;
}
