import type { IngestOptions } from '@geosluice/jobs';
import type { RuleDefaults } from './ports.ts';

/** What was asked for, and the rule where nothing was. A label that was asked for gives way to the name of the rule that holds. */
export function ruledOptions({ options }: { options: IngestOptions }, asked: IngestOptions): IngestOptions {
  return { ...options, ...said(asked), ...labelOf(options) };
}

/** What is kept of a dataset's options: what was asked for alone, lest a later rule be taken for overruled, under the rule's name. */
export function keptOptions({ options }: { options: IngestOptions }, asked: IngestOptions): IngestOptions {
  return { ...asked, ...labelOf(options) };
}

function labelOf({ rule }: IngestOptions): Pick<IngestOptions, 'rule'> {
  return rule === undefined ? {} : { rule };
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
