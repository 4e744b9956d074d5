import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { createMetrics } from '../../../packages/service-kit/src/index.ts';
import { listingsOf } from './listings.ts';

suite('[bench] listings of the line', () => {
  test('are the list jobs of discover alone, by the metrics as they are written', async () => {
    const metrics = createMetrics();
    assert.equal(listingsOf(await metrics.registry.metrics()), 0);
    for (const kind of ['inspect', 'list', 'list']) metrics.runSeconds.observe({ stage: 'discover', kind }, 0.1);
    metrics.runSeconds.observe({ stage: 'upload', kind: 'add' }, 0.1);
    assert.equal(listingsOf(await metrics.registry.metrics()), 2);
  });
});
