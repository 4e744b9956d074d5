import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, beforeEach, suite, test } from 'node:test';
import { crc32 } from 'node:zlib';
import { faultsOf, type Sink, startSink } from './sink.ts';

const MIB = 1024 ** 2;
const BYTES = Buffer.alloc(5 * MIB, 'abc');
const base64Of = (value: number): string => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes.toString('base64');
};
const CRC = base64Of(crc32(BYTES));
const WRONG = base64Of((crc32(BYTES) ^ 1) >>> 0);

suite('[bench] the sink', () => {
  let sink: Sink;
  before(async () => {
    sink = await startSink();
  });
  after(() => sink?.stop());
  beforeEach(() => sink.reset());

  const ask = (
    method: string,
    path: string,
    headers: Record<string, string> = {},
    body: NonNullable<RequestInit['body']> | null = null,
  ) =>
    fetch(`${sink.access.endpoint}/${sink.bucket}/${path}`, {
      method,
      headers,
      body,
    });
  const begin = async (key: string, headers: Record<string, string> = {}): Promise<string> => {
    const text = await (await ask('POST', `${key}?uploads`, headers)).text();
    return /<UploadId>(.*)<\/UploadId>/.exec(text)?.[1] ?? '';
  };
  const part = async (key: string, id: string, number: number, bytes: Buffer): Promise<string> => {
    const headers = { 'x-amz-checksum-crc32': base64Of(crc32(bytes)) };
    const answer = await ask('PUT', `${key}?partNumber=${number}&uploadId=${id}`, headers, bytes);
    assert.equal(answer.status, 200, await answer.text());
    return answer.headers.get('etag') ?? '';
  };
  const complete = async (
    key: string,
    id: string,
    parts: ReadonlyArray<readonly [number, string]>,
    headers: Record<string, string> = {},
  ): Promise<[status: number, text: string]> => {
    const list = parts.map(([number, etag]) => `<Part><PartNumber>${number}</PartNumber><ETag>${etag}</ETag></Part>`);
    const body = `<CompleteMultipartUpload>${list.join('')}</CompleteMultipartUpload>`;
    const answer = await ask('POST', `${key}?uploadId=${id}`, headers, body);
    return [answer.status, await answer.text()];
  };
  /** As SDKs send a body with its checksum after it. */
  const framed = (bytes: Buffer, trailer: string): Buffer =>
    Buffer.concat([
      Buffer.from(`${bytes.byteLength.toString(16)}\r\n`),
      bytes,
      Buffer.from(`\r\n0\r\nx-amz-checksum-crc32:${trailer}\r\n\r\n`),
    ]);
  const FRAMED = {
    'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
    'content-encoding': 'aws-chunked',
    'x-amz-trailer': 'x-amz-checksum-crc32',
  };
  const decoded = (length: number) => ({ ...FRAMED, 'x-amz-decoded-content-length': `${length}` });

  test('a body with its right CRC is taken, and its size and CRC are known', async () => {
    const answer = await ask('PUT', 'a.tif', { 'x-amz-checksum-crc32': CRC }, BYTES);
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get('x-amz-checksum-crc32'), CRC);
    const { objects, checked, badDigests } = await sink.stats();
    assert.deepEqual(objects, [{ bucket: sink.bucket, key: 'a.tif', size: BYTES.byteLength, crc32: crc32(BYTES) }]);
    assert.deepEqual([checked, badDigests], [1, 0]);
  });
  test('a body with a wrong CRC is refused and counted, and no object appears', async () => {
    const answer = await ask('PUT', 'a.tif', { 'x-amz-checksum-crc32': WRONG }, BYTES);
    assert.equal(answer.status, 400);
    assert.match(await answer.text(), /<Code>BadDigest<\/Code>/);
    const { objects, badDigests, refused } = await sink.stats();
    assert.deepEqual([objects.length, badDigests, refused], [0, 1, 1]);
  });
  for (const [header, algorithm] of [
    ['x-amz-checksum-sha256', 'sha256'],
    ['content-md5', 'md5'],
  ] as const) {
    test(`${header} is checked as well`, async () => {
      const right = createHash(algorithm).update(BYTES).digest('base64');
      const wrong = createHash(algorithm).update('other').digest('base64');
      assert.equal((await ask('PUT', 'a.tif', { [header]: right }, BYTES)).status, 200);
      assert.equal((await ask('PUT', 'b.tif', { [header]: wrong }, BYTES)).status, 400);
      assert.equal((await sink.stats()).badDigests, 1);
    });
  }
  test('a trailer is checked: right', async () => {
    const answer = await ask('PUT', 'a.tif', decoded(BYTES.byteLength), framed(BYTES, CRC));
    assert.equal(answer.status, 200, await answer.text());
    assert.equal((await sink.stats()).objects[0]?.size, BYTES.byteLength);
  });
  test('a trailer is checked: wrong', async () => {
    const answer = await ask('PUT', 'a.tif', decoded(BYTES.byteLength), framed(BYTES, WRONG));
    assert.equal(answer.status, 400);
    const { objects, badDigests } = await sink.stats();
    assert.deepEqual([objects.length, badDigests], [0, 1]);
  });
  test('a framed body of another length than it says is refused', async () => {
    const answer = await ask('PUT', 'a.tif', decoded(BYTES.byteLength + 1), framed(BYTES, CRC));
    assert.equal(answer.status, 400);
    assert.match(await answer.text(), /IncompleteBody/);
  });
  test('what came without a checksum is counted', async () => {
    assert.equal((await ask('PUT', 'a.tif', {}, BYTES)).status, 200);
    assert.equal((await sink.stats()).unchecked, 1);
  });

  test('parts that come out of order become the whole, whose CRC is that of its bytes', async () => {
    const second = Buffer.from('the end');
    const id = await begin('a.tif', { 'x-amz-checksum-algorithm': 'CRC32', 'x-amz-checksum-type': 'FULL_OBJECT' });
    const two = await part('a.tif', id, 2, second);
    const one = await part('a.tif', id, 1, BYTES);
    const whole = crc32(second, crc32(BYTES));
    const [status, text] = await complete(
      'a.tif',
      id,
      [
        [1, one],
        [2, two],
      ],
      { 'x-amz-checksum-crc32': base64Of(whole) },
    );
    assert.equal(status, 200, text);
    const { objects, uploads } = await sink.stats();
    assert.deepEqual([objects[0]?.size, objects[0]?.crc32, uploads], [BYTES.byteLength + 7, whole, 0]);
  });
  test('a list of parts out of order is refused', async () => {
    const id = await begin('a.tif');
    const [one, two] = [await part('a.tif', id, 1, BYTES), await part('a.tif', id, 2, BYTES)];
    const [status, text] = await complete('a.tif', id, [
      [2, two],
      [1, one],
    ]);
    assert.equal(status, 400);
    assert.match(text, /InvalidPartOrder/);
  });
  test('a small part in the middle is refused', async () => {
    const id = await begin('a.tif');
    const [one, two] = [await part('a.tif', id, 1, Buffer.from('x')), await part('a.tif', id, 2, BYTES)];
    const [status, text] = await complete('a.tif', id, [
      [1, one],
      [2, two],
    ]);
    assert.equal(status, 400);
    assert.match(text, /EntityTooSmall/);
  });
  test('a wrong checksum or size of the whole is refused, and the object does not appear', async () => {
    const id = await begin('a.tif', { 'x-amz-checksum-algorithm': 'CRC32', 'x-amz-checksum-type': 'FULL_OBJECT' });
    const one = await part('a.tif', id, 1, BYTES);
    const [digest, why] = await complete('a.tif', id, [[1, one]], { 'x-amz-checksum-crc32': WRONG });
    assert.equal(digest, 400);
    assert.match(why, /BadDigest/);
    const [size] = await complete('a.tif', id, [[1, one]], { 'x-amz-mp-object-size': '7' });
    assert.equal(size, 400);
    const { objects, badDigests, uploads } = await sink.stats();
    assert.deepEqual([objects.length, badDigests, uploads], [0, 1, 1]);
  });
  test('under If-None-Match the second is refused', async () => {
    assert.equal((await ask('PUT', 'a.tif', { 'if-none-match': '*' }, BYTES)).status, 200);
    assert.equal((await ask('PUT', 'a.tif', { 'if-none-match': '*' }, BYTES)).status, 412);
  });

  test('a generated object has the bytes its CRC tells, by ranges too', async () => {
    const size = 3 * MIB + 5;
    const made = await sink.generate('source', size);
    const whole = Buffer.from(await (await ask('GET', 'source')).arrayBuffer());
    assert.deepEqual([whole.byteLength, crc32(whole)], [size, made.crc32]);
    const slice = await ask('GET', 'source', { range: `bytes=${MIB - 3}-${MIB + 10}` });
    assert.equal(slice.status, 206);
    assert.deepEqual(Buffer.from(await slice.arrayBuffer()), whole.subarray(MIB - 3, MIB + 11));
  });

  test('what a client leaves is compared with what it was to bring', async () => {
    await ask('PUT', 'p/a.tif', { 'x-amz-checksum-crc32': CRC }, BYTES);
    await ask('PUT', 'p/b.tif', { 'x-amz-checksum-crc32': CRC }, BYTES);
    await begin('p/c.tif');
    const stats = await sink.stats();
    const expected = (key: string, size: number, crc: number) => ({
      bucket: sink.bucket,
      objects: new Map([[key, { size, crc32: crc }]]),
    });
    const size = BYTES.byteLength;
    assert.deepEqual(faultsOf({ ...stats, uploads: 0 }, expected('p/a.tif', size, crc32(BYTES)), 'p/a'), []);
    assert.match(faultsOf(stats, expected('p/a.tif', size, 7), 'p/').join(), /unfinished.*other bytes.*too many/);
    assert.match(faultsOf(stats, expected('p/a.tif', 7, 7), 'p/').join(), /has 5242880 bytes, not 7/);
    assert.match(faultsOf(stats, expected('p/z.tif', 7, 7), 'p/').join(), /z.tif is missing/);
    assert.match(faultsOf({ ...stats, badDigests: 2 }, expected('p/a.tif', size, 0), 'p/').join(), /2 wrong/);
  });
});
