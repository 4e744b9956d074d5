import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { crc32 } from 'node:zlib';
import { type S3Client, UploadPartCommand } from '@aws-sdk/client-s3';
import { Supersede } from '@geosluice/jobs';
import type { S3Server } from '../../../test/counterparts/s3.ts';
import type { S3Proxy } from '../testing/proxy.ts';
import { PART, STORE_KINDS, startStore } from '../testing/stores.ts';
import { bytesOf, createFileMemory, createMemory, MIB, readerOf, sha256 } from '../testing/support.ts';
import { createObjectStore, createS3Client, type ObjectStore, ObjectStoreError, type UploadRequest } from './index.ts';

const child = fileURLToPath(new URL('../testing/upload-child.ts', import.meta.url));

for (const kind of STORE_KINDS) {
  describe(`uploads to ${kind}`, () => {
    let server: S3Server;
    let proxy: S3Proxy;
    let client: S3Client;
    let store: ObjectStore;
    let keys = 0;

    before(async () => {
      ({ server, proxy } = await startStore(kind));
      client = createS3Client({
        endpoint: proxy.endpoint,
        region: server.region,
        accessKeyId: server.accessKey,
        secretAccessKey: server.secretKey,
      });
      store = createObjectStore({ client, partSize: PART, maxPartsInFlight: 3 });
    });
    after(async () => {
      client?.destroy();
      await proxy?.close();
      await server?.stop();
    });

    const request = (bytes: Uint8Array, more: Partial<UploadRequest> = {}): UploadRequest => {
      keys += 1;
      return {
        reader: readerOf(bytes),
        target: { bucket: server.bucket, key: `in/d${keys}/scene.tif` },
        memory: createMemory(),
        contentId: 'content-1',
        signal: new AbortController().signal,
        ...more,
      };
    };

    const content = async (target: UploadRequest['target']): Promise<Buffer> => {
      const found = await store.get(target, { maxBytes: 100 * MIB });
      assert.ok(found !== null);
      return found.body;
    };

    for (const size of [1, PART - 1, PART, PART + 1, 2 * PART, 40 * MIB + 7]) {
      test(`${size} bytes arrive as they are, with type, metadata and checksum`, async () => {
        proxy.reset();
        const bytes = bytesOf(size);
        const order = request(bytes, { metadata: { 'geosluice-dataset': 'dabc' } });
        const progress: number[] = [];
        const stored = await store.upload({ ...order, onProgress: (done) => progress.push(done) });
        assert.equal(stored.size, size);
        assert.equal(stored.checksum, `crc32:${crc32(bytes).toString(16).padStart(8, '0')}`);
        assert.equal(stored.owned, true);
        assert.ok((await content(order.target)).equals(bytes));
        const head = await store.head(order.target);
        assert.equal(head?.contentType, 'image/tiff');
        assert.equal(head?.etag, stored.etag);
        const noted = crc32(bytes).toString(16).padStart(8, '0');
        assert.deepEqual(head?.metadata, {
          ...{ 'geosluice-dataset': 'dabc', 'geosluice-content': 'content-1' },
          ...(size <= PART ? { 'geosluice-crc32': noted } : {}),
        });
        if (size > PART) assert.equal(head?.crc32, crc32(bytes));
        assert.equal(progress.at(-1), size);
        assert.equal(proxy.count('UploadPart'), size <= PART ? 0 : Math.ceil(size / PART));
        assert.deepEqual(store.stats().buffers.lent, 0);
      });
    }

    test('an upload that was done is not done again, and other content is neither taken for it nor replaced', async () => {
      const bytes = bytesOf(12 * MIB);
      const order = request(bytes);
      const first = await store.upload(order);
      proxy.reset();
      assert.deepEqual(await store.upload(order), first);
      assert.equal(proxy.count('UploadPart') + proxy.count('Put') + proxy.count('CreateUpload'), 0);
      await assert.rejects(store.upload({ ...order, contentId: 'content-2' }), {
        name: 'ObjectStoreError',
        code: 'STORE_REFUSED',
        means: 'reject',
      });
      assert.ok((await content(order.target)).equals(bytes));
    });

    test('overwriting replaces other content, small and large', async () => {
      for (const size of [10, 12 * MIB]) {
        const order = request(bytesOf(size));
        await store.upload(order);
        const other = bytesOf(size, 'other');
        await store.upload({ ...order, reader: readerOf(other), contentId: 'content-2', overwrite: true });
        assert.ok((await content(order.target)).equals(other));
      }
    });

    test('a process killed with -9 leaves parts that are not sent again', async (t) => {
      const folder = await mkdtemp(join(tmpdir(), 'geosluice-upload-'));
      t.after(() => rm(folder, { recursive: true, force: true }));
      const memory = join(folder, 'memory.json');
      await writeFile(memory, '{}');
      const size = 8 * PART + 5;
      const target = { bucket: server.bucket, key: 'in/killed/scene.tif' };
      proxy.reset();
      // four parts get through; the others hang until the process is killed
      proxy.decide = (operation, number) => (operation === 'UploadPart' && number > 4 ? 'hold' : 'pass');
      const { accessKey, secretKey } = server;
      const UPLOAD_ORDER = JSON.stringify({
        ...target,
        ...{ endpoint: proxy.endpoint, accessKey, secretKey, memory, size, partSize: PART },
      });
      const running = spawn(process.execPath, [child], { env: { ...process.env, UPLOAD_ORDER }, stdio: 'inherit' });
      await proxy.answered('UploadPart', 4);
      await proxy.seen('UploadPart', 7);
      running.kill('SIGKILL');
      await once(running, 'exit');
      proxy.reset();
      const bytes = bytesOf(size);
      const reader = readerOf(bytes);
      const order = { ...request(bytes), reader, target, memory: createFileMemory(memory) };
      const stored = await store.upload(order);
      assert.equal(proxy.parts().length, 9 - 4, `parts ${proxy.parts()} were sent`);
      assert.equal(proxy.count('CreateUpload'), 0);
      assert.equal(stored.checksum, `crc32:${crc32(bytes).toString(16).padStart(8, '0')}`);
      assert.ok((await content(target)).equals(bytes));
      assert.equal(await order.memory.recall(`s3://${target.bucket}/${target.key}`), null);
    });

    test('a shutdown leaves the upload to be continued; the checksum is still that of the whole', async () => {
      proxy.reset();
      const bytes = bytesOf(6 * PART);
      const stop = new AbortController();
      const order = request(bytes, { expectedSha256: sha256(bytes) });
      const reason = new Error('shutdown');
      proxy.decide = (operation, number) => (operation === 'UploadPart' && number > 2 ? 'hold' : 'pass');
      const interrupted = store.upload({ ...order, signal: stop.signal });
      void proxy.answered('UploadPart', 2).then(() => stop.abort(reason));
      await assert.rejects(interrupted, reason);
      assert.equal(store.stats().buffers.lent, 0);
      assert.equal(proxy.count('Abort'), 0);
      proxy.reset();
      const stored = await store.upload(order);
      assert.equal(stored.checksum, `sha256:${sha256(bytes)}`);
      assert.equal(proxy.parts().length, 4, `parts ${proxy.parts()} were sent`);
      assert.ok((await content(order.target)).equals(bytes));
    });

    const leaveUnfinished = async (bytes: Buffer): Promise<ReturnType<typeof request>> => {
      proxy.reset();
      proxy.decide = (operation) => (operation === 'Complete' ? { status: 400, code: 'InvalidPartOrder' } : 'pass');
      const order = request(bytes);
      await assert.rejects(store.upload(order), { code: 'STORE_ERROR', means: 'retry', counterpart: 's3' });
      proxy.reset();
      return order;
    };

    test('a remembered upload of other content is begun anew', async () => {
      const bytes = bytesOf(3 * PART);
      const order = await leaveUnfinished(bytes);
      await store.upload({ ...order, contentId: 'content-2' });
      assert.equal(proxy.count('UploadPart'), 3);
      assert.equal(proxy.count('Abort'), 1);
      assert.ok((await content(order.target)).equals(bytes));
    });

    test('a remembered upload goes on in parts of its own size, whatever is wanted by now', async () => {
      const bytes = bytesOf(3 * PART);
      const order = await leaveUnfinished(bytes);
      await store.upload({ ...order, partSize: 6 * MIB });
      assert.equal(proxy.count('UploadPart'), 0);
      assert.equal(proxy.count('CreateUpload'), 0);
      assert.ok((await content(order.target)).equals(bytes));
    });

    test('a part that lies in the store with other bytes or another length is sent again', async () => {
      const bytes = bytesOf(3 * PART);
      const order = request(bytes);
      proxy.reset();
      proxy.decide = (operation) => (operation === 'Complete' ? { status: 500, code: 'InternalError' } : 'pass');
      // as if the first part had been cut short and the second damaged on the way there
      const wrong = Buffer.from(bytes);
      wrong.fill(0, PART, PART + 100);
      await assert.rejects(store.upload({ ...order, reader: readerOf(wrong) }), { code: 'STORE_ERROR' });
      const text = [...(order.memory as ReturnType<typeof createMemory>).entries.values()][0] ?? '';
      const { uploadId } = JSON.parse(text) as { uploadId: string };
      const ids = { Bucket: order.target.bucket, Key: order.target.key, UploadId: uploadId };
      await client.send(new UploadPartCommand({ ...ids, PartNumber: 1, Body: bytes.subarray(0, 100) }));
      proxy.reset();
      await store.upload({ ...order, expectedSha256: sha256(bytes) });
      // SeaweedFS keeps both of a part's uploads for a while and may list the good one
      assert.ok(proxy.parts().includes(2) && !proxy.parts().includes(3), `parts ${proxy.parts()} were sent`);
      if (kind === 'versitygw') assert.deepEqual(proxy.parts(), [1, 2]);
      assert.ok((await content(order.target)).equals(bytes));
    });

    test('an upload whose UploadId was lost, or aborted by a sweep, begins anew', async () => {
      const bytes = bytesOf(3 * PART);
      const order = request(bytes);
      proxy.reset();
      proxy.decide = (operation) => (operation === 'Complete' ? { status: 500, code: 'InternalError' } : 'pass');
      await assert.rejects(store.upload(order));
      const prefix = order.target.key.replace(/[^/]*$/, '');
      const later = { now: () => Date.now() + 3_600_000 };
      assert.equal(await store.abortStale(order.target.bucket, prefix, 60_000), 0, 'young ones are left alone');
      assert.equal(await store.abortStale(order.target.bucket, 'in/elsewhere/', 60_000, later), 0);
      assert.equal(await store.abortStale(order.target.bucket, prefix, 60_000, later), 1);
      proxy.reset();
      await store.upload(order);
      assert.equal(proxy.count('UploadPart'), 3);
      proxy.reset();
      const lost = request(bytes);
      proxy.decide = (operation) => (operation === 'Complete' ? { status: 500, code: 'InternalError' } : 'pass');
      await assert.rejects(store.upload(lost));
      proxy.reset();
      await store.upload({ ...lost, memory: createMemory() });
      assert.equal(proxy.count('UploadPart'), 3);
      assert.ok((await content(lost.target)).equals(bytes));
    });

    test('an upload that is aborted by someone else while it runs is begun anew in the same call', async () => {
      proxy.reset();
      const bytes = bytesOf(4 * PART);
      const order = request(bytes);
      const reader = readerOf(bytes, async (offset) => {
        if (offset === 3 * PART && proxy.count('CreateUpload') === 1) await store.abandon(order.target, order.memory);
      });
      const stored = await store.upload({ ...order, reader });
      assert.equal(stored.size, bytes.length);
      assert.equal(proxy.count('CreateUpload'), 2);
      assert.ok((await content(order.target)).equals(bytes));
    });

    test('a completion whose answer is lost is found by looking', async () => {
      proxy.reset();
      const bytes = bytesOf(2 * PART + 1);
      const order = request(bytes);
      proxy.decide = (operation) => (operation === 'Complete' ? 'cut' : 'pass');
      const stored = await store.upload(order);
      assert.equal(stored.size, bytes.length);
      assert.equal(proxy.count('UploadPart'), 3);
      assert.ok((await content(order.target)).equals(bytes));
    });

    test('a small put whose answer is lost is found by looking', async () => {
      proxy.reset();
      const bytes = bytesOf(1000);
      const order = request(bytes);
      proxy.decide = (operation, number) => (operation === 'Put' && number === 1 ? 'cut' : 'pass');
      await store.upload(order);
      assert.equal(proxy.count('Put'), 2);
      assert.ok((await content(order.target)).equals(bytes));
    });

    test('racers on one key all succeed with the same content; of two contents one wins and one is told', async () => {
      proxy.reset();
      const later = { now: () => Date.now() + 3_600_000 };
      await store.abortStale(server.bucket, 'in/', 0, later);
      for (const size of [1000, 2 * PART + 9]) {
        const bytes = bytesOf(size);
        const order = request(bytes);
        const memory = createMemory();
        const racers = [order, { ...order, memory: createMemory() }, { ...order, memory }, { ...order, memory }];
        const stored = await Promise.all(racers.map((racer) => store.upload(racer)));
        assert.deepEqual(new Set(stored.map(({ etag }) => etag)).size, 1);
        assert.ok((await content(order.target)).equals(bytes));
        const rivals = request(bytes);
        const other = bytesOf(size, 'other');
        const outcomes = await Promise.allSettled([
          store.upload(rivals),
          store.upload({ ...rivals, memory: createMemory(), reader: readerOf(other), contentId: 'content-2' }),
        ]);
        const lost = outcomes.filter((outcome) => outcome.status === 'rejected');
        assert.equal(lost.length, 1);
        assert.equal(lost[0]?.reason.code, 'STORE_REFUSED');
        const won = outcomes[0]?.status === 'fulfilled' ? bytes : other;
        assert.ok((await content(rivals.target)).equals(won));
      }
      const left = await store.abortStale(server.bucket, 'in/', 0, later);
      assert.equal(left, 0, 'racers leave no parts behind');
    });

    test('a source that changes midway supersedes, and its parts are given back', async () => {
      proxy.reset();
      const bytes = bytesOf(4 * PART);
      const order = request(bytes);
      const reader = readerOf(bytes, (offset) => {
        if (offset >= 2 * PART) throw new Supersede('the source changed');
      });
      await assert.rejects(store.upload({ ...order, reader }), { means: 'supersede' });
      assert.equal(proxy.count('Abort'), 1);
      assert.equal(proxy.count('Complete'), 0);
      assert.equal(await store.head(order.target), null);
      assert.equal((order.memory as ReturnType<typeof createMemory>).entries.size, 0);
      assert.equal(store.stats().buffers.lent, 0);
    });

    test('a source that does not match its checksum never appears, small or large', async () => {
      for (const size of [1000, 3 * PART]) {
        proxy.reset();
        const bytes = bytesOf(size);
        const damaged = Buffer.from(bytes);
        damaged[size >> 1] = (damaged[size >> 1] ?? 0) ^ 1;
        const order = request(damaged, { expectedSha256: sha256(bytes) });
        await assert.rejects(store.upload(order), {
          code: 'CHECKSUM_MISMATCH',
          means: 'reject',
          counterpart: 'source',
        });
        assert.equal(await store.head(order.target), null);
        assert.equal(proxy.count('Complete') + proxy.count('Put'), 0);
      }
    });

    test('an object uploaded without a checksum is verified against one that comes later', async () => {
      const bytes = bytesOf(3 * PART);
      const order = request(bytes);
      await store.upload(order);
      proxy.reset();
      await store.upload({ ...order, expectedSha256: sha256(bytes) });
      assert.equal(proxy.count('UploadPart'), 0);
      await assert.rejects(store.upload({ ...order, expectedSha256: '0'.repeat(64) }), { code: 'CHECKSUM_MISMATCH' });
    });

    test('bytes damaged on the way are refused by the store, and the upload says so', async () => {
      proxy.reset();
      const bytes = bytesOf(2 * PART);
      proxy.decide = (operation, number) => (operation === 'UploadPart' && number === 2 ? 'flip' : 'pass');
      const order = request(bytes);
      await assert.rejects(store.upload(order), { code: 'UPLOAD_CORRUPTED', means: 'retry', down: false });
      assert.equal(await store.head(order.target), null);
      const small = request(bytesOf(100));
      proxy.reset();
      proxy.decide = (operation) => (operation === 'Put' ? 'flip' : 'pass');
      await assert.rejects(store.upload(small), { code: 'UPLOAD_CORRUPTED' });
      proxy.reset();
      await store.upload(order);
      assert.ok((await content(order.target)).equals(bytes));
    });

    test('one failing part stops its siblings at once, and the next attempt goes on', async () => {
      proxy.reset();
      const bytes = bytesOf(8 * PART);
      const order = request(bytes);
      let reads = 0;
      const reader = readerOf(bytes, () => {
        reads += 1;
        if (reads === 3)
          throw new ObjectStoreError('retry', 'STORE_ERROR', 'the source is away', { counterpart: 'source' });
      });
      await assert.rejects(store.upload({ ...order, reader }), { message: 'the source is away' });
      assert.ok(reads <= 5, `${reads} reads after the failure`);
      assert.equal(proxy.count('Abort'), 0);
      assert.equal(store.stats().buffers.lent, 0);
      proxy.reset();
      await store.upload(order);
      assert.ok((await content(order.target)).equals(bytes));
    });

    test('memory stays within the bound, however many uploads run and however large they are', async () => {
      proxy.reset();
      const small = createObjectStore({ client, partSize: PART, maxPartsInFlight: 4, memoryBytes: 3 * PART });
      const bytes = bytesOf(30 * MIB);
      await Promise.all([1, 2, 3].map(() => small.upload(request(bytes))));
      const { highest, lent } = small.stats().buffers;
      assert.ok(highest <= 3 * PART, `${highest} bytes of buffers`);
      assert.equal(lent, 0);
      assert.ok(proxy.highest('UploadPart') >= 2, 'parts travel in parallel');
      assert.ok(proxy.highest('UploadPart') <= 3);
    });

    test('a fence that says no leaves nothing visible, and the parts for the next attempt', async () => {
      proxy.reset();
      const bytes = bytesOf(2 * PART);
      const order = request(bytes);
      const fence = (): Promise<void> => Promise.reject(new Supersede('a higher generation'));
      await assert.rejects(store.upload({ ...order, fence }), { means: 'supersede' });
      assert.equal(await store.head(order.target), null);
      proxy.reset();
      await store.upload(order);
      assert.equal(proxy.count('UploadPart'), 0);
    });

    test('a store that knows neither conditions nor checksums is served without them', async () => {
      proxy.reset();
      const bytes = bytesOf(2 * PART + 1);
      const order = request(bytes);
      proxy.decide = (operation, _, { headers }) => {
        if (headers['if-none-match'] !== undefined) return { status: 501, code: 'NotImplemented' };
        if (operation === 'CreateUpload' && headers['x-amz-checksum-algorithm'] !== undefined) {
          return { status: 501, code: 'NotImplemented' };
        }
        // no checksum comes back: the MD5 in the ETag must do
        return operation === 'UploadPart' ? { header: ['x-amz-checksum-crc32', undefined] } : 'pass';
      };
      await store.upload(order);
      assert.ok((await content(order.target)).equals(bytes));
      const small = request(bytesOf(10));
      await store.upload(small);
      assert.ok((await content(small.target)).equals(bytesOf(10)));
    });

    test('an error of the memory is not taken for one of the store', async () => {
      const away = Object.assign(new Error('redis is away'), { code: 'ECONNREFUSED' });
      const memory = { ...createMemory(), recall: () => Promise.reject(away) };
      await assert.rejects(store.upload({ ...request(bytesOf(2 * PART)), memory }), (error) => error === away);
    });

    test('an empty file is refused', async () => {
      await assert.rejects(store.upload(request(Buffer.alloc(0))), { code: 'EMPTY_FILE', means: 'reject' });
    });
  });
}
