import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Document, isMap, isScalar, type Pair, parseDocument, type Scalar, type YAMLMap } from 'yaml';

/** Between these lines of a chart's README its values are listed. */
const BEGIN = '<!-- values: begin (npm run generate) -->';
const END = '<!-- values: end -->';
/** A longer default is looked up in the file. */
const LONGEST_DEFAULT = 70;

export interface Value {
  /** `image.tag` */
  name: string;
  /** What its comment says; empty where it has none. */
  what: string;
  byDefault: unknown;
}

export interface Section {
  /** A top-level key; empty for the values that lie at the top themselves. */
  name: string;
  /** The comment of the key itself. */
  about: string;
  values: Value[];
}

/** The READMEs of all charts with their values, by path. */
export function chartReadmes(root: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const chart of ['geosluice', 'geonode']) {
    const path = `charts/${chart}/README.md`;
    if (!existsSync(join(root, path))) continue;
    const readme = readFileSync(join(root, path), 'utf8');
    found[path] = withValues(readme, readFileSync(join(root, 'charts', chart, 'values.yaml'), 'utf8'));
  }
  return found;
}

/** The README with the table of its values as values.yaml has them. */
export function withValues(readme: string, valuesYaml: string): string {
  const begin = readme.indexOf(BEGIN);
  const end = readme.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`a README must have the lines ${BEGIN} and ${END}`);
  const tables = valueSections(valuesYaml).map(table).join('\n');
  return `${readme.slice(0, begin)}${BEGIN}\n\n${tables}\n${readme.slice(end)}`;
}

/**
 * Every value by its place: one that has a comment that begins with `--`, maps included, or else one that is no map.
 * Lines after the `--` belong to it.
 */
export function valueSections(valuesYaml: string): Section[] {
  const document: Document = parseDocument(valuesYaml);
  if (document.errors[0] !== undefined) throw document.errors[0];
  const top = document.contents;
  if (!isMap(top)) throw new Error('values.yaml must be a map');
  const general: Section = { name: '', about: '', values: [] };
  const sections = [general];
  for (const [index, pair] of pairs(top).entries()) {
    const comment = commentOf(top, pair, index);
    const { value } = pair;
    if (isMap(value) && value.items.length > 0 && told(comment) === null) {
      sections.push({ name: keyOf(pair), about: joined(comment), values: valuesIn(value, keyOf(pair)) });
    } else general.values.push(valueAt(keyOf(pair), pair, comment));
  }
  return sections.filter(({ values }) => values.length > 0);
}

function valuesIn(map: YAMLMap, path: string): Value[] {
  return pairs(map).flatMap((pair, index) => {
    const name = `${path}.${keyOf(pair)}`;
    const comment = commentOf(map, pair, index);
    if (isMap(pair.value) && pair.value.items.length > 0 && told(comment) === null) return valuesIn(pair.value, name);
    return [valueAt(name, pair, comment)];
  });
}

function pairs(map: YAMLMap): Pair[] {
  return map.items as Pair[];
}

function keyOf(pair: Pair): string {
  return String(isScalar(pair.key) ? pair.key.value : pair.key);
}

/** The lines before a key; those before the first key are the map's own to the parser. */
function commentOf(map: YAMLMap, { key }: Pair, index: number): string[] {
  const comments = [index === 0 ? map.commentBefore : undefined, (key as Scalar).commentBefore];
  return comments.flatMap((comment) => comment?.split('\n') ?? []).map((line) => line.trim());
}

/** What a comment says of its value: the lines from the last `--` on. */
function told(comment: string[]): string | null {
  const from = comment.findLastIndex((line) => line.startsWith('-- '));
  return from < 0 ? null : joined(comment.slice(from)).slice('-- '.length);
}

function joined(lines: string[]): string {
  return lines.filter((line) => line !== '').join(' ');
}

function valueAt(name: string, pair: Pair, comment: string[]): Value {
  const { value } = pair;
  const byDefault: unknown = value === null ? null : (value as Scalar).toJSON();
  return { name, what: told(comment) ?? '', byDefault };
}

function table({ name, about, values }: Section): string {
  return [
    `### ${name === '' ? 'General' : `\`${name}\``}`,
    '',
    ...(about === '' ? [] : [about, '']),
    '| value | what | default |',
    '|---|---|---|',
    ...values.map((value) => `| \`${value.name}\` | ${cell(value.what)} | ${defaultCell(value.byDefault)} |`),
    '',
  ].join('\n');
}

function defaultCell(value: unknown): string {
  const text = JSON.stringify(value) ?? '';
  return text.length > LONGEST_DEFAULT ? 'see values.yaml' : `\`${cell(text)}\``;
}

/** A `<` would begin a tag, but in code it stands for itself. */
function cell(text: string): string {
  const parts = text.split('`').map((part, index) => (index % 2 === 0 ? part.replaceAll('<', '&lt;') : part));
  return parts.join('`').replaceAll('|', '\\|');
}
