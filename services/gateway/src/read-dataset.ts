import { datasetIdSchema, type LedgerEntry } from '@geosluice/jobs';
import { z } from 'zod';
import type { Context } from './context.ts';
import { GatewayProblem } from './problem.ts';

/** An id of another form is an unknown dataset too: checked here, so that the answer is 404. */
export const datasetParamsSchema = z.object({ id: z.string().describe('Of the dataset: `d` and 20 of a-z2-7.') });

/** @throws GatewayProblem DATASET_UNKNOWN */
export async function readDataset(id: string, { pipeline, patience }: Context): Promise<LedgerEntry> {
  const entry = datasetIdSchema.safeParse(id).success ? await patience.quick(() => pipeline.ledger.get(id)) : null;
  if (entry !== null) return entry;
  throw new GatewayProblem('DATASET_UNKNOWN', `no dataset has the id ${id.slice(0, 64)}`);
}
