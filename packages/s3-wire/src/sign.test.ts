import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EMPTY_PAYLOAD, encodeKey, Signer, writeQuery } from './sign.ts';

// the examples of "Authenticating Requests: Using the Authorization Header" in the Amazon S3 API reference
const CREDENTIALS = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
};
const NOW = new Date('2013-05-24T00:00:00Z');
const host = 'examplebucket.s3.amazonaws.com';

function signatureOf(request: Partial<Parameters<Signer['sign']>[0]>, signer = new Signer('us-east-1')): string {
  const all = { method: 'GET', path: '/', query: {}, payload: EMPTY_PAYLOAD, ...request };
  const headers = signer.sign({ ...all, headers: { host, ...request.headers } }, CREDENTIALS, NOW);
  return headers.authorization?.split('Signature=')[1] ?? '';
}

test('signatures are those of the reference', () => {
  const signer = new Signer('us-east-1');
  const get = signatureOf({ path: '/test.txt', headers: { range: 'bytes=0-9' } }, signer);
  assert.equal(get, 'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41');
  const put = signatureOf(
    {
      ...{ method: 'PUT', path: `/${encodeKey('test$file.text')}` },
      headers: { date: 'Fri, 24 May 2013 00:00:00 GMT', 'x-amz-storage-class': 'REDUCED_REDUNDANCY' },
      payload: '44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072',
    },
    signer,
  );
  assert.equal(put, '98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd');
  const lifecycle = signatureOf({ query: { lifecycle: '' } }, signer);
  assert.equal(lifecycle, 'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543');
  const list = signatureOf({ query: { prefix: 'J', 'max-keys': '2' } }, signer);
  assert.equal(list, '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7');
});

test('the key of the day is not taken for another day, secret or region', () => {
  const signer = new Signer('us-east-1');
  const request = { method: 'GET', path: '/a', query: {}, headers: { host }, payload: EMPTY_PAYLOAD };
  const sign = (credentials: typeof CREDENTIALS, now: Date): string =>
    signer.sign(request, credentials, now).authorization ?? '';
  const first = sign(CREDENTIALS, NOW);
  const fresh = new Signer('us-east-1').sign(request, CREDENTIALS, new Date('2013-05-25T00:00:00Z')).authorization;
  assert.equal(sign(CREDENTIALS, new Date('2013-05-25T00:00:00Z')), fresh);
  assert.notEqual(sign({ ...CREDENTIALS, secretAccessKey: 'other' }, NOW), first);
  assert.equal(sign(CREDENTIALS, NOW), first);
  assert.notEqual(new Signer('eu-west-1').sign(request, CREDENTIALS, NOW).authorization, first);
});

test('a session token is sent and signed', () => {
  const headers = new Signer('us-east-1').sign(
    { method: 'GET', path: '/a', query: {}, headers: { host }, payload: EMPTY_PAYLOAD },
    { ...CREDENTIALS, sessionToken: 'token' },
    NOW,
  );
  assert.equal(headers['x-amz-security-token'], 'token');
  assert.match(headers.authorization ?? '', /SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-security-token,/);
});

test('keys and queries are encoded as RFC 3986 has it', () => {
  assert.equal(encodeKey(`a b/c+d%2F/ä(1)*'!~.tif`), 'a%20b/c%2Bd%252F/%C3%A4%281%29%2A%27%21~.tif');
  assert.equal(writeQuery({ uploadId: 'a/b=', partNumber: '1' }), 'partNumber=1&uploadId=a%2Fb%3D');
});
