import { type DatasetState, ingestOptionsSchema, STAGES, STATES } from '@geosluice/jobs';
import { z } from 'zod';

export const stateSchema = z.enum(STATES).meta({ id: 'DatasetState', description: 'See docs/api.md, "States".' });
export const stageSchema = z.enum(STAGES).meta({ id: 'Stage' });

/** ISO 8601 in UTC, as the ledger writes it. */
export const instantSchema = z.string().describe('ISO 8601, UTC.');

export const cursorSchema = z.string().min(1).max(2_000).describe('`cursor` of the page before; opaque.');
export const nextCursorSchema = z.string().nullable().describe('Ask for the next page with it; null on the last one.');

/** A page size as it comes in a query. */
export function limitSchema(standard: number, max: number) {
  return z.coerce.number().int().min(1).max(max).optional().describe(`Entries of a page; ${standard} where absent.`);
}

const count = z.int().nonnegative();

/** How many datasets are in each state. */
export const stateCountsSchema: z.ZodType<Record<DatasetState, number>> = z
  .object(Object.fromEntries(STATES.map((state) => [state, count])) as Record<DatasetState, typeof count>)
  .meta({ id: 'StateCounts', description: 'Datasets by state.' });

/** As stored: an option of another version of geosluice is left out, not refused. */
export const storedOptionsSchema = z.object(ingestOptionsSchema.shape).meta({ id: 'StoredOptions' });

/** As asked for: an option that is not known is refused. */
export const askedOptionsSchema = ingestOptionsSchema.meta({ id: 'IngestOptions' });

const MAX_SOURCE = 4_096;

/** A source uri as a request names it. */
export const sourceUriSchema = z
  .string()
  .min(1)
  .max(MAX_SOURCE)
  .describe('`s3://bucket/key` or `s3://bucket/prefix/`, `https://host/path`, `file:///path` as the workers see it.');
