import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LedgerEntry } from '@geosluice/jobs';
import type { DuplicatePolicy } from '@geosluice/rules';
import { decideDuplicate } from './decide-duplicate.ts';

const [A, B] = ['a'.repeat(10), 'b'.repeat(10)];
const published = { state: 'visible', publishedVersion: `${A}-0`, layer: {} } as unknown as LedgerEntry;
const decide = (policy: DuplicatePolicy, entry: LedgerEntry | null, raster: string, force = false) =>
  decideDuplicate(entry, { raster, metadata: '0', options: '' }, { policy, force });

test('other content than what is published goes the way of the rule', () => {
  for (const policy of ['skip', 'version', 'error'] as const) assert.equal(decide(policy, published, B), policy);
  assert.equal(decide('replace', published, B), 'go');
});

test('the same content, a first one, one after a removal, and what a person retries goes on', () => {
  for (const policy of ['skip', 'version', 'error'] as const) {
    assert.equal(decide(policy, published, A), 'go');
    assert.equal(decide(policy, null, B), 'go');
    const { layer: _, ...unpublished } = published;
    assert.equal(decide(policy, unpublished, B), 'go');
    assert.equal(decide(policy, { ...published, state: 'removed' }, B), 'go');
    assert.equal(decide(policy, published, B, true), 'go');
  }
});
