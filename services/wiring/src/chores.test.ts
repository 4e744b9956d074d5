import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { SILENT } from '@geosluice/jobs';
import { nowAndThen } from './chores.ts';

test('a chore that takes long, or fails, is done again, and never twice at once', async () => {
  const warned: string[] = [];
  const log = { ...SILENT, warn: (_data: object, event: string) => void warned.push(event) };
  let [begun, under, most] = [0, 0, 0];
  const third = Promise.withResolvers<void>();
  const chore = nowAndThen({ name: 'Test:Chore', everyMs: 1, log }, async () => {
    begun += 1;
    under += 1;
    most = Math.max(most, under);
    await wait(15);
    under -= 1;
    if (begun === 1) throw new Error('away');
    if (begun === 3) third.resolve();
    return 0;
  });
  await third.promise;
  await chore.stop();
  assert.equal(most, 1);
  assert.deepEqual(warned, ['Test:Chore:Failed']);
});

test('who stops it ends what is under way, waits for that, and nothing begins any more', async () => {
  const running = Promise.withResolvers<void>();
  let [begun, ended] = [0, false];
  const chore = nowAndThen({ name: 'Test:Chore', firstMs: 1, everyMs: 1, log: SILENT }, async (signal) => {
    begun += 1;
    running.resolve();
    await wait(60_000, undefined, { signal }).catch(() => {});
    ended = true;
    return 0;
  });
  await running.promise;
  await chore.stop();
  assert.equal(ended, true);
  await wait(20);
  assert.equal(begun, 1);
  await nowAndThen({ name: 'Test:Chore', everyMs: 60_000, log: SILENT }, async () => assert.fail()).stop();
});
