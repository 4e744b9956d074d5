import { datasetIdSchema } from '@geosluice/jobs';
import { z } from 'zod';
import { cursorSchema, instantSchema, limitSchema, nextCursorSchema, stageSchema } from './common.ts';
import { datasetSchema } from './dataset.ts';

/** A dataset that needs a person, and why. */
export const deadLetterSchema = z
  .object({
    entry: datasetSchema,
    stage: stageSchema,
    code: z.string().describe('See docs/reason-codes.md.'),
    message: z.string(),
    at: instantSchema,
  })
  .meta({ id: 'DeadLetter' });

export const deadLetterPageSchema = z
  .object({ deadLetters: z.array(deadLetterSchema), cursor: nextCursorSchema })
  .meta({ id: 'DeadLetterPage' });

const code = z
  .string()
  .regex(/^[A-Z0-9_]{1,64}$/, 'write a reason code, e.g. NO_CRS')
  .optional()
  .describe('A reason code.');

export const deadLetterQuerySchema = z.strictObject({
  code,
  stage: stageSchema.optional(),
  cursor: cursorSchema.optional(),
  limit: limitSchema(50, 200),
});

/** Which dead letters go back. Without any filter: all of them. */
export const replaySchema = z
  .strictObject({
    datasets: z.array(datasetIdSchema).min(1).max(1_000).optional(),
    code,
    stage: stageSchema.optional(),
    asItWas: z.boolean().optional().describe('Retry the stored job instead of starting at inspect with today’s rules.'),
  })
  .meta({ id: 'Replay', examples: [{ code: 'RETRIES_EXHAUSTED' }] });

export const replayedSchema = z.object({ replayed: z.int().nonnegative() }).meta({ id: 'Replayed' });
