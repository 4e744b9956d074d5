import assert from 'node:assert/strict';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { S3Client } from '@aws-sdk/client-s3';
import type { S3Location } from '@geosluice/jobs';
import { rejectsWith } from '../../test/conformance.ts';
import { openSources, type Source, type SourceErrorCode } from '../index.ts';

const NEVER = new AbortController().signal;
const RASTER: S3Location = { kind: 's3', bucket: 'inbox', key: 'a b/scene.tif' };
const PIN = { size: 10, etag: 'abc' };

/** What S3 says where the servers of the other tests cannot be made to. */
describe('an s3 source before an S3 in trouble', () => {
  let server: Server;
  let client: S3Client;
  let source: Source;
  let answer: RequestListener;
  before(async () => {
    server = createServer((request, response) => answer(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    client = clientAt((server.address() as AddressInfo).port);
    source = sourceOf(client);
  });
  after(() => {
    client.destroy();
    server.closeAllConnections();
    server.close();
  });

  const clientAt = (port: number): S3Client =>
    new S3Client({
      endpoint: `http://127.0.0.1:${port}`,
      region: 'us-east-1',
      forcePathStyle: true,
      maxAttempts: 1,
      credentials: { accessKeyId: 'key', secretAccessKey: 'a secret' },
    });
  const sourceOf = (s3: S3Client, timeoutMs = 30_000): Source =>
    openSources({ allow: { buckets: ['inbox'], hosts: [], roots: [] }, s3: { clientFor: () => s3 }, timeoutMs }).for(
      RASTER,
    );
  const refuseWith =
    (status: number, code: string, headers = {}): RequestListener =>
    (_, response) => {
      response.writeHead(status, { 'content-type': 'application/xml', ...headers });
      response.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>for a test</Message></Error>`);
    };
  const EMPTY = '<?xml version="1.0"?><ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>';
  /** A listing without surprises, and a HEAD of the raster with these headers. */
  const headWith =
    (headers: Record<string, string>): RequestListener =>
    (request, response) => {
      if (request.method === 'HEAD')
        response.writeHead(200, { etag: '"abc"', 'content-length': '10', ...headers }).end();
      else response.writeHead(200, { 'content-type': 'application/xml' }).end(EMPTY);
    };

  for (const [status, name, code, means, down] of [
    [403, 'AccessDenied', 'SOURCE_FORBIDDEN', 'reject', false],
    [403, 'RequestTimeTooSkewed', 'SOURCE_CLOCK_SKEW', 'retry', true],
    [403, 'InvalidAccessKeyId', 'SOURCE_CREDENTIALS', 'retry', true],
    [400, 'ExpiredToken', 'SOURCE_CREDENTIALS', 'retry', true],
    [404, 'XAdminUserNotFound', 'SOURCE_CREDENTIALS', 'retry', true],
    [404, 'NoSuchBucket', 'SOURCE_GONE', 'reject', false],
    [503, 'SlowDown', 'SOURCE_BUSY', 'retry', false],
    [500, 'InternalError', 'SOURCE_BUSY', 'retry', false],
    [301, 'PermanentRedirect', 'SOURCE_UNREADABLE', 'reject', false],
    [400, 'InvalidBucketName', 'SOURCE_UNREADABLE', 'reject', false],
  ] as const) {
    it(`takes ${status} ${name} for ${code}`, async () => {
      answer = refuseWith(status, name, { 'retry-after': '1' });
      for (const work of [
        () => source.list({ ...RASTER, key: 'a b/' }, { signal: NEVER }),
        () => source.look(RASTER, NEVER),
      ]) {
        const error = await rejectsWith(code satisfies SourceErrorCode, work);
        assert.deepEqual([error.means, error.down, error.counterpart, error.retryAfterMs], [means, down, 's3', 1000]);
        assert.match(error.message, new RegExp(name));
        assert.match(error.subject ?? '', /^s3:\/\/inbox\/a b\//);
      }
    });
  }

  it('says what to do about a clock', async () => {
    answer = refuseWith(403, 'RequestTimeTooSkewed');
    const error = await rejectsWith('SOURCE_CLOCK_SKEW', () => source.look(RASTER, NEVER));
    assert.match(error.message, /clocks .* differ too much/);
  });

  it('knows an archived object at the first look, and one that was restored', async () => {
    for (const headers of [
      { 'x-amz-storage-class': 'GLACIER' },
      { 'x-amz-storage-class': 'DEEP_ARCHIVE', 'x-amz-restore': 'ongoing-request="true"' },
      { 'x-amz-storage-class': 'INTELLIGENT_TIERING', 'x-amz-archive-status': 'ARCHIVE_ACCESS' },
    ]) {
      answer = headWith(headers);
      await rejectsWith('SOURCE_ARCHIVED', () => source.look(RASTER, NEVER));
    }
    for (const headers of [
      { 'x-amz-storage-class': 'GLACIER', 'x-amz-restore': 'ongoing-request="false", expiry-date="…"' },
      { 'x-amz-storage-class': 'GLACIER_IR' },
    ]) {
      answer = headWith(
        Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value.replace('…', 'x')])),
      );
      assert.equal((await source.look(RASTER, NEVER)).raster.fingerprint.size, 10);
    }
    answer = refuseWith(403, 'InvalidObjectState');
    const reader = await source.open(RASTER, PIN, NEVER);
    await rejectsWith('SOURCE_ARCHIVED', () => reader.readInto(0, new Uint8Array(3)));
  });

  it('sees through a store that ignores If-Match, or the range, or ends early', async () => {
    const body = Buffer.from('0123456789');
    for (const [headers, status, sent, code] of [
      [{ etag: '"other"', 'content-range': 'bytes 2-5/10' }, 206, body.subarray(2, 6), 'SOURCE_CHANGED'],
      [{ etag: '"abc"', 'content-range': 'bytes 2-5/11' }, 206, body.subarray(2, 6), 'SOURCE_CHANGED'],
      [{ etag: '"abc"' }, 200, body, 'SOURCE_NOT_RANGED'],
      [{ etag: '"abc"', 'content-range': 'bytes 1-4/10' }, 206, body.subarray(1, 5), 'SOURCE_NOT_RANGED'],
    ] as const) {
      answer = (request, response) => {
        assert.equal(request.headers['if-match'], '"abc"');
        assert.equal(request.headers.range, 'bytes=2-5');
        response.writeHead(status, { ...headers, 'content-length': sent.length }).end(sent);
      };
      const reader = await source.open(RASTER, PIN, NEVER);
      await rejectsWith(code, () => reader.readInto(2, new Uint8Array(4)));
    }
    answer = (_, response) => {
      response.writeHead(206, { etag: '"abc"', 'content-range': 'bytes 2-5/10', 'content-length': '4' });
      response.write(body.subarray(2, 4), () => response.destroy());
    };
    const reader = await source.open(RASTER, PIN, NEVER);
    assert.equal((await rejectsWith('SOURCE_CUT_SHORT', () => reader.readInto(2, new Uint8Array(4)))).means, 'retry');
  });

  it('gives up a store that accepts and never answers, or stops in the middle', async () => {
    const impatient = sourceOf(client, 200);
    answer = () => {};
    await rejectsWith('SOURCE_TIMEOUT', () => impatient.list({ ...RASTER, key: '' }, { signal: NEVER }));
    answer = (_, response) => {
      response.writeHead(206, { etag: '"abc"', 'content-range': 'bytes 0-9/10', 'content-length': '10' });
      response.write('01234');
    };
    const reader = await impatient.open(RASTER, PIN, NEVER);
    await rejectsWith('SOURCE_TIMEOUT', () => reader.readInto(0, new Uint8Array(10)));
    await rejectsWith('SOURCE_TIMEOUT', async () => {
      for await (const chunk of (await impatient.stream(RASTER, NEVER)).body) assert.equal(chunk.length, 5);
    });
    const controller = new AbortController();
    const reading = reader.readInto(0, new Uint8Array(10), controller.signal);
    const reason = new Error('the lock is lost');
    controller.abort(reason);
    await assert.rejects(reading, reason);
  });

  it('holds the queue where nobody listens', async () => {
    const gone = createServer();
    await new Promise<void>((resolve) => gone.listen(0, '127.0.0.1', resolve));
    const { port } = gone.address() as AddressInfo;
    await new Promise((resolve) => gone.close(resolve));
    const nobody = clientAt(port);
    const error = await rejectsWith('SOURCE_AWAY', () =>
      sourceOf(nobody).list({ ...RASTER, key: '' }, { signal: NEVER }),
    );
    assert.deepEqual([error.means, error.down], ['retry', true]);
    nobody.destroy();
  });
});
