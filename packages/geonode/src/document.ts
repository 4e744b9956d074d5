import {
  bboxSchema,
  datasetIdSchema,
  datasetMetadataSchema,
  ingestOptionsSchema,
  layerNameSchema,
  publishedLayerSchema,
  storedObjectSchema,
  versionSchema,
  workspaceNameSchema,
} from '@geosluice/jobs';
import { z } from 'zod';

/** Version of the registration document; the Django app refuses any other. */
export const DOCUMENT_SCHEMA = 1;

const name = z.string().min(1).max(255);
const generation = z.int().positive();

/** The raster, in the words GeoNode shows. */
const factsSummarySchema = z.strictObject({
  /** Bytes. */
  size: z.int().positive(),
  /** Pixels. */
  width: z.int().positive(),
  height: z.int().positive(),
  bands: z.int().positive(),
  bitsPerSample: z.int().positive(),
  sampleFormat: z.string().max(40),
  /** Usual name, e.g. `deflate`. */
  compression: z.string().max(40),
});

/** What the Django app takes, over HTTP and by its management command: everything about one dataset, once. */
export const registrationDocumentSchema = z.strictObject({
  schema: z.literal(DOCUMENT_SCHEMA),
  dataset: datasetIdSchema,
  generation,
  version: versionSchema,
  layer: publishedLayerSchema.extend({ nativeBbox: bboxSchema, wgs84Bbox: bboxSchema }),
  title: z.string().min(1).max(1000),
  metadata: datasetMetadataSchema,
  metadataState: z.enum(['none', 'ok', 'degraded']),
  facts: factsSummarySchema,
  /** User name; the GeoNode's own default where absent. */
  owner: z.string().min(1).max(150).optional(),
  /** Slug or title of a group. */
  group: name.optional(),
  permissions: z.enum(['public', 'owner', 'group']),
  /** ISO 19115 topic category. */
  category: z.string().min(1).max(100).optional(),
  /** Where the sidecar gives none. */
  license: name.optional(),
  keywords: z.array(name).max(100).optional(),
  regions: z.array(name).max(100).optional(),
  sidecar: z
    .strictObject({
      name,
      contentType: z.string().regex(/^[a-z]+\/[a-z0-9.+-]+$/),
      /** At most 5 MiB of bytes. */
      base64: z.string().max(7_000_000),
    })
    .nullable(),
  /** Fit for showing: no query string, no credentials. */
  sourceUri: z.string().max(4096),
  /** Kept, and given back to a geosluice that lost its ledger. */
  object: storedObjectSchema,
  options: ingestOptionsSchema,
});
export type RegistrationDocument = z.infer<typeof registrationDocumentSchema>;

export const unregistrationDocumentSchema = z.strictObject({
  dataset: datasetIdSchema,
  generation,
  workspace: workspaceNameSchema,
  name: layerNameSchema,
});
export type UnregistrationDocument = z.infer<typeof unregistrationDocumentSchema>;

/** Datasets a lookup names at most, and those of one page. */
export const LOOKUP_SIZE = 100;

/** Asks what is registered: of these datasets, or a page of all after a row (`next` of the page before; 0 for the first). */
export const lookupDocumentSchema = z.union([
  z.strictObject({ datasets: z.array(datasetIdSchema).max(LOOKUP_SIZE) }),
  z.strictObject({ after: z.int().nonnegative() }),
]);
export type LookupDocument = z.infer<typeof lookupDocumentSchema>;
