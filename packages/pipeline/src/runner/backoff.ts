export interface Backoff {
  /** Milliseconds: upper end of the first wait, and of the longest. */
  baseMs: number;
  maxMs: number;
}

/** A server may ask for a longer wait than ours, but not for one that looks like for ever. */
const LONGEST_ASKED_MS = 3_600_000;

/** Exponential with full jitter; `attempt` is the one that failed, 1 for the first. */
export function retryDelayMs(
  attempt: number,
  { baseMs, maxMs }: Backoff,
  retryAfterMs: number | undefined,
  random: () => number = Math.random,
): number {
  const ceiling = Math.min(maxMs, baseMs * 2 ** Math.min(attempt - 1, 30));
  const own = Math.floor(random() * ceiling);
  return Math.max(own, Math.min(retryAfterMs ?? 0, LONGEST_ASKED_MS));
}
