import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AnswerReader } from './answer.ts';

/** Feeds an answer in pieces of so many bytes, into the buffers the reader names. */
function feed(text: string, size: number, method = 'GET', into: Uint8Array | null = null): AnswerReader {
  const reader = new AnswerReader(Buffer.allocUnsafeSlow(64));
  reader.expect(method, into);
  const bytes = Buffer.from(text, 'latin1');
  for (let offset = 0; offset < bytes.byteLength; ) {
    const target = reader.next();
    const count = Math.min(size, target.byteLength, bytes.byteLength - offset);
    target.set(bytes.subarray(offset, offset + count));
    reader.take(target.subarray(0, count));
    offset += count;
  }
  return reader;
}

const SIZES = [1, 2, 3, 7, 16, 63, 64];

for (const size of SIZES) {
  test(`an answer that comes ${size} bytes at a time is read whole`, () => {
    const plain = feed('HTTP/1.1 200 OK\r\nETag: "a"\r\nContent-Length: 5\r\n\r\nhello', size);
    assert.ok(plain.done && plain.keepAlive);
    assert.deepEqual(plain.answer(), {
      status: 200,
      headers: { etag: '"a"', 'content-length': '5' },
      body: Buffer.from('hello'),
    });
    const chunked = feed(
      'HTTP/1.1 403 No\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\nA\r\n0123456789\r\n0\r\nX-T: 1\r\n\r\n',
      size,
    );
    assert.ok(chunked.done);
    assert.equal(chunked.answer().body.toString(), 'hello0123456789');
    const empty = feed('HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n', size);
    assert.ok(empty.done && !empty.keepAlive);
    const early = feed('HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', size);
    assert.ok(early.done);
    assert.equal(early.answer().status, 200);
    const head = feed('HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n', size, 'HEAD');
    assert.ok(head.done);
    assert.equal(head.answer().headers['content-length'], '500');
  });

  test(`a body that comes ${size} bytes at a time lies in the caller's buffer`, () => {
    const into = Buffer.alloc(11);
    const fixed = feed('HTTP/1.1 206 Part\r\nContent-Length: 11\r\n\r\nhello world', size, 'GET', into);
    assert.ok(fixed.done);
    assert.equal(into.toString(), 'hello world');
    assert.equal(fixed.answer().body.byteLength, 0);
    into.fill(0);
    const chunks = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nhello \r\n5\r\nworld\r\n0\r\n\r\n';
    assert.ok(feed(chunks, size, 'GET', into).done);
    assert.equal(into.toString(), 'hello world');
    into.fill(0);
    const ended = feed('HTTP/1.0 200 OK\r\n\r\nhello world', size, 'GET', into);
    assert.ok(!ended.done && ended.end() && !ended.keepAlive);
    assert.equal(into.toString(), 'hello world');
  });
}

test('an error does not go into the buffer that was meant for the object', () => {
  const into = Buffer.alloc(11);
  const reader = feed('HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\nabc', 7, 'GET', into);
  assert.equal(reader.answer().body.toString(), 'abc');
  assert.ok(into.equals(Buffer.alloc(11)));
});

test('what is not as long as it was asked for is refused, not cut or padded', () => {
  const into = Buffer.alloc(11);
  const refuse = (text: string): void => assert.throws(() => feed(text, 16, 'GET', into), { code: 'ERR_ANSWER' });
  refuse('HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n');
  refuse('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n');
  refuse('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n');
  refuse('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nC\r\nhello world!\r\n');
  const short = feed('HTTP/1.0 200 OK\r\n\r\nhello', 16, 'GET', into);
  assert.equal(short.end(), false);
  const cut = feed('HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nhello', 16, 'GET', into);
  assert.equal(cut.end(), false);
});

test('what is not HTTP is refused', () => {
  const refuse = (text: string): void => assert.throws(() => feed(text, 64), { code: 'ERR_ANSWER' });
  refuse('SSH-2.0-OpenSSH_9.2\r\n\r\n');
  refuse('HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n');
  refuse('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n');
  refuse('HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nab');
  refuse(`HTTP/1.1 200 OK\r\n${`X-Long: ${'a'.repeat(1000)}\r\n`.repeat(70)}`);
  refuse(`HTTP/1.1 200 OK\r\nContent-Length: 9000000\r\n\r\n${'a'.repeat(8_500_000)}`);
});
