import { datasetIdSchema, ingestOptionsSchema, publishedLayerSchema, storedObjectSchema } from '@geosluice/jobs';
import { z } from 'zod';

const named = {
  ...{ pk: z.int().positive().optional(), uuid: z.string().optional(), url: z.url().optional() },
  /** What GeoNode has no row or no room for, and what became of it, a sentence each. */
  unmapped: z.array(z.string()).optional(),
};

/** What the Django app says to one document. Fields it may add later are ignored. */
export const answerSchema = z.discriminatedUnion('status', [
  z.object({ status: z.enum(['created', 'updated', 'unchanged', 'superseded', 'removed', 'absent']), ...named }),
  z.object({
    status: z.literal('error'),
    /** A reason code, or FAILED. */
    code: z.string(),
    message: z.string(),
    /** Path in the document, e.g. `layer.name`. */
    field: z.string().optional(),
    /** True where the same document may succeed later. */
    retry: z.boolean(),
    /** True where every other document would meet the same: a counterpart of GeoNode's is away. */
    down: z.boolean().optional(),
  }),
]);
export type Answer = z.infer<typeof answerSchema>;

/** What GeoNode holds of one dataset that was registered. */
export const registeredSchema = z.object({
  dataset: datasetIdSchema,
  generation: z.int(),
  version: z.string(),
  sourceUri: z.string(),
  pk: z.int().positive(),
  uuid: z.string(),
  url: z.url(),
  title: z.string(),
  /** `workspace:name` of the layer it shows. */
  alternate: z.string(),
  /** Keys of other datasets in GeoNode that show the same layer. */
  doubles: z.array(z.int()),
  /** As it was handed over; null where an earlier version of the app registered it. */
  kept: z.object({ layer: publishedLayerSchema, object: storedObjectSchema, options: ingestOptionsSchema }).nullable(),
});
export type Registered = z.infer<typeof registeredSchema>;

export const lookupAnswerSchema = z.object({
  status: z.literal('found'),
  registrations: z.array(registeredSchema),
  /** Where the next page begins; null where there is none. */
  next: z.int().nullable(),
});
export type LookupAnswer = z.infer<typeof lookupAnswerSchema>;

export const healthSchema = z.object({
  app: z.literal('geosluice_geonode'),
  version: z.string(),
  geonode: z.string(),
  schema: z.int(),
});
export type Health = z.infer<typeof healthSchema>;
