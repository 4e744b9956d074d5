import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { openPipeline } from '@geosluice/pipeline';
import { startRedis } from '../../counterparts/redis.ts';
import { fillRegister } from './fill.ts';

const JOBS = 600;

suite('[bench] full queue', () => {
  test('each job waits once, and the ledger knows its dataset', async () => {
    const redis = await startRedis();
    const pipeline = await openPipeline({ redisUrl: redis.url, prefix: 'fill' });
    try {
      await fillRegister(pipeline, JOBS);
      const { register } = await pipeline.queues.counts();
      assert.equal(register.waiting + register.prioritized, JOBS);
      assert.equal((await pipeline.ledger.counts()).inspecting, JOBS);
    } finally {
      await pipeline.close();
      await redis.stop();
    }
  });
});
