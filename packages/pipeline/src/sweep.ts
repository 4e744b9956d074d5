import { type DatasetState, SETTLED, STATES } from '@geosluice/jobs';
import type { Pipeline } from './api.ts';
import { asPipelineError } from './error.ts';
import type { Internals } from './internals.ts';
import type { Keys } from './keys.ts';
import type { EntryView } from './ledger/view.ts';
import type { Client } from './redis.ts';
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
        for (const { dataset, state } of await lyingSince(redis, keys, before)) {
          if (signal?.aborted) break;
          const view = await ledger.view(dataset);
          if (view === null) {
            await redis.zrem(keys.state(state), dataset);
            continue;
          }
          // it came to its end while others were looked at, as removed ones do by the hundred
          if (SETTLED.has(view.state)) continue;
          if (!(await alive(view)) && (await restarted(dataset, view))) {
            log.warn({ dataset, state: view.state, job: view.job?.id }, 'Sweep:Dataset:Restarted');
            count += 1;
          }
          await redis.zadd(keys.state(state), 'XX', now().getTime(), dataset);
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

/** What is not settled and made no step since then, longest first. */
async function lyingSince(
  redis: Client,
  keys: Keys,
  before: number,
): Promise<Array<{ dataset: string; state: DatasetState }>> {
  const states = STATES.filter((state) => !SETTLED.has(state));
  const pipeline = redis.pipeline();
  for (const state of states) {
    pipeline.zrangebyscore(keys.state(state), 0, before, 'WITHSCORES', 'LIMIT', 0, MAX_LOOKED_AT);
  }
  const answers = (await pipeline.exec()) ?? [];
  const lying = states.flatMap((state, at) => {
    const [error, flat] = answers[at] ?? [];
    if (error) throw error;
    return Array.from({ length: (flat as string[]).length / 2 }, (_, member) => {
      const [dataset = '', score] = (flat as string[]).slice(2 * member, 2 * member + 2);
      return { dataset, state, at: Number(score) };
    });
  });
  return lying.sort((one, other) => one.at - other.at).slice(0, MAX_LOOKED_AT);
}
