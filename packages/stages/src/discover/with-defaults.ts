import type { IngestOptions } from '@geosluice/jobs';
import type { RuleDefaults } from './ports.ts';

/** What was asked for, and the deployment's rule where nothing was. */
export function withDefaults(
  options: IngestOptions,
  defaults: RuleDefaults,
): Omit<IngestOptions, keyof RuleDefaults> & RuleDefaults {
  const asked = Object.entries(options).filter(([, value]) => value !== undefined);
  return { ...defaults, ...Object.fromEntries(asked) };
}
