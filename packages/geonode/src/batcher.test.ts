import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BatchDivisible, type BatcherOptions, createBatcher } from './batcher.ts';

const never = new AbortController().signal;

function harness(options: Partial<BatcherOptions<string, string>> = {}) {
  const batches: string[][] = [];
  const batcher = createBatcher<string, string>({
    size: 3,
    waitMs: 5,
    bytes: 100,
    inFlight: 2,
    bytesOf: (item) => item.length,
    send: async (items) => items.map((item) => `${item}!`),
    ...options,
    ...(options.send === undefined
      ? {}
      : {
          send: (items, signal) => {
            batches.push([...items]);
            return options.send!(items, signal);
          },
        }),
  });
  return { batcher, batches };
}

test('items that come together go together, at most as many as a batch holds, and each gets its own result', async () => {
  const { batcher, batches } = harness({ send: async (items) => items.map((item) => `${item}!`) });
  const results = await Promise.all(['a', 'b', 'c', 'd'].map((item) => batcher.add(item, never)));
  assert.deepEqual(results, ['a!', 'b!', 'c!', 'd!']);
  assert.deepEqual(batches, [['a', 'b', 'c'], ['d']]);
});

test('a batch is closed by its bytes too, and one item that is larger goes alone', async () => {
  const { batcher, batches } = harness({ bytes: 4, send: async (items) => [...items] });
  await Promise.all(['aa', 'bbb', 'cccccccc', 'd'].map((item) => batcher.add(item, never)));
  assert.deepEqual(batches, [['aa'], ['bbb'], ['cccccccc'], ['d']]);
});

test('no more batches are under way than allowed', async () => {
  const gates: Array<() => void> = [];
  const { batcher, batches } = harness({
    size: 1,
    inFlight: 1,
    send: (items) => new Promise((resolve) => gates.push(() => resolve([...items]))),
  });
  const both = ['a', 'b'].map((item) => batcher.add(item, never));
  assert.equal(batches.length, 1);
  gates[0]?.();
  assert.equal(await both[0], 'a');
  while (gates.length < 2) await new Promise(setImmediate);
  gates[1]?.();
  assert.equal(await both[1], 'b');
});

test('a batch that fails fails for each of its items, and the next one is tried', async () => {
  let calls = 0;
  const { batcher } = harness({
    send: async (items) => {
      calls += 1;
      if (calls === 1) throw new Error('away');
      return [...items];
    },
  });
  const failed = await Promise.allSettled(['a', 'b'].map((item) => batcher.add(item, never)));
  assert.deepEqual(
    failed.map((result) => result.status === 'rejected' && result.reason.message),
    ['away', 'away'],
  );
  assert.equal(await batcher.add('c', never), 'c');
});

test('a batch that is too large is halved until what is too large stands alone', async () => {
  const { batcher } = harness({
    size: 4,
    send: async (items) => {
      if (items.join('').length > 4) throw new BatchDivisible(new Error('larger than the proxy allows'));
      return [...items];
    },
  });
  const results = await Promise.allSettled(['aa', 'bb', 'ccccc', 'd'].map((item) => batcher.add(item, never)));
  assert.deepEqual(
    results.map((result) => (result.status === 'fulfilled' ? result.value : result.reason.message)),
    ['aa', 'bb', 'larger than the proxy allows', 'd'],
  );
});

test('an item whose caller gave up is not sent, and a batch nobody waits for is aborted', async () => {
  const first = new AbortController();
  const { batcher, batches } = harness({ send: async (items) => [...items] });
  const given = batcher.add('a', first.signal);
  first.abort(new Error('gave up'));
  await assert.rejects(given, /gave up/);
  assert.equal(await batcher.add('b', never), 'b');
  assert.deepEqual(batches, [['b']]);

  const second = new AbortController();
  const aborted = Promise.withResolvers<void>();
  const other = harness({
    size: 1,
    send: (_items, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          aborted.resolve();
          reject(signal.reason);
        });
      }),
  });
  const sent = other.batcher.add('a', second.signal);
  second.abort(new Error('gave up'));
  await assert.rejects(sent, /gave up/);
  await aborted.promise;
});

test('after its end everything fails with the same error', async () => {
  const { batcher } = harness({ send: () => new Promise(() => {}) });
  const waiting = batcher.add('a', never);
  batcher.close(new Error('closed'));
  await assert.rejects(waiting, /closed/);
  await assert.rejects(batcher.add('b', never), /closed/);
});
