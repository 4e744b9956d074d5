import {
  datasetIdSchema,
  locationSchema,
  publishedLayerSchema,
  rasterFactsSchema,
  registeredDatasetSchema,
  storedObjectSchema,
} from '@geosluice/jobs';
import { z } from 'zod';
import {
  cursorSchema,
  instantSchema,
  limitSchema,
  nextCursorSchema,
  stageSchema,
  stateSchema,
  storedOptionsSchema,
} from './common.ts';

export const deadReasonSchema = z.object({
  code: z.string().describe('See docs/reason-codes.md.'),
  message: z.string(),
  stage: stageSchema,
  stack: z.string().describe('Where it was a bug.').exactOptional(),
});

const id = datasetIdSchema.describe('Derived from the source uri: the same file always has the same id.');

const entryShape = {
  dataset: id,
  uri: z.string().describe('Source uri; values in its query string are masked.'),
  location: locationSchema,
  ingestion: z.string(),
  options: storedOptionsSchema,
  state: stateSchema,
  version: z.string().describe('`<raster>-<metadata>[-<options>]`; empty before the first inspection.'),
  generation: z.int().nonnegative().describe('Counts up with each change that discovery decides on.'),
  takenBy: z.string(),
  workspace: z.string().exactOptional(),
  name: z.string().describe('Name of layer, store and coverage.').exactOptional(),
  title: z.string().exactOptional(),
  metadataState: z.enum(['none', 'ok', 'degraded']).exactOptional(),
  facts: z.object(rasterFactsSchema.shape).describe('What the header says.').exactOptional(),
  object: z.object(storedObjectSchema.shape).describe('The object that GeoServer reads.').exactOptional(),
  layer: z.object(publishedLayerSchema.shape).describe('The layer in GeoServer.').exactOptional(),
  publishedVersion: z.string().exactOptional(),
  geonode: z.object(registeredDatasetSchema.shape).describe('The dataset in GeoNode.').exactOptional(),
  reason: deadReasonSchema.describe('Why it is on the dead-letter list.').exactOptional(),
  lastError: z.string().describe('Also where another attempt is on its way.').exactOptional(),
  warnings: z.array(z.string()),
  job: z.object({ stage: stageSchema, id: z.string() }).describe('The job that moves it on.').exactOptional(),
  createdAt: instantSchema,
  updatedAt: instantSchema,
};

const EXAMPLE = {
  dataset: 'daaaaaaaaaaaaaaaaaaaa',
  uri: 's3://inbox/dem.tif',
  location: { kind: 's3', bucket: 'inbox', key: 'dem.tif' },
  ingestion: 'imb1zk0c0abcdefgh',
  options: { priority: 'interactive' },
  state: 'publishing',
  version: 'k3yqpz5w2a-0',
  generation: 1,
  takenBy: 'daaaaaaaaaaaaaaaaaaaa.imb1zk0c0abcdefgh',
  workspace: 'geosluice',
  name: 'dem',
  warnings: [],
  createdAt: '2026-11-01T10:00:00.000Z',
  updatedAt: '2026-11-01T10:00:04.000Z',
};

/** What is known of one dataset. */
export const datasetSchema = z
  .object(entryShape)
  .meta({ id: 'Dataset', description: 'What is known of one dataset.', examples: [EXAMPLE] });

export const stepSchema = z
  .object({
    at: instantSchema,
    generation: z.int().nonnegative(),
    state: stateSchema,
    stage: stageSchema.exactOptional(),
    note: z.string().exactOptional(),
    error: z.string().exactOptional(),
    attempt: z.int().nonnegative().exactOptional(),
  })
  .meta({ id: 'Step', description: 'One line of the history of a dataset.' });

/** One dataset with its history. */
export const datasetHistorySchema = z
  .object({ ...entryShape, steps: z.array(stepSchema).describe('The last 50 steps, newest first.') })
  .meta({
    id: 'DatasetHistory',
    examples: [{ ...EXAMPLE, steps: [{ at: EXAMPLE.updatedAt, generation: 1, state: 'publishing', stage: 'upload' }] }],
  });

export const datasetPageSchema = z
  .object({ datasets: z.array(datasetSchema), cursor: nextCursorSchema })
  .meta({ id: 'DatasetPage' });

const BBOX_FORM = 'write west,south,east,north in degrees, e.g. 5.5,45.8,10.5,47.9';

/** `west,south,east,north` in degrees; west > east crosses the antimeridian. */
export const bboxQuerySchema = z
  .string()
  .max(200)
  .transform((text, context): [number, number, number, number] => {
    const numbers = text.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
    const [west = Number.NaN, south = Number.NaN, east = Number.NaN, north = Number.NaN] = numbers;
    const fits = numbers.length === 4 && numbers.every(Number.isFinite);
    if (fits && south <= north && [west, east].every((x) => Math.abs(x) <= 180) && south >= -90 && north <= 90) {
      return [west, south, east, north];
    }
    context.addIssue({ code: 'custom', message: BBOX_FORM });
    return z.NEVER;
  })
  .describe('`west,south,east,north` in degrees; west > east crosses the antimeridian.')
  .meta({ examples: ['5.5,45.8,10.5,47.9'] });

export const datasetQuerySchema = z.strictObject({
  state: stateSchema.optional(),
  q: z.string().min(1).max(200).optional().describe('Matches name, title and source uri.'),
  ingestion: z.string().min(1).max(64).optional(),
  bbox: bboxQuerySchema.optional(),
  cursor: cursorSchema.optional(),
  limit: limitSchema(50, 200),
});

export const REMOVE_MODES = ['delete', 'unpublish'] as const;
export const removeQuerySchema = z.strictObject({
  mode: z
    .enum(REMOVE_MODES)
    .default('delete')
    .describe('`delete` takes the stored object away too, `unpublish` keeps it. The source file is never touched.'),
});
