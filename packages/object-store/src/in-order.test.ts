import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTurns, runInOrder } from './in-order.ts';

const forever = new AbortController().signal;

test('items are prepared in order and never more than the limit are worked on', async () => {
  const prepared: number[] = [];
  let running = 0;
  let most = 0;
  await runInOrder(
    [1, 2, 3, 4, 5],
    2,
    forever,
    async (item) => prepared.push(item),
    async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise(setImmediate);
      running -= 1;
    },
  );
  assert.deepEqual(prepared, [1, 2, 3, 4, 5]);
  assert.equal(most, 2);
});

test('the first failure aborts the others, and is thrown when all have ended', async () => {
  const ended: number[] = [];
  const failing = runInOrder(
    [1, 2, 3, 4],
    3,
    forever,
    () => Promise.resolve(),
    (item, _, signal) =>
      item === 2
        ? Promise.reject(new Error('second'))
        : new Promise((_resolve, reject) => {
            const stop = (): void => {
              ended.push(item);
              reject(new Error('sibling'));
            };
            if (signal.aborted) stop();
            else signal.addEventListener('abort', stop);
          }),
  );
  await assert.rejects(failing, /second/);
  assert.deepEqual(ended, [1, 3]);
});

test('an abort from outside is thrown as its reason', async () => {
  const stop = new AbortController();
  const work = runInOrder(
    [1],
    1,
    stop.signal,
    () => Promise.resolve(),
    (_item, _prepared, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(new Error('inner')));
        stop.abort(new Error('shutdown'));
      }),
  );
  await assert.rejects(work, /shutdown/);
});

test('turns are taken in order whoever comes first, and waiting ends with the signal', async () => {
  const turns = createTurns();
  const seen: number[] = [];
  const visit = (number: number) => turns.take(number, async () => void seen.push(number), forever);
  await Promise.all([visit(3), visit(2), visit(1)]);
  assert.deepEqual(seen, [1, 2, 3]);
  const stop = new AbortController();
  const waiting = turns.take(5, async () => {}, stop.signal);
  stop.abort(new Error('shutdown'));
  await assert.rejects(waiting, /shutdown/);
});
