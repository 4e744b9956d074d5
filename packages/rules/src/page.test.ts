import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseLocation } from '@geosluice/jobs';
import { readRules, ruledBy, rulesPage } from './index.ts';
import { EXAMPLE } from './page.ts';

test('the example of the page is a rules file, and the page tells of every field in it', () => {
  const rules = readRules(EXAMPLE, 'docs/rules.md');
  assert.equal(ruledBy(rules)(parseLocation('s3://inbox/ortho/a.tif')).duplicates, 'version');
  const page = rulesPage();
  for (const rule of rules) for (const field of Object.keys(rule)) assert.ok(page.includes(`| \`${field}\` |`), field);
  assert.ok(page.includes('| `deletions.graceHours` | number | `168` |'));
});
