import type { Pipeline } from './api.ts';
import type { Internals } from './internals.ts';

const BATCH = 500;
/** Files of one rule a call asks for; the others come with the next. */
const MOST = 5_000;
/** A look that came to nothing, e.g. since its worker died, is asked for again after this. */
const LEASE_MS = 60 * 60_000;

/** Files that no listing named for a while, or that were gone, become inspect jobs after everything else. */
export function createFileLooks({ ledger, restart }: Internals): Pipeline['lookAfterFiles'] {
  return async ({ signal } = {}) => {
    let count = 0;
    for (const { rule } of await ledger.rules()) {
      for (let taken = 0; taken < MOST; ) {
        if (signal?.aborted) return count;
        const due = await ledger.takeDue(rule, LEASE_MS, BATCH);
        for (const dataset of due) await restart.look(dataset);
        count += due.length;
        taken += BATCH;
        if (due.length === 0) break;
      }
    }
    return count;
  };
}
