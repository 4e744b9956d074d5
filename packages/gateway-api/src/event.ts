import { z } from 'zod';
import { instantSchema, stageSchema, stateSchema } from './common.ts';

/** The id of an event, as Redis streams write it. */
export const eventIdSchema = z.string().regex(/^\d{1,20}(-\d{1,20})?$/, 'use the id of an event, e.g. 1761991200000-0');

/** One change of the ledger. */
export const eventSchema = z
  .object({
    id: eventIdSchema,
    at: instantSchema,
    type: z.enum(['state', 'progress', 'problem']),
    dataset: z.string().exactOptional(),
    ingestion: z.string(),
    state: stateSchema.exactOptional(),
    stage: stageSchema.exactOptional(),
    note: z.string().exactOptional(),
    error: z.string().exactOptional(),
    done: z
      .number()
      .describe(
        'Of type `progress`: done of `total`, in bytes for uploads; told at most twice a second. Workers that share a file tell of all of it, each what it saw last: the highest is right.',
      )
      .exactOptional(),
    total: z.number().exactOptional(),
  })
  .meta({
    id: 'LedgerEvent',
    description: 'The `data` of one server-sent event; its `event` is the type and its `id` the id.',
    examples: [
      {
        id: '1761991200000-0',
        at: '2026-11-01T10:00:00.000Z',
        type: 'state',
        dataset: 'daaaaaaaaaaaaaaaaaaaa',
        ingestion: 'inbox',
        state: 'visible',
        stage: 'register',
      },
    ],
  });

export const eventQuerySchema = z.strictObject({
  ingestion: z.string().min(1).max(64).optional().describe('Only events of this ingestion or watch.'),
});

export const eventHeadersSchema = z.object({
  'last-event-id': eventIdSchema.optional().describe('Go on after this event.'),
});
