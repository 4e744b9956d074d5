import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as breathe } from 'node:timers/promises';
import { createBufferPool } from './buffer-pool.ts';

test('buffers are reused, and who does not fit waits in line', async () => {
  const pool = createBufferPool(20);
  const [a, b] = [await pool.acquire(10), await pool.acquire(10)];
  const order: string[] = [];
  const third = pool.acquire(10).then((loan) => {
    order.push('third');
    return loan;
  });
  const fourth = pool.acquire(1).then((loan) => {
    order.push('fourth');
    return loan;
  });
  b.release();
  const c = await third;
  assert.equal(c.bytes.buffer, b.bytes.buffer);
  a.release();
  (await fourth).release();
  c.release();
  assert.deepEqual(order, ['third', 'fourth']);
  assert.deepEqual(pool.stats().lent, 0);
  assert.ok(pool.stats().highest <= 20);
});

test('a loan larger than the bound goes alone and is not kept', async () => {
  const pool = createBufferPool(10);
  const small = await pool.acquire(5);
  let granted = false;
  const large = pool.acquire(50).then((loan) => {
    granted = true;
    return loan;
  });
  await Promise.resolve();
  assert.equal(granted, false);
  small.release();
  (await large).release();
  assert.equal(pool.stats().kept, 0);
});

test('releasing twice counts once', async () => {
  const pool = createBufferPool(10);
  const loan = await pool.acquire(10);
  loan.release();
  loan.release();
  assert.deepEqual(pool.stats(), { lent: 0, kept: 10, highest: 10 });
});

test('who gives up waiting leaves the line', async () => {
  const pool = createBufferPool(10);
  const first = await pool.acquire(6);
  const stop = new AbortController();
  const gone = pool.acquire(10, stop.signal);
  const behind = pool.acquire(4);
  stop.abort(new Error('shutdown'));
  await assert.rejects(gone, /shutdown/);
  (await behind).release();
  first.release();
  await assert.rejects(pool.acquire(1, stop.signal), /shutdown/);
  assert.equal(pool.stats().lent, 0);
});

test('no more loans than allowed, from the moment that is said', async () => {
  const pool = createBufferPool(100, 2);
  const first = await pool.acquire(10);
  const second = await pool.acquire(10);
  let third = false;
  const waiting = pool.acquire(10).then((loan) => {
    third = true;
    return loan;
  });
  await breathe();
  assert.equal(third, false);
  assert.equal(pool.waiting, true);
  pool.limit(3);
  (await waiting).release();
  pool.limit(1);
  first.release();
  const fourth = pool.acquire(10);
  second.release();
  (await fourth).release();
  assert.deepEqual([pool.loans, pool.waiting, pool.stats().lent], [0, false, 0]);
  pool.trim();
  assert.equal(pool.stats().kept, 0);
});
