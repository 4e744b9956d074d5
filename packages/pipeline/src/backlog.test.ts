import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { QueueCounts } from './api.ts';
import { decideBacklog } from './backlog.ts';

const counts: QueueCounts = {
  ...{ waiting: 3, prioritized: 20, delayed: 1_000, due: 4, active: 2, failed: 50, paused: false, heldForMs: 0 },
};

suite('what calls for workers', () => {
  test('is what waits, what is due and what is under way, but neither what sleeps nor what failed', () => {
    assert.equal(decideBacklog(counts), 3 + 20 + 4 + 2);
  });

  test('is only what is under way while the queue is paused or held', () => {
    assert.equal(decideBacklog({ ...counts, paused: true }), 2);
    assert.equal(decideBacklog({ ...counts, heldForMs: 1 }), 2);
  });

  test('is nothing where there is nothing', () => {
    const idle = { waiting: 0, prioritized: 0, delayed: 7, due: 0, active: 0, failed: 1, paused: false, heldForMs: 0 };
    assert.equal(decideBacklog(idle), 0);
  });
});
