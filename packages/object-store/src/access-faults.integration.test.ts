import assert from 'node:assert/strict';
import { after, before, describe, mock, test } from 'node:test';
import { type CredentialsEndpoint, startCredentials } from '../testing/credentials.ts';
import { clockAhead, tokenEndsAt } from '../testing/proxy.ts';
import { openBench, PART, STORE_KINDS, type TestBench } from '../testing/stores.ts';
import { bytesOf } from '../testing/support.ts';

const MINUTE = 60_000;

for (const kind of STORE_KINDS) {
  describe(`credentials and clocks at ${kind}`, () => {
    let bench: TestBench;
    let credentials: CredentialsEndpoint;
    before(async () => {
      credentials = await startCredentials();
      bench = await openBench(kind);
    });
    after(async () => {
      await bench?.close();
      await credentials?.close();
    });
    const chain = { accessKeyId: undefined, secretAccessKey: undefined };

    test('credentials that expire at any request of an upload are fetched anew, once, and the upload goes on', async () => {
      const bytes = bytesOf(2 * PART + 1);
      bench.proxy.reset();
      await bench.store.upload(bench.request(bytes));
      const count = bench.proxy.requests().length;
      for (let last = 1; last <= count; last += 1) {
        bench.proxy.reset();
        bench.proxy.decide = tokenEndsAt(last);
        const before = credentials.given();
        const order = bench.request(bytes);
        await bench.open({}, chain).upload(order);
        assert.ok((await bench.content(order.target))?.equals(bytes), `request ${last} of ${count}`);
        assert.equal(credentials.given() - before, 2, `request ${last} of ${count}`);
        assert.ok(bench.proxy.count('UploadPart') <= 6, 'no part is sent for nothing');
      }
    });

    test('credentials that expire while an object is read are fetched anew', async () => {
      const bytes = bytesOf(3000);
      const order = bench.request(bytes);
      const { etag, size } = await bench.store.upload(order);
      bench.proxy.reset();
      bench.proxy.decide = tokenEndsAt(2);
      const reader = bench.open({}, chain).reader({ ...order.target, etag, size });
      const back = Buffer.alloc(3000);
      for (const offset of [0, 1000, 2000]) await reader.readInto(offset, back.subarray(offset, offset + 1000));
      assert.ok(back.equals(bytes));
    });

    for (const ahead of [20, -20]) {
      test(`a store whose clock is ${ahead} minutes ahead is followed, for files of any size`, async () => {
        bench.proxy.reset();
        bench.proxy.decide = clockAhead(ahead * MINUTE);
        const store = bench.open();
        for (const size of [1000, 2 * PART + 1]) {
          const bytes = bytesOf(size);
          const order = bench.request(bytes);
          await store.upload(order);
          assert.ok((await bench.content(order.target))?.equals(bytes));
        }
        // each of the two planes is told once
        assert.equal(store.stats().retries, 1);
        assert.ok(bench.proxy.count('CreateUpload') <= 2);
        assert.equal(bench.proxy.count('Complete'), 1);
      });

      test(`this machine’s own clock may be ${ahead} minutes wrong for the real server`, async () => {
        bench.proxy.reset();
        const bytes = bytesOf(PART + 1);
        const order = bench.request(bytes);
        const store = bench.open({}, { endpoint: bench.server.endpoint });
        mock.timers.enable({ apis: ['Date'], now: Date.now() + ahead * MINUTE });
        try {
          await store.upload(order);
        } finally {
          mock.timers.reset();
        }
        assert.ok((await bench.content(order.target))?.equals(bytes));
      });
    }
  });
}
