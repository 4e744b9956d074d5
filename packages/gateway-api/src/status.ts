import { z } from 'zod';
import { stateCountsSchema } from './common.ts';

const count = z.int().nonnegative();

/** One queue. */
export const queueCountsSchema = z
  .object({
    waiting: count,
    prioritized: count,
    delayed: count,
    due: count.describe('Of the delayed ones, those whose time has come.'),
    active: count,
    failed: count,
    paused: z.boolean(),
    heldForMs: z
      .number()
      .nonnegative()
      .describe('Milliseconds until the hold on the queue ends; 0 where it is not held.'),
  })
  .meta({ id: 'QueueCounts' });

export const statusSchema = z
  .object({
    version: z.string().describe('Of the gateway.'),
    datasets: stateCountsSchema,
    queues: z.record(z.string(), queueCountsSchema).describe('By stage.'),
  })
  .meta({ id: 'Status' });
