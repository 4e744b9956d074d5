import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import { crc32FromBase64, crc32OfAnswer, crc32ToBase64 } from './checksum.ts';

test('base64 goes both ways and composite checksums are not mistaken for plain ones', () => {
  assert.equal(crc32ToBase64(crc32('123456789')), 'y/Q5Jg==');
  assert.equal(crc32FromBase64('y/Q5Jg=='), 0xcbf43926);
  assert.equal(crc32FromBase64('oK+zsQ==-2'), null);
  assert.equal(crc32FromBase64(undefined), null);
  const headers = { 'x-amz-checksum-crc32': 'y/Q5Jg==' };
  assert.equal(crc32OfAnswer(headers), 0xcbf43926);
  assert.equal(crc32OfAnswer({ ...headers, 'x-amz-checksum-type': 'FULL_OBJECT' }), 0xcbf43926);
  assert.equal(crc32OfAnswer({ ...headers, 'x-amz-checksum-type': 'COMPOSITE' }), null);
});
