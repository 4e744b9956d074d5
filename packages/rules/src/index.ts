export { RulesError } from './error.ts';
export { type Ruled, type Rules, ruledBy } from './match.ts';
export { rulesJsonSchema, rulesPage } from './page.ts';
export { readRules } from './read.ts';
export { type Deletions, type DuplicatePolicy, type Rule, rulesSchema } from './schema.ts';
