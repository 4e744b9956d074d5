import type { Pipeline } from './api.ts';
import { asPipelineError } from './error.ts';
import type { Internals } from './internals.ts';
import type { EntryView } from './ledger/view.ts';
import { removeJobOf } from './restart.ts';

const OLDER_THAN_MS = 10 * 60_000;
/** Entries one call looks at; the oldest first, and those looked at go to the end. */
const MAX_LOOKED_AT = 500;
const LOCK_MS = 60_000;

/**
 * Finds what is not settled and has no job that moves it on: after a crash between ledger and queue, after a Redis that
 * lost its last second, after a bug. One process at a time does it, whoever asks.
 */
export function createSweep(internals: Internals, healWatches: () => Promise<void>): Pipeline['sweep'] {
  const { redis, keys, ledger, queues, restart, admit, now, log } = internals;

  const alive = async ({ job }: EntryView): Promise<boolean> => {
    if (job === null) return false;
    const standing = await queues.standing(job.stage, job.id);
    return standing !== null && standing !== 'failed';
  };
  const restarted = async (dataset: string, view: EntryView): Promise<boolean> => {
    const again = await ledger.view(dataset);
    // it moved while we looked
    if (again === null || again.updatedAt !== view.updatedAt || again.state !== view.state) return false;
    if (view.state !== 'removing') return (await restart.inspect(dataset, { reason: 'sweep' })) !== null;
    const entry = await ledger.get(dataset);
    const job = entry === null ? null : removeJobOf(entry, view.removal ?? 'unpublish');
    if (job === null) await ledger.apply(dataset, view.generation, { state: 'removed' }, { note: 'never-published' });
    else await admit([job]);
    return true;
  };

  return async ({ olderThanMs = OLDER_THAN_MS, signal } = {}) => {
    try {
      const token = `${process.pid}`;
      if ((await redis.set(keys.sweepLock, token, 'PX', LOCK_MS, 'NX')) !== 'OK') return 0;
      let count = 0;
      try {
        await healWatches();
        const before = now().getTime() - olderThanMs;
        const old = await redis.zrangebyscore(keys.unsettled, 0, before, 'LIMIT', 0, MAX_LOOKED_AT);
        for (const dataset of old) {
          if (signal?.aborted) break;
          const view = await ledger.view(dataset);
          if (view === null) {
            await redis.zrem(keys.unsettled, dataset);
            continue;
          }
          if (!(await alive(view)) && (await restarted(dataset, view))) {
            log.warn({ dataset, state: view.state, job: view.job?.id }, 'Sweep:Dataset:Restarted');
            count += 1;
          }
          await redis.zadd(keys.unsettled, 'XX', now().getTime(), dataset);
        }
      } finally {
        await redis.del(keys.sweepLock);
      }
      return count;
    } catch (error) {
      throw asPipelineError(error);
    }
  };
}
