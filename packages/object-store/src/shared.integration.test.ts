import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { crc32 } from 'node:zlib';
import type { S3Client } from '@aws-sdk/client-s3';
import { startS3 } from '../../../test/counterparts/s3.ts';
import { type S3Proxy, startProxy } from '../testing/proxy.ts';
import { bytesOf, createMemory, MIB, readerOf } from '../testing/support.ts';
import { createObjectStore, createS3Client, type ObjectStore, type RangeEnd, type SharedRequest } from './index.ts';

const PART = 5 * MIB;

for (const kind of ['versitygw', 'seaweedfs'] as const) {
  suite(`a file that many bring to ${kind}`, () => {
    let server: Awaited<ReturnType<typeof startS3>>;
    let proxy: S3Proxy;
    let client: S3Client;
    /** Each stands for a worker. */
    let workers: ObjectStore[];
    let keys = 0;
    before(async () => {
      server = await startS3(kind);
      proxy = await startProxy(server.endpoint);
      client = createS3Client({
        ...{ endpoint: proxy.endpoint, region: server.region },
        ...{ accessKeyId: server.accessKey, secretAccessKey: server.secretKey },
      });
      workers = [1, 2, 3, 4].map(() => createObjectStore({ client, partSize: PART, maxPartsInFlight: 2 }));
    });
    after(async () => {
      for (const worker of workers ?? []) worker.close();
      client?.destroy();
      await proxy?.close();
      await server?.stop();
    });

    const request = (size: number): SharedRequest => {
      keys += 1;
      proxy.reset();
      return {
        ...{ target: { bucket: server.bucket, key: `in/d${keys}/scene.tif` }, memory: createMemory() },
        ...{ contentId: 'content-1', size, signal: new AbortController().signal },
      };
    };
    const content = async ({ target }: SharedRequest): Promise<Buffer> => {
      const found = await workers[0]?.get(target, { maxBytes: 200 * MIB });
      assert.ok(found);
      return found.body;
    };
    const send = (worker: ObjectStore, order: SharedRequest, bytes: Buffer, first: number, last: number) =>
      worker.sendRange({ ...order, reader: readerOf(bytes), partSize: PART, first, last });

    test('each sends its range, and whoever finishes last completes it', async () => {
      const bytes = bytesOf(12 * PART - 7);
      const order = request(bytes.byteLength);
      const state = await workers[0]?.openShared(order);
      const missing = Array.from({ length: 12 }, (_, index) => index + 1);
      assert.deepEqual(state, { kind: 'open', partSize: PART, count: 12, missing, sent: 0 });
      const progress: number[] = [];
      const ends = await Promise.all(
        workers.map((worker, index) =>
          send(worker, { ...order, onProgress: (done) => progress.push(done) }, bytes, 3 * index + 1, 3 * index + 3),
        ),
      );
      assert.ok(ends.includes('completed'), `${ends}`);
      assert.equal(proxy.count('UploadPart'), 12);
      assert.equal(Math.max(...progress), bytes.byteLength);
      assert.ok((await content(order)).equals(bytes));
      const done = await workers[1]?.openShared(order);
      assert.equal(done?.kind, 'done');
      assert.equal(done?.kind === 'done' && done.object.size, bytes.byteLength);
      const head = await workers[0]?.head(order.target);
      if (kind === 'versitygw') assert.equal(head?.crc32, crc32(bytes));
      assert.equal((order.memory as ReturnType<typeof createMemory>).entries.size, 0, 'nothing is left to remember');
    });

    test('what a killed one left is sent by another, and only that', async () => {
      const bytes = bytesOf(6 * PART);
      const order = request(bytes.byteLength);
      await workers[0]?.openShared(order);
      const stop = new AbortController();
      const first = workers[0] as ObjectStore;
      const killed = send(first, { ...order, signal: stop.signal }, bytes, 1, 6);
      await proxy.answered('UploadPart', 2);
      stop.abort(new Error('killed'));
      await assert.rejects(killed, /killed/);
      const state = await workers[1]?.openShared(order);
      assert.ok(state?.kind === 'open');
      const kept = 6 - state.missing.length;
      assert.ok(kept >= 2, `${kept} parts are kept`);
      proxy.reset();
      assert.equal(await send(workers[1] as ObjectStore, order, bytes, 1, 6), 'completed');
      // what was on its way when it was killed may have arrived after all
      assert.ok(proxy.count('UploadPart') <= 6 - kept, `${proxy.count('UploadPart')} sent, ${kept} kept`);
      assert.ok((await content(order)).equals(bytes));
    });

    test('where all parts are there and nobody completed, whoever takes the last range does', async () => {
      const bytes = bytesOf(3 * PART);
      const order = request(bytes.byteLength);
      await workers[0]?.openShared(order);
      proxy.decide = (operation) => (operation === 'Complete' ? { status: 400, code: 'MalformedXML' } : 'pass');
      await assert.rejects(send(workers[0] as ObjectStore, order, bytes, 1, 3), { means: 'retry' });
      proxy.reset();
      const state = await workers[1]?.openShared(order);
      assert.deepEqual(state?.kind === 'open' && state.missing, [3]);
      assert.equal(await send(workers[1] as ObjectStore, order, bytes, 3, 3), 'completed');
      assert.equal(proxy.count('UploadPart'), 0);
      assert.ok((await content(order)).equals(bytes));
    });

    test('a range of an upload that is over, or of another content or plan, ends quietly', async () => {
      const bytes = bytesOf(3 * PART);
      const order = request(bytes.byteLength);
      const worker = workers[0] as ObjectStore;
      assert.equal(await send(worker, order, bytes, 1, 3), 'gone');
      await worker.openShared(order);
      assert.equal(await send(worker, { ...order, contentId: 'other' }, bytes, 1, 3), 'gone');
      const otherPlan = { ...order, reader: readerOf(bytes), partSize: 6 * MIB, first: 1, last: 2 };
      assert.equal(await worker.sendRange(otherPlan), 'gone');
      assert.equal(proxy.count('UploadPart'), 0);
      assert.equal(await send(worker, order, bytes, 1, 3), 'completed');
      assert.equal(await send(worker, order, bytes, 1, 3), 'gone');
      assert.equal(proxy.count('UploadPart'), 3);
    });

    test('two that find the list whole at the same time both end well', async () => {
      const bytes = bytesOf(2 * PART);
      for (let times = 0; times < 5; times += 1) {
        const order = request(bytes.byteLength);
        await workers[0]?.openShared(order);
        const ends: RangeEnd[] = await Promise.all([
          send(workers[0] as ObjectStore, order, bytes, 1, 2),
          send(workers[1] as ObjectStore, order, bytes, 1, 2),
        ]);
        assert.ok(ends.includes('completed'), `${ends}`);
        assert.ok((await content(order)).equals(bytes));
      }
    });

    test('bytes that differ from what the source vouches for never become an object', async () => {
      const bytes = bytesOf(2 * PART);
      const order = request(bytes.byteLength);
      const worker = workers[0] as ObjectStore;
      await worker.openShared(order);
      const reader = { ...readerOf(bytes), crc32: async () => crc32(bytes) ^ 1 };
      const range = { ...order, partSize: PART, first: 1, last: 2, reader };
      // SeaweedFS lists no checksums: there the finished object is read, and taken away again
      const code = kind === 'versitygw' ? 'SOURCE_CORRUPTED' : 'UPLOAD_CORRUPTED';
      await assert.rejects(worker.sendRange(range), { code, means: 'retry' });
      assert.equal(await worker.head(order.target), null);
      assert.equal((await worker.openShared(order)).kind, 'open');
      assert.equal(await send(worker, order, bytes, 1, 2), 'completed');
      assert.equal(proxy.count('UploadPart'), 4, 'which part it is nobody knows: all are sent again');
    });
  });
}
