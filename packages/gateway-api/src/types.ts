import type { z } from 'zod';
import type { datasetHistorySchema, datasetPageSchema, datasetSchema } from './dataset.ts';
import type { deadLetterPageSchema, deadLetterSchema } from './dead-letter.ts';
import type { eventSchema } from './event.ts';
import type { ingestionPageSchema, ingestionSchema } from './ingestion.ts';
import type { statusSchema } from './status.ts';
import type { watchSchema } from './watch.ts';

// What the gateway answers; each is the pipeline’s type of the same name as JSON carries it.
export type Ingestion = z.infer<typeof ingestionSchema>;
export type IngestionPage = z.infer<typeof ingestionPageSchema>;
export type Dataset = z.infer<typeof datasetSchema>;
export type DatasetHistory = z.infer<typeof datasetHistorySchema>;
export type DatasetPage = z.infer<typeof datasetPageSchema>;
export type DeadLetter = z.infer<typeof deadLetterSchema>;
export type DeadLetterPage = z.infer<typeof deadLetterPageSchema>;
export type Watch = z.infer<typeof watchSchema>;
export type Status = z.infer<typeof statusSchema>;
export type LedgerEvent = z.infer<typeof eventSchema>;
