export interface Backoff {
  /** Milliseconds: upper end of the first wait, and of the longest. */
  baseMs: number;
  maxMs: number;
}

/** A server may ask for a longer wait than ours, but not for one that looks like for ever. */
const LONGEST_ASKED_MS = 3_600_000;

/** A list job that met a full house is offered again after this at least, and after so much for each that rests already. */
const FULL_HOUSE_MS = 5_000;
const EACH_RESTING_MS = 50;
const LONGEST_REST_MS = 300_000;

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

/**
 * How long a list job rests while the house is full. However many folders a source has, all that rest are looked at twenty
 * times a second together, and the earlier the fewer they are.
 */
export function fullHouseMs(resting: number): number {
  return Math.min(Math.max(FULL_HOUSE_MS, resting * EACH_RESTING_MS), LONGEST_REST_MS);
}
