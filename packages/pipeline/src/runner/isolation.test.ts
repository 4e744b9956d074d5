import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createIsolation } from './isolation.ts';

test('runs go side by side, and one that is to be alone waits for them and holds those that come after it', async () => {
  const { enter } = createIsolation();
  const [first, second] = await Promise.all([enter(false), enter(false)]);
  const order: string[] = [];
  const alone = enter(true).then((leave) => {
    order.push('alone');
    return leave;
  });
  const after = enter(false).then((leave) => {
    order.push('after');
    return leave;
  });
  first();
  await new Promise((go) => setImmediate(go));
  assert.deepEqual(order, []);
  second();
  const leave = await alone;
  await new Promise((go) => setImmediate(go));
  assert.deepEqual(order, ['alone']);
  leave();
  (await after)();
  (await enter(true))();
  assert.deepEqual(order, ['alone', 'after']);
});
