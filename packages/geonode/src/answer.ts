import { z } from 'zod';

const named = { pk: z.int().positive().optional(), uuid: z.string().optional(), url: z.url().optional() };

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
  }),
]);
export type Answer = z.infer<typeof answerSchema>;

export const healthSchema = z.object({
  app: z.literal('geosluice_geonode'),
  version: z.string(),
  geonode: z.string(),
  schema: z.int(),
});
export type Health = z.infer<typeof healthSchema>;
