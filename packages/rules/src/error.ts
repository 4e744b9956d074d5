/** A rules file that cannot be taken as it is: every problem with its place, in the order of the file. */
export class RulesError extends Error {
  readonly code = 'RULES_INVALID';
  /** `rules.yaml:7:5: rules[1].store: …` */
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.name = 'RulesError';
    this.problems = problems;
  }
}
