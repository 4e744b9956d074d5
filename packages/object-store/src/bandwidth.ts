import { setTimeout as wait } from 'node:timers/promises';

export interface Bandwidth {
  /** Bytes a second that all uploads of a store may use together; null for no bound. It may differ by time of day. */
  bytesPerSecond(now: Date): number | null;
}

/** What may go out at once after a pause, in seconds of the rate. */
const BURST_S = 0.25;

/** A token bucket: takes the place of bytes that go out, and says how long they have to wait. */
export function createPace(
  bandwidth: Bandwidth,
  clock: { now(): Date; wait(ms: number): Promise<unknown> } = { now: () => new Date(), wait },
): (bytes: number) => Promise<void> | null {
  let tokens = 0;
  let at = clock.now().getTime();
  return (bytes) => {
    const now = clock.now();
    const rate = bandwidth.bytesPerSecond(now);
    if (rate === null) {
      tokens = 0;
      at = now.getTime();
      return null;
    }
    tokens = Math.min(rate * BURST_S, tokens + (Math.max(0, now.getTime() - at) / 1000) * rate) - bytes;
    at = now.getTime();
    return tokens >= 0 ? null : clock.wait((-tokens / rate) * 1000).then(() => {});
  };
}
