import { readFile } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { parseLocation } from '@geosluice/jobs';
import { type Rule, RulesError, readRules, ruledBy } from '@geosluice/rules';
import { EXIT } from '../exit-codes.ts';
import { type Output, table } from '../output.ts';

/** Checks a rules file before workers read it; with a uri, tells what would become of that file. */
export async function rules(
  { file, uri, from }: { file: string; uri?: string; from: string },
  output: Output,
): Promise<number> {
  let known: Rule[];
  try {
    known = readRules(await readFile(isAbsolute(file) ? file : join(from, file), 'utf8'), file);
  } catch (error) {
    const problems = problemsOf(error, file);
    if (problems === null) throw error;
    if (output.json) output.line(JSON.stringify({ error: { code: 'RULES_INVALID', problems } }));
    else for (const problem of problems) output.problem(problem);
    return EXIT.usage;
  }
  if (uri === undefined) {
    output.result(known, () => describeRules(known));
    return EXIT.ok;
  }
  const ruled = ruledBy(known)(parseLocation(uri));
  output.result(ruled, () => {
    const { rule, ...options } = ruled.options;
    const deletions = ruled.deletions.policy;
    const rows = Object.entries({ ...options, duplicates: ruled.duplicates, deletions });
    return table(
      [rule ?? 'no rule', ''],
      rows.map(([name, value]) => [name, textOf(value)]),
    );
  });
  return EXIT.ok;
}

function problemsOf(error: unknown, file: string): readonly string[] | null {
  if (error instanceof RulesError) return error.problems;
  const { code } = error as { code?: unknown };
  return code === 'ENOENT' || code === 'EACCES' || code === 'EISDIR' ? [`${file}: cannot be read (${code})`] : null;
}

function describeRules(known: readonly Rule[]): string {
  if (known.length === 0) return 'no rules';
  const rows = known.map(({ name, source, deletions, ...said }) => {
    const says = Object.entries({ ...said, deletions: deletions.policy }).map(
      ([field, value]) => `${field} ${textOf(value)}`,
    );
    return [name, source, says.join(', ')];
  });
  return table(['rule', 'source', 'says'], rows);
}

function textOf(value: unknown): string {
  return Array.isArray(value) ? value.join(' ') : String(value);
}
