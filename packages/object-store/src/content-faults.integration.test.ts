import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { crc32 } from 'node:zlib';
import type { RangeReader } from '@geosluice/jobs';
import { openSources } from '../../sources/src/index.ts';
import { openBench, PART, STORE_KINDS, type TestBench } from '../testing/stores.ts';
import { bytesOf, MIB, readerOf } from '../testing/support.ts';

for (const kind of STORE_KINDS) {
  describe(`wrong bytes to and from ${kind}`, { concurrency: 4 }, () => {
    let bench: TestBench;
    before(async () => {
      bench = await openBench(kind);
    });
    after(() => bench?.close());

    for (const [what, size, at] of [
      ['the first byte of a small file', 1000, 0],
      ['a byte within a small file', 300_000, 123_456],
      ['the last byte of a part', 2 * PART, PART - 1],
      ['a byte of the last part, which is short', 2 * PART + 77, 5],
    ] as const) {
      test(`${what} changes on its way up: it is told, nothing appears, and the next attempt sends it`, async () => {
        const bytes = bytesOf(size);
        const order = bench.request(bytes);
        const last = Math.ceil(size / PART);
        bench.befall(order.target, (operation, _, { url }) => {
          const hit = size <= PART ? operation === 'Put' : url?.includes(`partNumber=${at === 5 ? last : 1}&`);
          return hit ? { flip: 'request', at } : 'pass';
        });
        await assert.rejects(bench.store.upload(order), { code: 'UPLOAD_CORRUPTED', means: 'retry', down: false });
        const left = await bench.content(order.target);
        assert.ok(left === null);
        bench.befall(order.target, () => 'pass');
        await bench.store.upload(order);
        assert.ok((await bench.content(order.target))?.equals(bytes));
      });
    }

    test('a byte of an object of another endpoint changes on its way here: it never lands, and is read again', async () => {
      const sources = openSources({
        allow: { buckets: [bench.server.bucket], hosts: [], roots: [] },
        s3: { clientFor: () => bench.client },
      });
      for (const size of [300_000, 2 * PART + 9]) {
        const bytes = bytesOf(size);
        const { target: origin, ...rest } = bench.request(bytes);
        await bench.store.upload({ ...rest, target: origin });
        bench.befall(origin, (operation, number) =>
          operation === 'Get' && number === 1 ? { flip: 'answer', at: 200_000 } : 'pass',
        );
        const location = { kind: 's3', ...origin } as const;
        const source = sources.for(location);
        const { raster } = await source.look(location, rest.signal);
        const reader = await source.open(location, raster.fingerprint, rest.signal);
        const order = bench.request(bytes, { reader });
        await assert.rejects(bench.store.upload(order), { code: 'SOURCE_CORRUPTED', means: 'retry' });
        assert.ok((await bench.content(order.target)) === null);
        await bench.store.upload(order);
        assert.ok((await bench.content(order.target))?.equals(bytes));
      }
      await sources.close();
    });

    test('a byte that changes on its way from a source that vouches for nothing is found by a full read-back', async () => {
      const careful = bench.open({ verify: 'full' });
      for (const size of [300_000, 2 * PART + 9]) {
        const bytes = bytesOf(size);
        const sound = readerOf(bytes);
        let reads = 0;
        const readInto: RangeReader['readInto'] = async (offset, target, signal) => {
          await sound.readInto(offset, target, signal);
          reads += 1;
          if (reads === 1) target[0] = (target[0] ?? 0) ^ 1;
        };
        const order = bench.request(bytes, { reader: { size, readInto } });
        await assert.rejects(careful.upload(order), { code: 'UPLOAD_CORRUPTED', means: 'retry' });
        assert.ok((await bench.content(order.target)) === null, 'what is not right is not left there');
        await careful.upload(order);
        assert.ok((await bench.content(order.target))?.equals(bytes));
      }
    });

    test('a store that changes a byte after it took it is found out by a full read-back, and it is sent again', async () => {
      const careful = bench.open({ verify: 'full' });
      for (const size of [300_000, 2 * PART + 9]) {
        const bytes = bytesOf(size);
        const order = bench.request(bytes);
        const asked = bench.befall(order.target, (operation) =>
          operation === 'Get' ? { flip: 'answer', at: 250_000 } : 'pass',
        );
        await assert.rejects(careful.upload(order), { code: 'UPLOAD_CORRUPTED', means: 'retry' });
        assert.ok(asked('Get') >= 1);
        assert.ok((await bench.content(order.target)) === null, 'what is not right is not left there');
        bench.befall(order.target, () => 'pass');
        await careful.upload(order);
        assert.ok((await bench.content(order.target))?.equals(bytes));
      }
    });

    test('one that lost the end of an object is found out by samples', async () => {
      const careful = bench.open({ verify: 'sample' });
      const bytes = bytesOf(2 * PART + 9);
      const order = bench.request(bytes);
      const asked = bench.befall(order.target, (operation, _, { headers }) => {
        const end = `${headers.range}`.endsWith(`-${bytes.length - 1}`);
        return operation === 'Get' && end ? { flip: 'answer', at: 100 } : 'pass';
      });
      await assert.rejects(careful.upload(order), { code: 'UPLOAD_CORRUPTED', means: 'retry' });
      assert.ok(asked('Get') >= 2);
      bench.befall(order.target, () => 'pass');
      await careful.upload(order);
      assert.ok((await bench.content(order.target))?.equals(bytes));
    });

    test('what is read back is as much as the policy says', async () => {
      const bytes = bytesOf(4 * MIB);
      const read: number[] = [];
      for (const verify of ['head', 'sample', 'full'] as const) {
        const order = bench.request(bytes);
        let length = 0;
        bench.befall(order.target, (operation, _, { headers }) => {
          const [, first, last] = /bytes=(\d+)-(\d+)/.exec(`${headers.range}`) ?? [];
          if (operation === 'Get') length += Number(last) - Number(first) + 1;
          return 'pass';
        });
        await bench.open({ verify }).upload(order);
        read.push(length);
      }
      assert.deepEqual(read, [0, 16 * 65_536, bytes.length]);
    });

    test('a store that forgets to tell how large an object is loses none', async () => {
      const bytes = bytesOf(PART + 1);
      const order = bench.request(bytes);
      bench.befall(order.target, (operation) =>
        operation === 'Head' ? { header: ['content-length', undefined] } : 'pass',
      );
      await assert.rejects(bench.store.upload(order), { code: 'STORE_ERROR', means: 'retry' });
      bench.befall(order.target, () => 'pass');
      await bench.store.upload(order);
      assert.ok((await bench.content(order.target))?.equals(bytes));
      const empty = bench.request(bytes);
      await bench.store.put(empty.target, '', { contentType: 'text/plain' });
      assert.equal((await bench.store.head(empty.target))?.size, 0);
    });

    test('parts that went, or changed, in the store meanwhile are sent again: what it lists is the truth', async () => {
      const bytes = bytesOf(3 * PART);
      const order = bench.request(bytes);
      bench.befall(order.target, (operation) =>
        operation === 'Complete' ? { status: 400, code: 'InvalidPartOrder' } : 'pass',
      );
      await assert.rejects(bench.store.upload(order), { code: 'STORE_ERROR' });
      const sent: string[] = [];
      bench.befall(order.target, (operation, _, { url }) => {
        if (operation === 'UploadPart') sent.push(/partNumber=(\d+)/.exec(`${url}`)?.[1] ?? '');
        // the list has lost the second part
        const lose = (body: string) =>
          body.replace(/<Part>(?:(?!<\/Part>).)*<PartNumber>2<\/PartNumber>.*?<\/Part>/s, '');
        return operation === 'ListParts' ? { rewrite: lose } : 'pass';
      });
      await bench.store.upload(order);
      assert.deepEqual(sent, ['2']);
      assert.ok((await bench.content(order.target))?.equals(bytes));
    });
  });
}

