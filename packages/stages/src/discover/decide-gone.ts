import type { Missed } from '@geosluice/jobs';
import type { Deletions } from '@geosluice/rules';

/**
 * What becomes of a layer whose file is gone. `held`: too many of its rule are gone at once, as after a lost permission or a
 * prefix that was moved, so that a person is asked; one file alone is never too many, unless the cap is 0.
 */
export function decideGone(
  { policy, graceHours, capPercent }: Deletions,
  { forMs, gone, of }: Missed,
): 'wait' | 'held' | 'unpublish' | 'delete' {
  if (policy === 'keep' || forMs < graceHours * 3_600_000) return 'wait';
  const allowed = capPercent === 0 ? 0 : Math.max(1, Math.floor((of * capPercent) / 100));
  return gone > allowed ? 'held' : policy;
}
