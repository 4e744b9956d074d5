import type { Term } from '../collected.ts';

/** CI_RoleCode by name, and by the numbers ESRI writes (ISO 19115:2003, B.5.5). */
const ROLES: ReadonlyMap<string, Term> = new Map([
  ['author', 'creator'],
  ['coAuthor', 'creator'],
  ['originator', 'creator'],
  ['principalInvestigator', 'creator'],
  ['publisher', 'publisher'],
  ['distributor', 'publisher'],
  ['006', 'creator'],
  ['008', 'creator'],
  ['011', 'creator'],
  ['005', 'publisher'],
  ['010', 'publisher'],
]);

/** Which of Dublin Core's three kinds of agent a role is. */
export function roleTerm(role: string): Term {
  return ROLES.get(role.trim()) ?? 'contributor';
}
