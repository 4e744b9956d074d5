import { type DatasetMetadata, MAX_METADATA_BYTES } from '@geosluice/jobs';
import { cut } from './values/text.ts';

/** Fields in the order in which they are shortened: what people miss least goes first, the title last. */
export const SHORTENED_FIRST = [
  'relations',
  'sources',
  'formats',
  'types',
  'alternative',
  'titles',
  'contributors',
  'identifiers',
  'rights',
  'publishers',
  'places',
  'creators',
  'keywords',
  'abstract',
  'title',
] as const;
type Field = (typeof SHORTENED_FIRST)[number];

interface Bounds {
  /** Most values of a list. */
  items: number;
  /** Most characters of one value. */
  line: number;
  keywords: number;
  keyword: number;
  abstract: number;
  title: number;
}

/** What the schema allows, then less and less; the last round fits whatever a document holds. */
const ROUNDS: readonly Bounds[] = [
  { items: 200, line: 2000, keywords: 500, keyword: 255, abstract: 10_000, title: 1000 },
  { items: 50, line: 1000, keywords: 200, keyword: 255, abstract: 6000, title: 1000 },
  { items: 20, line: 500, keywords: 100, keyword: 100, abstract: 4000, title: 500 },
  { items: 10, line: 255, keywords: 50, keyword: 100, abstract: 2000, title: 255 },
  { items: 5, line: 100, keywords: 25, keyword: 60, abstract: 1000, title: 255 },
  { items: 2, line: 80, keywords: 10, keyword: 40, abstract: 500, title: 255 },
];

const MAX_WARNINGS = 100;
/** Warnings kept where nothing else fits, and their characters; what was shortened is told beside them. */
const FEW_WARNINGS = 5;
const SHORT_WARNING = 100;

/**
 * Brings a document into the schema's bounds and under `maxBytes` of JSON. Every field that lost something is told by a
 * warning `shortened:<field>`. Round by round the bounds get tighter, and within a round fields are shortened in the
 * order of SHORTENED_FIRST, only until it fits.
 */
export function fitMetadata(metadata: DatasetMetadata, maxBytes: number = MAX_METADATA_BYTES): DatasetMetadata {
  const shortened = new Set<Field>();
  let fitted = {
    ...metadata,
    language: metadata.language && cut(metadata.language, 40),
    license: metadata.license && cut(metadata.license, 2000),
  };
  const finish = (most = MAX_WARNINGS, length = 300): DatasetMetadata => {
    const told = [...shortened].map((field) => `shortened:${field}`);
    const others = metadata.warnings.filter((warning) => !told.includes(warning)).slice(0, most - told.length);
    return { ...fitted, warnings: [...others.map((warning) => cut(warning, length)), ...told] };
  };
  for (const [round, bounds] of ROUNDS.entries()) {
    for (const field of SHORTENED_FIRST) {
      // the first round is what the schema demands, whatever the size
      if (round > 0 && sizeOf(finish()) <= maxBytes) return finish();
      const value = shorten(field, fitted[field], bounds);
      if (value === fitted[field]) continue;
      shortened.add(field);
      fitted = { ...fitted, [field]: value };
    }
  }
  if (sizeOf(finish()) <= maxBytes) return finish();
  fitted = { ...fitted, license: fitted.license && cut(fitted.license, 255) };
  return finish(FEW_WARNINGS + shortened.size, SHORT_WARNING);
}

function sizeOf(metadata: DatasetMetadata): number {
  return Buffer.byteLength(JSON.stringify(metadata));
}

/** The same value where nothing had to go. */
function shorten(field: Field, value: DatasetMetadata[Field], bounds: Bounds): DatasetMetadata[Field] {
  if (value === null) return value;
  if (typeof value === 'string') return cut(value, field === 'title' ? bounds.title : bounds.abstract);
  if (Array.isArray(value))
    return field === 'keywords'
      ? shortList(value, bounds.keywords, bounds.keyword)
      : shortList(value, bounds.items, bounds.line);
  const entries = Object.entries(value);
  const kept = shortList(
    entries.map(([, title]) => title),
    bounds.items,
    bounds.title,
  );
  if (kept.length === entries.length && kept.every((title, index) => title === entries[index]?.[1])) return value;
  return Object.fromEntries(kept.map((title, index) => [entries[index]?.[0] ?? '', title]));
}

function shortList(values: string[], items: number, length: number): string[] {
  if (values.length <= items && values.every((value) => value.length <= length)) return values;
  return [...new Set(values.slice(0, items).map((value) => cut(value, length)))];
}
