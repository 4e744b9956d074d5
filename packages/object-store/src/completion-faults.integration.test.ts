import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Fate } from '../testing/proxy.ts';
import { openBench, PART, STORE_KINDS, type TestBench } from '../testing/stores.ts';
import { bytesOf, createMemory, MIB, readerOf } from '../testing/support.ts';
import type { CopyRequest, UploadRequest } from './index.ts';

const BLANKS: Fate = { blanks: 100 };
/** How S3 says no to what it had begun to answer. */
const LATE_ERROR: Fate = { status: 200, code: 'InternalError' };
/** A list of parts that knows nothing of number 2. */
const withoutSecond = (body: string): string =>
  body.replaceAll(/<Part>.*?<\/Part>/gs, (part) => (part.includes('<PartNumber>2<') ? '' : part));

for (const kind of STORE_KINDS) {
  describe(`completing uploads on ${kind}`, { concurrency: 4 }, () => {
    let bench: TestBench;
    before(async () => {
      bench = await openBench(kind);
    });
    after(() => bench?.close());

    /** A copy to a key of its own of an object that lies there. */
    const copyRequest = async (bytes: Buffer): Promise<CopyRequest> => {
      const { target } = bench.request(bytes);
      const { etag } = await bench.store.put(target, bytes, { contentType: 'image/tiff' });
      const { reader: _, ...order } = bench.request(bytes);
      return { ...order, from: { ...target, etag, size: bytes.length } };
    };

    test('blanks that keep the connection alive come before an answer', async () => {
      const bytes = bytesOf(PART + 1);
      const order = bench.request(bytes);
      const asked = bench.befall(order.target, (operation) => (operation === 'Complete' ? BLANKS : 'pass'));
      await bench.store.upload(order);
      assert.equal(asked('Complete'), 1);
      assert.ok((await bench.content(order.target))?.equals(bytes));
      const copy = await copyRequest(bytes);
      const copying = bench.befall(copy.target, (operation) => (operation === 'Copy' ? BLANKS : 'pass'));
      await bench.store.copy(copy);
      assert.equal(copying('Copy'), 1);
      assert.ok((await bench.content(copy.target))?.equals(bytes));
    });

    test('a refusal that comes after blanks, under a 200, is a refusal', async () => {
      const bytes = bytesOf(PART + 1);
      const order = bench.request(bytes);
      bench.befall(order.target, (operation) => (operation === 'Complete' ? BLANKS : 'pass'));
      // another one brings other content while the parts are on their way
      const fence = async (): Promise<void> => {
        await bench.store.put(order.target, 'other', { contentType: 'image/tiff' });
      };
      await assert.rejects(bench.store.upload({ ...order, fence }), { code: 'STORE_REFUSED', means: 'reject' });
      assert.equal(`${await bench.content(order.target)}`, 'other');
    });

    test('an error under a 200 is an error: once it is tried again, for good it is told, and no part is lost', async () => {
      const bytes = bytesOf(2 * PART + 1);
      const order = bench.request(bytes);
      const once = bench.befall(order.target, (operation, number) =>
        operation === 'Complete' && number === 1 ? LATE_ERROR : 'pass',
      );
      await bench.store.upload(order);
      assert.deepEqual([once('Complete'), once('UploadPart')], [2, 3]);
      const other = bench.request(bytes);
      bench.befall(other.target, (operation) => (operation === 'Complete' ? LATE_ERROR : 'pass'));
      await assert.rejects(bench.store.upload(other), { means: 'retry' });
      assert.ok((await bench.content(other.target)) === null);
      const again = bench.befall(other.target, () => 'pass');
      await bench.store.upload(other);
      assert.equal(again('UploadPart'), 0);
      assert.ok((await bench.content(other.target))?.equals(bytes));
    });

    test('an upload that lost a part it had taken is not completed for ever: it is begun anew', async () => {
      const bytes = bytesOf(2 * PART + 1);
      const order = bench.request(bytes);
      let begun = 0;
      const asked = bench.befall(order.target, (operation) => {
        if (operation === 'CreateUpload') begun += 1;
        if (begun > 1) return 'pass';
        if (operation === 'ListParts') return { rewrite: withoutSecond };
        return operation === 'Complete' ? LATE_ERROR : 'pass';
      });
      await bench.store.upload(order);
      assert.deepEqual([asked('CreateUpload'), asked('Abort'), asked('UploadPart')], [2, 1, 6]);
      assert.ok((await bench.content(order.target))?.equals(bytes));
    });

    test('a copy that failed under a 200 is not taken for one', async () => {
      const bytes = bytesOf(3000);
      const order = await copyRequest(bytes);
      bench.befall(order.target, (operation) => (operation === 'Copy' ? LATE_ERROR : 'pass'));
      await assert.rejects(bench.store.copy(order), { means: 'retry' });
      assert.ok((await bench.content(order.target)) === null);
      const asked = bench.befall(order.target, (operation, number) =>
        operation === 'Copy' && number === 1 ? LATE_ERROR : 'pass',
      );
      await bench.store.copy(order);
      assert.equal(asked('Copy'), 2);
      assert.ok((await bench.content(order.target))?.equals(bytes));
    });

    test('a completion whose answer was lost is found, though the store may not know the upload any more', async () => {
      const bytes = bytesOf(2 * PART + 1);
      for (const fate of ['cut', { reset: 'answer', after: 10 }] as const) {
        const order = bench.request(bytes);
        const asked = bench.befall(order.target, (operation, number) =>
          operation === 'Complete' && number === 1 ? fate : 'pass',
        );
        const stored = await bench.store.upload(order);
        assert.equal(stored.size, bytes.length);
        assert.deepEqual([asked('CreateUpload'), asked('UploadPart'), asked('Complete')], [1, 3, 2]);
        assert.ok((await bench.content(order.target))?.equals(bytes));
        assert.equal(await order.memory.recall(`s3://${order.target.bucket}/${order.target.key}`), null);
      }
    });

    test('a worker that died between completing and forgetting leaves nothing to do', async () => {
      const bytes = bytesOf(2 * PART + 1);
      const memory = createMemory();
      const order = bench.request(bytes, { memory: { ...memory, forget: async () => {} } });
      const first = await bench.store.upload(order);
      assert.equal(memory.entries.size, 1);
      const asked = bench.befall(order.target, () => 'pass');
      const second = await bench.store.upload({ ...order, memory, reader: readerOf(bytes) });
      assert.deepEqual([second.size, second.etag], [first.size, first.etag]);
      assert.deepEqual([asked('CreateUpload'), asked('UploadPart'), asked('Complete')], [0, 0, 0]);
      assert.equal(memory.entries.size, 0);
    });

    test('two workers that complete a shared file at the same time both end well', async () => {
      const bytes = bytesOf(2 * PART + 1);
      const { reader: _, ...order } = bench.request(bytes);
      const request = { ...order, size: bytes.length };
      const asked = bench.befall(order.target, () => 'pass');
      await bench.store.openShared(request);
      let here = 0;
      const both = Promise.withResolvers<void>();
      // each has seen that nothing is missing before either completes
      const fence = async (): Promise<void> => {
        here += 1;
        if (here === 2) both.resolve();
        await both.promise;
      };
      const ends = await Promise.all(
        [bench.store, bench.open()].map((worker) =>
          worker.sendRange({ ...request, fence, reader: readerOf(bytes), partSize: PART, first: 1, last: 3 }),
        ),
      );
      assert.deepEqual(ends, ['completed', 'completed']);
      assert.equal(asked('Complete'), 2);
      assert.ok((await bench.content(order.target))?.equals(bytes));
    });

    test('the sweep takes uploads of its prefix that are older than the age, and no others', async () => {
      const begin = async (key: string): Promise<UploadRequest> => {
        const order = bench.request(bytesOf(PART + 1), { target: { bucket: bench.server.bucket, key } });
        bench.befall(order.target, (operation) =>
          operation === 'Complete' ? { status: 400, code: 'InvalidPartOrder' } : 'pass',
        );
        await assert.rejects(bench.store.upload(order), { means: 'retry' });
        return order;
      };
      const old = await begin('swept/old/scene.tif');
      const beside = await begin('swept-not/scene.tif');
      await new Promise((resolve) => setTimeout(resolve, 2_500));
      const young = await begin('swept/young/scene.tif');
      // stores tell the begin of an upload by the second
      const swept = await bench.store.abortStale(bench.server.bucket, 'swept/', 2_000);
      assert.equal(swept, 1);
      const kept = { old: 2, beside: 0, young: 0 };
      for (const [name, order] of Object.entries({ old, beside, young })) {
        const asked = bench.befall(order.target, () => 'pass');
        await bench.store.upload(order);
        assert.equal(asked('UploadPart'), kept[name as keyof typeof kept], name);
      }
    });
  });

  test(`what a file costs on ${kind}: requests, connections and memory`, async (t) => {
    const bench = await openBench(kind);
    t.after(() => bench.close());
    bench.proxy.reset();
    await bench.store.upload(bench.request(bytesOf(1000)));
    assert.deepEqual(bench.proxy.requests(), ['Put']);

    bench.proxy.reset();
    await bench.store.upload(bench.request(bytesOf(2 * PART + 1)));
    const parts = ['UploadPart', 'UploadPart', 'UploadPart'];
    assert.deepEqual(bench.proxy.requests(), ['Head', 'CreateUpload', ...parts, 'Complete', 'Head']);

    bench.proxy.reset();
    const connections = bench.proxy.connections();
    await Promise.all(Array.from({ length: 40 }, () => bench.store.upload(bench.request(bytesOf(20_000)))));
    assert.deepEqual(new Set(bench.proxy.requests()), new Set(['Put']));
    assert.equal(bench.proxy.count('Put'), 40);
    assert.ok(bench.proxy.highest('Put') >= 2, 'several small files at a time');
    assert.ok(bench.proxy.connections() - connections <= 4, `${bench.proxy.connections() - connections} connections`);

    const peaks: number[] = [];
    for (const count of [6, 24]) {
      const store = bench.open({ maxPartsInFlight: 4 });
      await store.upload(bench.request(bytesOf(count * PART)));
      peaks.push(store.stats().buffers.highest);
    }
    assert.deepEqual(peaks, [4 * PART, 4 * PART], 'four times the file, the same memory');
  });
}

test('all uploads of a store together keep to its bandwidth', async (t) => {
  const bench = await openBench('versitygw');
  t.after(() => bench.close());
  const store = bench.open({ bandwidth: { bytesPerSecond: () => 4 * MIB } });
  const begun = performance.now();
  await Promise.all([1, 2, 3].map(() => store.upload(bench.request(bytesOf(2 * MIB)))));
  const seconds = (performance.now() - begun) / 1000;
  // but for the quarter of a second that a pause earns
  assert.ok(seconds >= 1.2, `6 MiB in ${seconds} s`);
});
