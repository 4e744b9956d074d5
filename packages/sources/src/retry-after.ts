const LONGEST_MS = 3_600_000;

/** Milliseconds a Retry-After header asks for: seconds or an HTTP date; at most an hour. */
export function retryAfterOf(header: string | undefined, now: Date = new Date()): number | undefined {
  if (header === undefined) return undefined;
  const ms = /^\d+$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - now.getTime();
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), LONGEST_MS);
}
