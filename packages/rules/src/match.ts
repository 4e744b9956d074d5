import { formatLocation, type IngestOptions, type Location, parseLocation } from '@geosluice/jobs';
import { ANY, type Deletions, type DuplicatePolicy, type Rule } from './schema.ts';

/** What the rules say of one file. */
export interface Ruled {
  /** Of the rule that holds; `rule` is its name. None where no rule does. */
  options: IngestOptions;
  duplicates: DuplicatePolicy;
  deletions: Deletions;
}

/** The rules of a deployment. */
export type Rules = (location: Location) => Ruled;

const NONE: Ruled = {
  options: {},
  duplicates: 'replace',
  deletions: { policy: 'keep', graceHours: 168, capPercent: 5 },
};

/** Makes rules answer for files: of those whose source begins the file's uri, the longest. */
export function ruledBy(rules: readonly Rule[]): Rules {
  const prefixes = rules
    .map((rule) => ({ prefix: prefixOf(rule), ruled: ruledOf(rule) }))
    .sort((a, b) => b.prefix.length - a.prefix.length);
  if (prefixes.length === 0) return () => NONE;
  return (location) => {
    const uri = formatLocation(location);
    return prefixes.find(({ prefix }) => uri.startsWith(prefix))?.ruled ?? NONE;
  };
}

/** The source as uris of files begin: escaped as theirs are. */
export function prefixOf({ source }: Pick<Rule, 'source'>): string {
  return source === ANY ? '' : formatLocation(parseLocation(source));
}

function ruledOf({ name, source: _, duplicates, deletions, ...options }: Rule): Ruled {
  return { options: { rule: name, ...options }, duplicates, deletions };
}
