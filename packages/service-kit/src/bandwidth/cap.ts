import { type BandwidthPlan, parseBandwidth } from './plan.ts';

/** Bytes a second at a minute of the day (0 to 1439), null for no cap. */
export function capAt(plan: BandwidthPlan, minute: number): number | null {
  return plan.find(({ from, to }) => from <= minute && minute < to)?.bytesPerSecond ?? null;
}

/**
 * The clock on a wall there, as minutes since midnight: at the end of summer an hour comes twice, at its beginning one is left out.
 * @param timeZone of the IANA's names; the process's (TZ) where absent
 */
export function createWallClock(timeZone?: string): (now: Date) => number {
  const format = new Intl.DateTimeFormat('en-GB', {
    ...{ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
    ...(timeZone === undefined ? {} : { timeZone }),
  });
  return (now) => {
    const parts = new Map(format.formatToParts(now).map(({ type, value }) => [type, Number(value)]));
    return (parts.get('hour') ?? 0) * 60 + (parts.get('minute') ?? 0);
  };
}

const MINUTE_MS = 60_000;

/**
 * What an object store asks for each piece it sends. A minute is looked up once: offsets of zones change with whole ones.
 * @param text as parseBandwidth reads it
 * @throws BandwidthPlanError
 */
export function createBandwidth(text: string, timeZone?: string): { bytesPerSecond(now: Date): number | null } {
  const plan = parseBandwidth(text);
  const minuteOf = createWallClock(timeZone);
  let known: { minute: number; cap: number | null } | null = null;
  return {
    bytesPerSecond(now) {
      const minute = Math.floor(now.getTime() / MINUTE_MS);
      if (known?.minute !== minute) known = { minute, cap: capAt(plan, minuteOf(now)) };
      return known.cap;
    },
  };
}
