import type { DatasetMetadata } from '@geosluice/jobs';

const DATE = /^(\d{4})(?:-(\d{2})(?:-(\d{2})(T.+)?)?)?$/;

/** The first or last second, in UTC, of what a partial date names; null where it is no date of this calendar. */
export function instantOf(text: string | null, edge: 'start' | 'end'): string | null {
  const match = DATE.exec(text ?? '');
  if (match === null || text === null) return null;
  const [, year = '', month, day, time] = match;
  if (time !== undefined) return isoOf(new Date(text));
  const last = edge === 'end';
  const m = Number(month ?? (last ? 12 : 1));
  const d = Number(day ?? (last ? new Date(Date.UTC(Number(year), m, 0)).getUTCDate() : 1));
  const [hours, rest] = last ? [23, 59] : [0, 0];
  const moment = new Date(Date.UTC(2000, 0, 1, hours, rest, rest));
  // in a step of its own: Date.UTC takes years below 100 for those of the last century
  moment.setUTCFullYear(Number(year), m - 1, d);
  return moment.getUTCMonth() === m - 1 && moment.getUTCDate() === d ? isoOf(moment) : null;
}

function isoOf(moment: Date): string | null {
  return Number.isNaN(moment.getTime()) ? null : moment.toISOString().replace('.000Z', 'Z');
}

/** The best date of a description and GeoNode's type of it; null where it tells none that can be read. */
export function bestDate(metadata: DatasetMetadata): { date: string; date_type: string } | null {
  const kinds = [
    [metadata.issued, 'publication'],
    [metadata.created, 'creation'],
    [metadata.modified, 'revision'],
    [metadata.date, 'publication'],
  ] as const;
  for (const [text, date_type] of kinds) {
    const date = instantOf(text, 'start');
    if (date !== null) return { date, date_type };
  }
  return null;
}
