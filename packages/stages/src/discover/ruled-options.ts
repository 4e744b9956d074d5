import type { IngestOptions } from '@geosluice/jobs';
import type { RuleDefaults } from './ports.ts';

/** What was asked for, and the rule where nothing was. */
export function ruledOptions({ options }: { options: IngestOptions }, asked: IngestOptions): IngestOptions {
  return { ...options, ...said(asked) };
}

/** And the deployment's settings where neither says anything. */
export function withDefaults(
  options: IngestOptions,
  defaults: RuleDefaults,
): Omit<IngestOptions, keyof RuleDefaults> & RuleDefaults {
  return { ...defaults, ...said(options) };
}

/** Without what is undefined, which would hide what another says. */
function said(options: IngestOptions): object {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}