test('a small file that is sent again under a condition is found, however large its refused body was', async (t) => {
  const bench = await openBench('versitygw');
  t.after(() => bench.close());
  const direct = bench.open({}, { endpoint: bench.server.endpoint });
  const bytes = bytesOf(4 * MIB);
  const order = bench.request(bytes);
  await direct.upload(order);
  for (let time = 0; time < 12; time += 1) await direct.upload({ ...order, reader: readerOf(bytes) });
  assert.ok((await bench.content(order.target))?.equals(bytes));
});

test('a store that knows no checksums is held to its ETags, and what it took wrong does not stay', async (t) => {
  const bench = await openBench('versitygw', { unknown: /^x-amz-(sdk-)?checksum|^x-amz-trailer/ });
  t.after(() => bench.close());
  for (const size of [300_000, PART + MIB]) {
    const bytes = bytesOf(size);
    const order = bench.request(bytes);
    bench.befall(order.target, (operation, number) =>
      number === 1 && (operation === 'Put' || operation === 'UploadPart') ? { flip: 'request', at: 77 } : 'pass',
    );
    await assert.rejects(bench.store.upload(order), { code: 'UPLOAD_CORRUPTED', means: 'retry' });
    assert.ok((await bench.content(order.target)) === null);
    const stored = await bench.store.upload(order);
    assert.ok((await bench.content(order.target))?.equals(bytes));
    assert.equal(stored.checksum, `crc32:${crc32(bytes).toString(16).padStart(8, '0')}`);
  }
});
