/** A date as exact as its text is, in ISO 8601, and what to warn of. */
export interface ParsedDate {
  value: string;
  warnings: string[];
}

const ISO =
  /^(-?\d{4})(?:-(\d{2})(?:-(\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?)\s?(Z|[+-]\d{2}(?::?\d{2})?)?)?)?)?(Z|[+-]\d{2}:\d{2})?$/i;
const COMPACT = /^(\d{4})(\d{2})(\d{2})?(?:T?(\d{2})(\d{2})(\d{2})?(Z)?)?$/;
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const LOCAL = 'local-date-format';

/**
 * Reads ISO 8601 (partial too), `YYYYMMDD`, `dd.mm.yyyy`, `yyyy/mm/dd`, slashed dates with only one meaning, and
 * English months. Null with a warning for what has no or two meanings.
 */
export function parseDate(written: string, now: Date): ParsedDate | { value: null; warnings: string[] } {
  const text = written.trim().slice(0, 100);
  const found = fromIso(text) ?? fromCompact(text) ?? fromLocal(text);
  if (found === 'ambiguous') return { value: null, warnings: [`ambiguous-date:${text.slice(0, 60)}`] };
  if (found === undefined) return { value: null, warnings: [`unparsed-date:${text.slice(0, 60)}`] };
  const warnings = found.local ? [LOCAL] : [];
  // a day of grace for time zones
  if (found.value.slice(0, 10) > new Date(now.getTime() + 86_400_000).toISOString().slice(0, 10))
    warnings.push(`future-date:${text.slice(0, 60)}`);
  return { value: found.value, warnings };
}

type Found = { value: string; local?: boolean } | undefined;

function fromIso(text: string): Found {
  const match = ISO.exec(text);
  if (!match) return undefined;
  const [, year = '', month, day, time, zone] = match;
  const date = joined(year, month, day);
  if (date === undefined || time === undefined) return date === undefined ? undefined : { value: date };
  if (!/^([01]\d|2[0-4]):[0-5]\d(:[0-6]\d.*)?$/.test(time)) return undefined;
  return { value: `${date}T${time.replace(',', '.')}${zone?.toUpperCase() ?? ''}` };
}

function fromCompact(text: string): Found {
  const match = COMPACT.exec(text);
  if (!match) return undefined;
  const [, year = '', month, day, hour, minute, second, zone] = match;
  const date = joined(year, month, day);
  if (date === undefined || hour === undefined || day === undefined)
    return date === undefined ? undefined : { value: date };
  return fromIso(`${date}T${hour}:${minute}:${second ?? '00'}${zone ?? ''}`);
}

function fromLocal(text: string): Found | 'ambiguous' {
  const dotted = /^(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})$/.exec(text);
  if (dotted) return local(dotted[3], dotted[2], dotted[1]);
  const yearFirst = /^(\d{4})[/.](\d{1,2})(?:[/.](\d{1,2}))?$/.exec(text);
  if (yearFirst) return local(yearFirst[1], yearFirst[2], yearFirst[3]);
  const slashed = /^(\d{1,2})[/-](\d{1,2})[/-](\d{4})$/.exec(text);
  if (slashed) {
    const [, a = '', b = '', year] = slashed;
    const readings = new Set([local(year, b, a)?.value, local(year, a, b)?.value].filter((each) => each !== undefined));
    if (readings.size > 1) return 'ambiguous';
    const [only] = readings;
    return only === undefined ? undefined : { value: only, local: true };
  }
  return fromMonthName(text);
}

function fromMonthName(text: string): Found {
  const match =
    /^(?:(?<day>\d{1,2})(?:st|nd|rd|th)?\.?\s+)?(?<month>[a-z]{3,9})\.?(?:\s+(?<late>\d{1,2})(?:st|nd|rd|th)?)?,?\s+(?<year>\d{4})$/i.exec(
      text,
    );
  const { day, month = '', late, year } = match?.groups ?? {};
  const index = MONTHS.indexOf(month.slice(0, 3).toLowerCase());
  return match && index >= 0 ? local(year, String(index + 1), day ?? late) : undefined;
}

function local(year = '', month?: string, day?: string): Exclude<Found, undefined> | undefined {
  const value = joined(year, month?.padStart(2, '0'), day?.padStart(2, '0'));
  return value === undefined ? undefined : { value, local: true };
}

/** undefined for months and days that do not exist. */
function joined(year: string, month?: string, day?: string): string | undefined {
  if (month === undefined) return year;
  if (Number(month) < 1 || Number(month) > 12) return undefined;
  if (day === undefined) return `${year}-${month}`;
  if (Number(day) < 1 || Number(day) > daysIn(Number(year), Number(month))) return undefined;
  return `${year}-${month}-${day}`;
}

function daysIn(year: number, month: number): number {
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  return month === 2 ? (leap ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31;
}

/** The first day a partial date stands for; a date-time stays. */
export function widenStart(date: string): string {
  const [, year, month] = /^(-?\d{4})(?:-(\d{2}))?$/.exec(date) ?? [];
  return year === undefined ? date : `${year}-${month ?? '01'}-01`;
}

/** The last day a partial date stands for; a date-time stays. */
export function widenEnd(date: string): string {
  const [, year, month] = /^(-?\d{4})(?:-(\d{2}))?$/.exec(date) ?? [];
  if (year === undefined) return date;
  return `${year}-${month ?? '12'}-${daysIn(Number(year), Number(month ?? '12'))}`;
}
