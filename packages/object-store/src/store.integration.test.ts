import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, get as httpGet, type IncomingMessage } from 'node:http';
import { after, before, describe, test } from 'node:test';
import type { S3Client } from '@aws-sdk/client-s3';
import type { S3Server } from '../../../test/counterparts/s3.ts';
import type { S3Proxy } from '../testing/proxy.ts';
import { PART, STORE_KINDS, startStore } from '../testing/stores.ts';
import { bytesOf, createMemory, MIB, readerOf, sha256 } from '../testing/support.ts';
import { type CopyRequest, createObjectStore, createS3Client, type ObjectStore, type PinnedObject } from './index.ts';

const signal = new AbortController().signal;

for (const kind of STORE_KINDS) {
  describe(`objects in ${kind}`, () => {
    let server: S3Server;
    let proxy: S3Proxy;
    let client: S3Client;
    let store: ObjectStore;

    before(async () => {
      ({ server, proxy } = await startStore(kind));
      client = createS3Client({
        endpoint: proxy.endpoint,
        region: server.region,
        accessKeyId: server.accessKey,
        secretAccessKey: server.secretKey,
      });
      store = createObjectStore({
        client,
        partSize: PART,
        maxPartsInFlight: 3,
        copyObjectMaxBytes: 2 * PART,
        copyPartSize: PART,
      });
    });
    after(async () => {
      client?.destroy();
      await proxy?.close();
      await server?.stop();
    });

    const at = (key: string): { bucket: string; key: string } => ({ bucket: server.bucket, key });
    const bodyOf = async (key: string): Promise<Buffer | undefined> =>
      (await store.get(at(key), { maxBytes: 100 * MIB }))?.body;
    const place = async (key: string, bytes: Buffer): Promise<PinnedObject> => {
      const { etag } = await store.put(at(key), bytes, { contentType: 'image/tiff' });
      return { ...at(key), etag, size: bytes.length };
    };
    const copyOf = (from: PinnedObject, key: string, more: Partial<CopyRequest> = {}): CopyRequest => ({
      ...{ from, target: at(key), memory: createMemory(), contentId: 'content-1', signal },
      ...more,
    });

    test('a small object is put once, read back within a bound, and deleted twice', async () => {
      const options = { contentType: 'application/xml', metadata: { 'geosluice-dataset': 'dx' }, ifNoneMatch: true };
      const first = await store.put(at('small/a b+ü.xml'), '<a/>', options);
      assert.equal(first.created, true);
      assert.deepEqual(await store.put(at('small/a b+ü.xml'), '<b/>', options), { etag: first.etag, created: false });
      const found = await store.get(at('small/a b+ü.xml'), { maxBytes: 4 });
      assert.equal(found?.body.toString(), '<a/>');
      assert.equal(found?.contentType, 'application/xml');
      assert.deepEqual(found?.metadata, { 'geosluice-dataset': 'dx' });
      await assert.rejects(store.get(at('small/a b+ü.xml'), { maxBytes: 3 }), { code: 'OBJECT_CHANGED' });
      await assert.rejects(store.deleteObject(at('small/a b+ü.xml'), { etag: 'other' }), { code: 'OBJECT_CHANGED' });
      await store.deleteObject(at('small/a b+ü.xml'), { etag: first.etag });
      await store.deleteObject(at('small/a b+ü.xml'));
      assert.equal(await store.head(at('small/a b+ü.xml')), null);
      assert.equal(await store.get(at('small/a b+ü.xml'), { maxBytes: 4 }), null);
    });

    test('a bucket that is not there, wrong keys and a closed port mean that the store is down', async () => {
      const put = { contentType: 'text/plain' };
      await assert.rejects(store.put({ bucket: 'no-such-bucket-here', key: 'k' }, 'x', put), {
        code: 'STORE_BUCKET',
        down: true,
        counterpart: 's3',
      });
      const access = { region: server.region, accessKeyId: 'nobody', secretAccessKey: 'nothing', maxAttempts: 1 };
      const wrong = createS3Client({ ...access, endpoint: server.endpoint });
      await assert.rejects(createObjectStore({ client: wrong }).put(at('k'), 'x', put), { down: true, means: 'retry' });
      wrong.destroy();
      const closed = createS3Client({ ...access, endpoint: 'http://127.0.0.1:1' });
      await assert.rejects(createObjectStore({ client: closed }).put(at('k'), 'x', put), {
        code: 'STORE_UNREACHABLE',
        down: true,
      });
      closed.destroy();
    });

    for (const size of [1, 2 * PART, 2 * PART + 1, 4 * PART + 77]) {
      test(`${size} bytes are copied inside of the store, with our metadata`, async () => {
        proxy.reset();
        const bytes = bytesOf(size);
        const from = await place(`inbox/${size} a+b.tif`, bytes);
        proxy.reset();
        const request = copyOf(from, `copies/${size}.tif`);
        const stored = await store.copy(request);
        assert.ok((await bodyOf(`copies/${size}.tif`))?.equals(bytes));
        assert.equal(stored.size, size);
        const head = await store.head(request.target);
        assert.equal(head?.metadata['geosluice-content'], 'content-1');
        assert.equal(head?.contentType, 'image/tiff');
        assert.equal(proxy.count('UploadPart') + proxy.count('Put'), 0, 'no bytes pass through the client');
        assert.equal(proxy.count('UploadPartCopy'), size > 2 * PART ? Math.ceil(size / PART) : 0);
        proxy.reset();
        assert.equal((await store.copy(request)).etag, stored.etag);
        assert.equal(proxy.count('UploadPartCopy') + proxy.count('Copy'), 0, 'a second copy finds the first');
      });
    }

    test('a copy that broke off goes on from the parts the store has', async () => {
      const bytes = bytesOf(4 * PART);
      const from = await place('inbox/broken.tif', bytes);
      const request = copyOf(from, 'copies/broken.tif');
      proxy.reset();
      proxy.decide = (operation) => (operation === 'Complete' ? { status: 500, code: 'InternalError' } : 'pass');
      await assert.rejects(store.copy(request), { code: 'STORE_ERROR' });
      proxy.reset();
      await store.copy(request);
      assert.equal(proxy.count('UploadPartCopy'), 0);
      assert.ok((await bodyOf('copies/broken.tif'))?.equals(bytes));
    });

    test('a source that changed supersedes, before and while it is copied; one that is gone is the source’s trouble', async () => {
      for (const size of [100, 3 * PART]) {
        const from = await place(`inbox/changing${size}.tif`, bytesOf(size));
        const early = copyOf({ ...from, etag: '0'.repeat(32) }, `copies/changing${size}.tif`);
        await assert.rejects(store.copy(early), { means: 'supersede' });
        const fence = size > 2 * PART ? undefined : async () => void (await place(from.key, bytesOf(size, 'other')));
        proxy.reset();
        let changed = false;
        proxy.decide = (operation) => {
          if (operation === 'UploadPartCopy' && !changed) {
            changed = true;
            return { status: 412, code: 'PreconditionFailed' };
          }
          return 'pass';
        };
        await assert.rejects(store.copy(copyOf(from, `copies/changing${size}.tif`, { fence })), { means: 'supersede' });
        assert.equal(await store.head(at(`copies/changing${size}.tif`)), null);
      }
      const gone = { ...at('inbox/gone.tif'), etag: 'e', size: 3 };
      await assert.rejects(store.copy(copyOf(gone, 'copies/gone.tif')), { code: 'SOURCE_GONE', counterpart: 'source' });
      proxy.reset();
      proxy.decide = (operation, number) =>
        operation === 'Head' && number === 2 ? { status: 403, code: 'AccessDenied' } : 'pass';
      await assert.rejects(store.copy(copyOf(gone, 'copies/gone.tif')), {
        code: 'SOURCE_FORBIDDEN',
        means: 'reject',
        down: false,
      });
    });

    test('a copy is checked against the checksum that came with the file, and never replaces other content', async () => {
      proxy.reset();
      const bytes = bytesOf(3 * PART);
      const from = await place('inbox/checked.tif', bytes);
      const wrong = copyOf(from, 'copies/checked.tif', { expectedSha256: '0'.repeat(64) });
      await assert.rejects(store.copy(wrong), { code: 'CHECKSUM_MISMATCH' });
      assert.equal(await store.head(wrong.target), null);
      const right = copyOf(from, 'copies/checked.tif', { expectedSha256: sha256(bytes) });
      assert.equal((await store.copy(right)).checksum, `sha256:${sha256(bytes)}`);
      await assert.rejects(store.copy({ ...right, contentId: 'content-2' }), { code: 'STORE_REFUSED' });
    });

    test('a store that refuses to copy so much at once is asked part by part', async () => {
      const bytes = bytesOf(PART + 9);
      const from = await place('inbox/large.tif', bytes);
      proxy.reset();
      proxy.decide = (operation) => (operation === 'Copy' ? { status: 400, code: 'InvalidRequest' } : 'pass');
      await store.copy(copyOf(from, 'copies/large.tif'));
      assert.equal(proxy.count('UploadPartCopy'), 2);
      assert.ok((await bodyOf('copies/large.tif'))?.equals(bytes));
    });

    test('a chunked HTTP answer of unknown length is spooled with its hash', async (t) => {
      proxy.reset();
      const bytes = bytesOf(21 * MIB + 3);
      const web = createServer((_request, response) => {
        for (let offset = 0; offset < bytes.length; offset += 100_000) {
          response.write(bytes.subarray(offset, offset + 100_000));
        }
        response.end();
      }).listen(0, '127.0.0.1');
      await once(web, 'listening');
      t.after(() => web.close());
      const { port } = web.address() as { port: number };
      const [answer] = (await once(httpGet({ port, agent: false }), 'response')) as [IncomingMessage];
      assert.equal(answer.headers['content-length'], undefined);
      const spooled = await store.spool({ body: answer, target: at('spool/a.tif'), maxBytes: 100 * MIB, signal });
      assert.equal(spooled.size, bytes.length);
      assert.equal(spooled.checksum, `sha256:${createHash('sha256').update(bytes).digest('hex')}`);
      assert.ok((await bodyOf('spool/a.tif'))?.equals(bytes));
      assert.ok(proxy.count('UploadPart') >= 2);
    });

    test('a spooled body that is too long, empty or breaks off leaves no object and no parts', async () => {
      const target = at('spool/b.tif');
      async function* body(pieces: number, failure?: Error): AsyncGenerator<Uint8Array> {
        for (let piece = 0; piece < pieces; piece += 1) yield bytesOf(MIB);
        if (failure !== undefined) throw failure;
      }
      const spool = (pieces: AsyncIterable<Uint8Array>, stop = signal) =>
        store.spool({ body: pieces, target, maxBytes: 20 * MIB, signal: stop });
      await assert.rejects(spool(body(25)), { code: 'SOURCE_TOO_LARGE', means: 'reject' });
      await assert.rejects(spool(body(0)), { code: 'EMPTY_FILE' });
      const failure = Object.assign(new Error('the web server went away'), { code: 'ECONNRESET' });
      await assert.rejects(spool(body(18, failure)), (error) => error === failure);
      const stop = new AbortController();
      async function* stopping(): AsyncGenerator<Uint8Array> {
        for (let piece = 0; piece < 18; piece += 1) {
          if (piece === 17) stop.abort(new Error('shutdown'));
          yield bytesOf(MIB);
        }
      }
      await assert.rejects(spool(stopping(), stop.signal), /shutdown/);
      const silent = new AbortController();
      async function* hanging(): AsyncGenerator<Uint8Array> {
        yield bytesOf(9 * MIB);
        setImmediate(() => silent.abort(new Error('shutdown')));
        await new Promise(() => {});
      }
      await assert.rejects(spool(hanging(), silent.signal), /shutdown/);
      assert.equal(await store.head(target), null);
      const later = { now: () => Date.now() + 3_600_000 };
      assert.equal(await store.abortStale(server.bucket, 'spool/', 0, later), 0);
    });

    test('an object is proved readable by its size, ETag and both ends', async () => {
      proxy.reset();
      const bytes = bytesOf(300_000);
      const object = await place('proof/a.tif', bytes);
      await store.proveReadable(object);
      assert.equal(proxy.count('Get'), 2);
      await assert.rejects(store.proveReadable({ ...object, size: 299_999 }), { code: 'OBJECT_CHANGED' });
      await assert.rejects(store.proveReadable({ ...object, etag: 'other' }), { code: 'OBJECT_CHANGED' });
      await assert.rejects(store.proveReadable({ ...object, key: 'proof/none.tif' }), { code: 'OBJECT_MISSING' });
      proxy.decide = (operation) => (operation === 'Get' ? { status: 403, code: 'AccessDenied' } : 'pass');
      await assert.rejects(store.proveReadable(object), { code: 'STORE_FORBIDDEN' });
      proxy.reset();
    });

    test('a reader gives exact ranges of one content, and supersedes when the content changes', async () => {
      proxy.reset();
      const bytes = bytesOf(200_000);
      const object = await place('read/a.tif', bytes);
      const reader = store.reader(object);
      const middle = Buffer.alloc(70_000);
      await reader.readInto(1000, middle);
      assert.ok(middle.equals(bytes.subarray(1000, 71_000)));
      await assert.rejects(reader.readInto(199_999, Buffer.alloc(2)), RangeError);
      const stored = await store.upload({
        ...{ reader, target: at('read/copy.tif'), memory: createMemory(), contentId: 'c', signal },
      });
      assert.equal(stored.size, bytes.length);
      await place('read/a.tif', bytesOf(200_000, 'other'));
      await assert.rejects(reader.readInto(0, middle), { means: 'supersede' });
      const unread = store.upload({
        ...{ reader, target: at('read/copy2.tif'), memory: createMemory(), contentId: 'c', signal },
      });
      await assert.rejects(unread, { means: 'supersede', counterpart: 's3' });
    });

    test('deleting a prefix takes all of it, page by page, and nothing beside it', async () => {
      proxy.reset();
      const keys = Array.from({ length: 1005 }, (_, index) => `gone/d1/${index}`);
      const queue = [...keys, 'gone/d10/stays', 'gone/d1.txt'];
      const put = async (): Promise<void> => {
        for (let key = queue.pop(); key !== undefined; key = queue.pop()) {
          await store.put(at(key), 'x', { contentType: 'text/plain' });
        }
      };
      await Promise.all(Array.from({ length: 16 }, put));
      assert.equal(await store.deletePrefix(server.bucket, 'gone/d1/'), 1005);
      assert.equal(await store.deletePrefix(server.bucket, 'gone/d1/'), 0);
      assert.notEqual(await store.head(at('gone/d10/stays')), null);
      assert.notEqual(await store.head(at('gone/d1.txt')), null);
      for (const prefix of ['', '/', 'gone/d1']) {
        await assert.rejects(store.deletePrefix(server.bucket, prefix), RangeError);
      }
    });

    test('parts travel on few kept connections, and none asks before it sends', async () => {
      proxy.reset();
      const before = proxy.connections();
      let expecting = 0;
      proxy.decide = (_operation, _number, { headers }) => {
        if (headers.expect !== undefined) expecting += 1;
        return 'pass';
      };
      const bytes = bytesOf(12 * PART);
      await store.upload({
        ...{ reader: readerOf(bytes), target: at('kept.tif'), memory: createMemory(), contentId: 'c', signal },
      });
      assert.equal(proxy.count('UploadPart'), 12);
      assert.equal(expecting, 0);
      assert.ok(proxy.connections() - before <= 3, `${proxy.connections() - before} new connections`);
    });
  });
}
