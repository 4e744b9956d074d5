import { LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { RulesError } from './error.ts';
import { prefixOf } from './match.ts';
import { type Rule, rulesSchema } from './schema.ts';

const MAX_BYTES = 1024 * 1024;
/** YAML's own errors in one file that are told; the first explains the others. */
const MAX_SYNTAX = 3;

/**
 * Reads a rules file: YAML 1.2, without aliases and tags.
 * @param name for messages, e.g. its path
 * @throws RulesError with every problem, its line and column
 */
export function readRules(text: string, name: string): Rule[] {
  if (Buffer.byteLength(text) > MAX_BYTES) throw new RulesError([`${name}: is larger than 1 MiB`]);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, version: '1.2', schema: 'core' });
  const placeOf = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${name}:${line}:${col}`;
  };
  if (document.errors.length > 0) {
    throw new RulesError(
      document.errors.slice(0, MAX_SYNTAX).map(({ pos, message }) => `${placeOf(pos[0])}: ${message}`),
    );
  }
  const placeOfPath = (path: readonly PropertyKey[]): string => placeOf(offsetOf(document, path));
  const parsed = rulesSchema.safeParse(contentOf(document, name));
  if (!parsed.success) throw new RulesError(parsed.error.issues.flatMap((issue) => explain(issue, placeOfPath)));
  const { rules } = parsed.data;
  const doubled = [...twice(rules, ({ name }) => name, 'name'), ...twice(rules, prefixOf, 'source')];
  if (doubled.length > 0) throw new RulesError(doubled.map(({ path, text }) => `${placeOfPath(path)}: ${text}`));
  return rules;
}

type Document = ReturnType<typeof parseDocument>;

function contentOf(document: Document, name: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 0 });
  } catch (error) {
    throw new RulesError([`${name}: ${(error as Error).message}`]);
  }
}

/** Where a value stands, or the nearest that holds it. */
function offsetOf(document: Document, path: readonly PropertyKey[]): number {
  for (let length = path.length; length > 0; length -= 1) {
    const node: unknown = document.getIn(path.slice(0, length), true);
    const range = (node as { range?: [number, number, number] | null } | undefined)?.range;
    if (range) return range[0];
  }
  return 0;
}

function explain(issue: z.core.$ZodIssue, placeOfPath: (path: readonly PropertyKey[]) => string): string[] {
  if (issue.code === 'unrecognized_keys') {
    const known = 'see docs/rules.md for what a rule may say';
    return issue.keys.map(
      (key) => `${placeOfPath([...issue.path, key])}: ${at([...issue.path, key])}: is not known; ${known}`,
    );
  }
  const what = issue.path.length === 0 ? 'the file' : at(issue.path);
  return [`${placeOfPath(issue.path)}: ${what}: ${issue.message}`];
}

/** `rules[1].store` */
function at(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, step) =>
      typeof step === 'number' ? `${text}[${step}]` : text === '' ? String(step) : `${text}.${String(step)}`,
    '',
  );
}

function twice(
  rules: readonly Rule[],
  keyOf: (rule: Rule) => string,
  field: 'name' | 'source',
): Array<{ path: PropertyKey[]; text: string }> {
  const first = new Map<string, number>();
  return rules.flatMap((rule, index) => {
    const before = first.get(keyOf(rule));
    first.set(keyOf(rule), before ?? index);
    const text = `rules[${index}].${field}: "${rule[field]}" is that of rules[${before}] already`;
    return before === undefined ? [] : [{ path: ['rules', index, field], text }];
  });
}
