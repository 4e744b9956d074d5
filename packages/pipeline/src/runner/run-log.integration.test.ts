import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keysOf } from '../keys.ts';
import { ownRedis } from '../testing/own-redis.ts';
import { createOpening } from './opening.ts';
import { createRunLog } from './run-log.ts';

const keys = keysOf('runs');
const own = ownRedis();

test('what is remembered of a job goes with it, and nothing is of one that is gone', async () => {
  const { redis } = own;
  const runLog = createRunLog(redis, keys, 'register');
  const open = createOpening(redis, keys, 'register', { probeMs: 1_000 });
  const begin = (jobId: string, again = false) =>
    open({ token: 't', jobId, dataset: undefined, begin: true, again }) as Promise<Record<string, unknown>>;

  // as BullMQ leaves a job that was fetched
  await redis.hset(keys.job('register', 'there'), 'ats', 1, 'data', '{}');
  assert.deepEqual(await begin('there'), { kind: 'go', begun: true, first: true, crashes: 0, forgiven: 0, view: null });
  await redis.hincrby(keys.job('register', 'there'), 'ats', 1);
  assert.deepEqual(await begin('there'), {
    kind: 'go',
    begun: false,
    first: false,
    crashes: 1,
    forgiven: 0,
    view: null,
  });
  assert.equal(await runLog.started('there'), 1);
  assert.deepEqual([await runLog.metOutage('there', 3), await runLog.metOutage('there', 3)], [1, 1]);
  assert.equal(await runLog.metOutage('there', 4), 2);
  await runLog.ended('there');
  assert.equal(await runLog.started('there'), 0);
  await runLog.slept('there', 2);
  assert.deepEqual(await begin('there', true), {
    kind: 'go',
    begun: true,
    first: false,
    crashes: 0,
    forgiven: 2,
    view: null,
  });
  await runLog.forget('there');
  assert.deepEqual(Object.keys(await redis.hgetall(keys.job('register', 'there'))), ['ats', 'data']);

  assert.deepEqual(await begin('gone'), {
    kind: 'go',
    begun: false,
    first: false,
    crashes: 0,
    forgiven: 0,
    view: null,
  });
  assert.equal(await runLog.started('gone'), 0);
  await runLog.slept('gone', 2);
  await runLog.metOutage('gone', 5);
  await runLog.ended('gone');
  await runLog.forget('gone');
  // BullMQ takes a hash for a job, and would add none of that id again
  assert.equal(await redis.exists(keys.job('register', 'gone')), 0);
});
