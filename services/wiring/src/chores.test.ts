import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { SILENT } from '@geosluice/jobs';
import { nowAndThen } from './chores.ts';

const EVERY_MS = 1_000;

/** Lets what was resolved go on, however many steps that takes; the clock of chores stands still meanwhile. */
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

test('a chore that takes long, or fails, is done again, and never twice at once', async () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  const warned: string[] = [];
  const log = { ...SILENT, warn: (_data: object, event: string) => void warned.push(event) };
  let [begun, under, most] = [0, 0, 0];
  let work = Promise.withResolvers<number>();
  const chore = nowAndThen({ name: 'Test:Chore', everyMs: EVERY_MS, log }, async () => {
    begun += 1;
    under += 1;
    most = Math.max(most, under);
    return await work.promise.finally(() => {
      under -= 1;
    });
  });
  try {
    for (const time of [1, 2, 3]) {
      mock.timers.tick(EVERY_MS);
      assert.equal(begun, time);
      mock.timers.tick(10 * EVERY_MS);
      assert.equal(begun, time, 'one takes longer than the time between two');
      if (time === 1) work.reject(new Error('away'));
      else work.resolve(0);
      await turn();
      work = Promise.withResolvers();
    }
    await chore.stop();
  } finally {
    mock.timers.reset();
  }
  assert.equal(most, 1);
  assert.deepEqual(warned, ['Test:Chore:Failed']);
});

test('who stops it ends what is under way, waits for that, and nothing begins any more', async () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  try {
    let [begun, ended] = [0, false];
    const chore = nowAndThen({ name: 'Test:Chore', firstMs: 1, everyMs: EVERY_MS, log: SILENT }, async (signal) => {
      begun += 1;
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      await turn();
      ended = true;
      return 0;
    });
    mock.timers.tick(1);
    assert.equal(begun, 1);
    await chore.stop();
    assert.equal(ended, true);
    mock.timers.tick(10 * EVERY_MS);
    assert.equal(begun, 1);
    await nowAndThen({ name: 'Test:Chore', everyMs: 60_000, log: SILENT }, async () => assert.fail()).stop();
  } finally {
    mock.timers.reset();
  }
});
