import type { StageName } from '@geosluice/jobs';
import { type Job as BullJob, DelayedError, WaitingError } from 'bullmq';
import type { Internals } from '../internals.ts';

/** Puts a job to sleep. No attempt is burnt. */
export async function delayed(bull: BullJob, token: string, ms: number): Promise<never> {
  await bull.moveToDelayed(Date.now() + Math.max(0, Math.ceil(ms)), token);
  throw new DelayedError();
}

/** The same, for a job that others may wake: one who did so while it still ran is heard. */
export async function asleep(
  { internals, stage }: { internals: Internals; stage: StageName },
  bull: BullJob,
  token: string,
  ms: number,
): Promise<never> {
  await bull.moveToDelayed(Date.now() + Math.max(0, Math.ceil(ms)), token);
  await internals.queues.wakeIfAsked(stage, bull.id ?? '');
  throw new DelayedError();
}

/** Gives a job back to its queue, for whoever is next. */
export async function putBack(
  { internals, stage }: { internals: Internals; stage: StageName },
  bull: BullJob,
  token: string,
): Promise<never> {
  await bull.moveToWait(token);
  // BullMQ wakes no idle worker for a job with a priority that is put back: it would lie until the next poll
  await internals.redis.zadd(internals.keys.marker(stage), 0, '0');
  throw new WaitingError();
}
