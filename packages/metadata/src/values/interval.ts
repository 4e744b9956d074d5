import { parseDate, widenEnd, widenStart } from './dates.ts';

export interface RawPeriod {
  start: string | null;
  end: string | null;
}

/** `a/b` of ISO 8601 with open ends (`..` or nothing), or a span of years such as `2010-2015`; null for what is neither. */
export function splitInterval(text: string): RawPeriod | null {
  const years = /^\s*(\d{4})\s*[-–—]\s*(\d{4})\s*$/.exec(text);
  if (years) return { start: years[1] ?? null, end: years[2] ?? null };
  const parts = text.split('/').map((part) => part.trim());
  if (parts.length !== 2 || parts.some((part) => part.length > 40)) return null;
  const [start, end] = parts.map((part) => (part === '' || part === '..' ? null : part));
  // slashed local dates have a year in one part only, or days in the other
  if ([start, end].some((part) => part != null && !/^-?\d{4}/.test(part)) || (!start && !end)) return null;
  return { start: start ?? null, end: end ?? null };
}

const OPEN = /^(\.\.|present|now|ongoing|unknown|unlimited|continuing)?$/i;

/** Start and end as days (or date-times), partial dates widened, each null where open. */
export function parsePeriod(
  raw: RawPeriod,
  now: Date,
): { value: [string | null, string | null] | null; warnings: string[] } {
  const warnings: string[] = [];
  const [start, end] = [raw.start, raw.end].map((text) => {
    if (text === null || OPEN.test(text.trim())) return null;
    const parsed = parseDate(text, now);
    // a period may well end in the future
    warnings.push(...parsed.warnings.filter((warning) => !warning.startsWith('future-date')));
    return parsed.value;
  });
  const from = start == null ? null : widenStart(start);
  const to = end == null ? null : widenEnd(end);
  if (from === null && to === null) return { value: null, warnings };
  if (from !== null && to !== null && from > to && !from.startsWith('-') && !to.startsWith('-'))
    return { value: [widenStart(end ?? to), widenEnd(start ?? from)], warnings: [...warnings, 'temporal-reversed'] };
  return { value: [from, to], warnings };
}
