import type { Deletions } from '../../../../packages/rules/src/index.ts';

/** The one rule of the bench's deployments: it looks after every file, so that its state grows with the ledger. */
export const RULE = 'bench';
export const DELETIONS: Deletions = { policy: 'unpublish', graceHours: 168, capPercent: 5 };

/** What GEOSLUICE_RULES_FILE holds. @param source uris that begin so */
export function rulesFile(source: string): string {
  return JSON.stringify({ version: 1, rules: [{ name: RULE, source, deletions: DELETIONS }] });
}
