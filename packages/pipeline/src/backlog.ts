import type { QueueCounts } from './api.ts';

/**
 * Jobs that call for workers, for whatever scales them. What sleeps for a time of its own is none, nor what waits in a
 * queue that is paused or held: more workers would only wait with it. What is active always counts, or its workers would
 * be taken away over it.
 */
export function decideBacklog(counts: QueueCounts): number {
  if (counts.paused || counts.heldForMs > 0) return counts.active;
  return counts.active + counts.waiting + counts.prioritized + counts.due;
}
