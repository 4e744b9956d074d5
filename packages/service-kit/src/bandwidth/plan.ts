import { parseRate } from './rate.ts';

/** A cap for a part of every day. */
export interface BandwidthPeriod {
  /** Minutes since midnight; `to` is no longer meant, and 1440 at most. */
  from: number;
  to: number;
  bytesPerSecond: number;
}

/** Caps by time of day, the earliest first; where no period is, there is none. */
export type BandwidthPlan = readonly BandwidthPeriod[];

/** A plan that cannot be read; the message is what may follow the name of a setting. */
export class BandwidthPlanError extends Error {
  readonly code = 'BANDWIDTH_INVALID';
  constructor(piece: string, right: string) {
    super(`cannot be read at "${piece}": ${right}`);
    this.name = 'BandwidthPlanError';
  }
}

const DAY = 24 * 60;
const TIME = /^(\d{1,2}):(\d{2})$/;

/**
 * Reads `50MiB/s`, or `06:00-22:00=20MiB/s, 22:00-06:00=200MiB/s`: periods parted by commas or lines, in local time, also over
 * midnight.
 * @throws BandwidthPlanError with the piece and what would be right
 */
export function parseBandwidth(text: string): BandwidthPlan {
  const pieces = text
    .split(/[,\r\n]/)
    .map((piece) => piece.trim())
    .filter((piece) => piece !== '');
  if (pieces.length === 0) {
    throw new BandwidthPlanError(text, 'it must be a rate such as 50MiB/s, or 06:00-22:00=20MiB/s and others like it');
  }
  const periods: Array<BandwidthPeriod & { piece: string }> = [];
  for (const piece of pieces) {
    for (const period of periodsOf(piece, pieces.length === 1)) {
      const other = periods.find(({ from, to }) => from < period.to && period.from < to);
      if (other !== undefined) {
        throw new BandwidthPlanError(piece, `it overlaps "${other.piece}", and a minute must have one rate`);
      }
      periods.push({ ...period, piece });
    }
  }
  return periods.map(({ from, to, bytesPerSecond }) => ({ from, to, bytesPerSecond })).sort((a, b) => a.from - b.from);
}

/** One period, or two where it goes over midnight. */
function periodsOf(piece: string, alone: boolean): BandwidthPeriod[] {
  const sign = piece.indexOf('=');
  const bytesPerSecond = rateOf(piece.slice(sign + 1), piece);
  if (sign < 0) {
    if (alone) return [{ from: 0, to: DAY, bytesPerSecond }];
    throw new BandwidthPlanError(piece, 'beside others it must say when it holds, e.g. 06:00-22:00=20MiB/s');
  }
  const [begin, end, ...more] = piece.slice(0, sign).split('-');
  if (begin === undefined || end === undefined || more.length > 0) {
    throw new BandwidthPlanError(piece, 'before the = must be two times of day, e.g. 06:00-22:00');
  }
  const from = minuteOf(begin, piece);
  const to = minuteOf(end, piece);
  if (from === DAY || from === to) {
    throw new BandwidthPlanError(piece, 'it must begin before it ends; a whole day is 00:00-24:00');
  }
  if (from < to) return [{ from, to, bytesPerSecond }];
  const evening = { from, to: DAY, bytesPerSecond };
  return to === 0 ? [evening] : [evening, { from: 0, to, bytesPerSecond }];
}

function rateOf(text: string, piece: string): number {
  const rate = parseRate(text.trim());
  if ('problem' in rate) throw new BandwidthPlanError(piece, rate.problem);
  return rate.bytesPerSecond;
}

function minuteOf(text: string, piece: string): number {
  const [, hours = '99', minutes = '99'] = TIME.exec(text.trim()) ?? [];
  const minute = Number(hours) * 60 + Number(minutes);
  if (Number(minutes) > 59 || minute > DAY) {
    throw new BandwidthPlanError(piece, `${text.trim()} must be a time of day from 00:00 to 24:00`);
  }
  return minute;
}
