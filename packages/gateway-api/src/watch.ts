import { z } from 'zod';
import { askedOptionsSchema, instantSchema, sourceUriSchema, storedOptionsSchema } from './common.ts';

export const watchIdSchema = z
  .string()
  .regex(/^[a-z0-9-]{1,40}$/, 'use 1-40 of a-z, 0-9 and -')
  .describe('1-40 of a-z, 0-9 and -.');

const interval = z.int().min(1).max(604_800).describe('Seconds between two listings.');
const EXAMPLE = { source: 's3://inbox/', options: { workspace: 'geosluice' }, intervalSeconds: 300 };

/** A repeated listing; events only make it fast. */
export const watchSchema = z
  .object({
    id: z.string(),
    source: z.string(),
    options: storedOptionsSchema,
    intervalSeconds: interval,
    createdAt: instantSchema,
  })
  .meta({ id: 'Watch', examples: [{ id: 'inbox', ...EXAMPLE, createdAt: '2026-11-01T10:00:00.000Z' }] });

export const watchListSchema = z.object({ watches: z.array(watchSchema) }).meta({ id: 'WatchList' });

export const putWatchSchema = z
  .strictObject({
    source: sourceUriSchema.describe('A prefix or directory; ends in `/`.'),
    options: askedOptionsSchema.default({}),
    intervalSeconds: interval.default(300),
  })
  .meta({ id: 'PutWatch', examples: [EXAMPLE] });
