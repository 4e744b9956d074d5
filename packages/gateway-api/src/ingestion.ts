import { z } from 'zod';
import {
  askedOptionsSchema,
  cursorSchema,
  instantSchema,
  limitSchema,
  nextCursorSchema,
  sourceUriSchema,
  stateCountsSchema,
  storedOptionsSchema,
} from './common.ts';

export const MAX_SOURCES = 1_000;

const noCounts = {
  ...{ found: 0, waiting: 0, inspecting: 0, uploading: 0, publishing: 0 },
  ...{ registering: 0, visible: 0, dead: 0, removing: 0, removed: 0 },
};

/** One request of a person or a watch, and how far it is. */
export const ingestionSchema = z
  .object({
    id: z.string(),
    watch: z.string().describe('The watch it belongs to; it has the same id.').exactOptional(),
    sources: z.array(z.string()).describe('Values in query strings are masked.'),
    options: storedOptionsSchema,
    createdAt: instantSchema,
    counts: stateCountsSchema,
    running: z.boolean().describe('Lists or datasets of it are not settled yet.'),
    problems: z
      .array(z.object({ at: instantSchema, source: z.string(), code: z.string(), message: z.string() }))
      .describe('Rejections of whole sources, newest last; at most 20.'),
  })
  .meta({
    id: 'Ingestion',
    examples: [
      {
        id: 'imb1zk0c0abcdefgh',
        sources: ['s3://inbox/2026/'],
        options: { workspace: 'geosluice' },
        createdAt: '2026-11-01T10:00:00.000Z',
        counts: { ...noCounts, uploading: 2, visible: 40 },
        running: true,
        problems: [],
      },
    ],
  });

export const ingestionPageSchema = z
  .object({ ingestions: z.array(ingestionSchema), cursor: nextCursorSchema })
  .meta({ id: 'IngestionPage' });

export const startIngestionSchema = z
  .strictObject({
    source: sourceUriSchema.optional().describe('One source; this or `sources`.'),
    sources: z.array(sourceUriSchema).min(1).max(MAX_SOURCES).optional().describe('Several; this or `source`.'),
    options: askedOptionsSchema.default({}),
  })
  .superRefine(({ source, sources, options }, context) => {
    if ((source === undefined) === (sources === undefined)) {
      context.addIssue({ code: 'custom', path: ['source'], message: 'give either source or sources' });
    }
    const all = sources ?? [source ?? ''];
    if (options.name !== undefined && (all.length > 1 || all[0]?.endsWith('/') === true)) {
      const message = 'a name is for one file only: give one source that does not end in "/", or leave the name out';
      context.addIssue({ code: 'custom', path: ['options', 'name'], message });
    }
  })
  .meta({
    id: 'StartIngestion',
    examples: [{ source: 's3://inbox/2026/', options: { workspace: 'geosluice' } }],
  });

export const idempotencyHeadersSchema = z.object({
  'idempotency-key': z
    .string()
    .min(1)
    .max(255)
    .optional()
    .describe('Sent again within 24 hours it gives the same ingestion, and starts none.'),
});

export const ingestionQuerySchema = z.strictObject({ cursor: cursorSchema.optional(), limit: limitSchema(20, 100) });
