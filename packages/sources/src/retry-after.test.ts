import assert from 'node:assert/strict';
import { it } from 'node:test';
import { retryAfterOf } from './retry-after.ts';

it('reads seconds and dates, bounded to an hour, and nothing else', () => {
  const now = new Date('2026-01-01T00:00:00Z');
  assert.equal(retryAfterOf('120', now), 120_000);
  assert.equal(retryAfterOf('Thu, 01 Jan 2026 00:00:30 GMT', now), 30_000);
  assert.equal(retryAfterOf('Wed, 31 Dec 2025 00:00:00 GMT', now), 0);
  assert.equal(retryAfterOf('999999', now), 3_600_000);
  assert.equal(retryAfterOf('soon', now), undefined);
  assert.equal(retryAfterOf(undefined, now), undefined);
});
