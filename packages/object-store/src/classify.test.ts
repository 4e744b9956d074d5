import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Supersede } from '@geosluice/jobs';
import { classify, isUnsupported } from './classify.ts';
import type { ObjectStoreError } from './errors.ts';

function sdkError(name: string, status: number, headers: Record<string, string> = {}): Error {
  const error = Object.assign(new Error('says the store'), { $metadata: { httpStatusCode: status } });
  return Object.assign(error, { name, $response: { statusCode: status, headers } });
}
const judge = (error: unknown): ObjectStoreError => classify(error, 's3://b/k') as ObjectStoreError;

const cases: Array<[name: string, status: number, code: string, means: string, down: boolean]> = [
  ['SlowDown', 503, 'STORE_BUSY', 'retry', false],
  ['TooManyRequests', 429, 'STORE_BUSY', 'retry', false],
  ['ServiceUnavailable', 503, 'STORE_UNAVAILABLE', 'retry', true],
  ['InternalError', 500, 'STORE_ERROR', 'retry', false],
  ['AccessDenied', 403, 'STORE_FORBIDDEN', 'retry', true],
  ['InvalidAccessKeyId', 403, 'STORE_CREDENTIALS', 'retry', true],
  ['ExpiredToken', 400, 'STORE_CREDENTIALS', 'retry', true],
  ['RequestTimeTooSkewed', 403, 'STORE_CLOCK', 'retry', true],
  ['NoSuchBucket', 404, 'STORE_BUCKET', 'retry', true],
  ['PermanentRedirect', 301, 'STORE_BUCKET', 'retry', true],
  ['XMinioStorageFull', 507, 'STORE_FULL', 'retry', true],
  ['NoSuchKey', 404, 'OBJECT_MISSING', 'retry', false],
  ['PreconditionFailed', 412, 'OBJECT_CHANGED', 'retry', false],
  ['BadDigest', 400, 'UPLOAD_CORRUPTED', 'retry', false],
  ['EntityTooLarge', 400, 'STORE_REFUSED', 'reject', false],
  ['KeyTooLongError', 400, 'STORE_REFUSED', 'reject', false],
  ['InvalidObjectState', 403, 'SOURCE_ARCHIVED', 'reject', false],
];
for (const [name, status, code, means, down] of cases) {
  test(`${name} (${status}) is ${code}: ${means}${down ? ', and the store counts as down' : ''}`, () => {
    const error = judge(sdkError(name, status));
    assert.deepEqual([error.code, error.means, error.down, error.counterpart], [code, means, down, 's3']);
    assert.equal(error.subject, 's3://b/k');
    assert.match(error.message, /says the store/);
  });
}

test('a store that refuses connections, has no name or no trusted certificate is down; a cut connection is not', () => {
  for (const code of ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'CERT_HAS_EXPIRED']) {
    const error = judge(Object.assign(new Error('connect'), { code }));
    assert.deepEqual([error.code, error.down], ['STORE_UNREACHABLE', true]);
  }
  for (const error of [
    Object.assign(new Error('read'), { code: 'ECONNRESET' }),
    Object.assign(new Error('waited'), { name: 'TimeoutError' }),
    new Error('socket hang up'),
  ]) {
    assert.deepEqual([judge(error).code, judge(error).down], ['STORE_ERROR', false]);
  }
});

test('a wait the store asks for is kept, within an hour', () => {
  assert.equal(judge(sdkError('SlowDown', 503, { 'retry-after': '7' })).retryAfterMs, 7_000);
  assert.equal(judge(sdkError('SlowDown', 503, { 'retry-after': '99999' })).retryAfterMs, 3_600_000);
});

test('our own errors and bugs come out as they are', () => {
  const bug = new TypeError('x is undefined');
  assert.equal(classify(bug, 's3://b/k'), bug);
  const ours = new Supersede('newer');
  assert.equal(classify(ours, 's3://b/k'), ours);
  assert.equal(classify('text', 's3://b/k'), 'text');
});

test('a request the store does not know is told apart from one that failed', () => {
  assert.equal(isUnsupported(sdkError('NotImplemented', 501)), true);
  assert.equal(isUnsupported(sdkError('InvalidArgument', 400)), true);
  assert.equal(isUnsupported(sdkError('BadDigest', 400)), false);
  assert.equal(isUnsupported(sdkError('InternalError', 500)), false);
});
