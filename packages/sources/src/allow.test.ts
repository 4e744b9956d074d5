import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Location, parseLocation } from '@geosluice/jobs';
import { contains, openSources } from './index.ts';

const s3 = (uri: string): Location => parseLocation(uri);

describe('the allow-list', () => {
  const sources = openSources({
    allow: { buckets: ['inbox', 'shared/incoming/'], hosts: ['data.example.org'], roots: ['/data/in'] },
  });

  it('lets pass what is named and nothing else', () => {
    for (const uri of [
      's3://inbox/a.tif',
      's3://inbox/',
      's3://shared/incoming/a.tif',
      'file:///data/in/a.tif',
      'file:///data/in/',
      'https://data.example.org/a.tif',
    ]) {
      assert.equal(sources.allowed(s3(uri)), true, uri);
    }
    for (const uri of [
      's3://inbox2/a.tif',
      's3://shared/a.tif',
      's3://shared/incoming',
      'file:///data/input/a.tif',
      'file:///data/in/%2E%2E/secret.tif',
      'file:///etc/passwd',
      'http://data.example.org/a.tif',
      'https://data.example.net/a.tif',
      'https://user:password@data.example.org/a.tif',
    ]) {
      assert.equal(sources.allowed(s3(uri)), false, uri);
      assert.throws(() => sources.for(s3(uri)), { code: 'SOURCE_NOT_ALLOWED', means: 'reject' }, uri);
    }
  });

  it('says what would have to be added, and no secret', () => {
    assert.throws(() => sources.checkAllowed(s3('s3://other/a.tif')), /add the bucket other to the allowed buckets/);
    assert.throws(
      () => sources.checkAllowed(s3('http://a.example.org:81/x?token=secret')),
      (error: Error) => {
        assert.match(error.message, /add http:\/\/a\.example\.org:81 to the allowed hosts/);
        assert.doesNotMatch(error.message, /secret/);
        return true;
      },
    );
  });

  it('is asked again for every location a source is given', async () => {
    const source = sources.for(s3('file:///data/in/'));
    const signal = new AbortController().signal;
    await assert.rejects(source.look(s3('file:///etc/passwd'), signal), { code: 'SOURCE_NOT_ALLOWED' });
    await assert.rejects(source.list(s3('file:///etc/'), { signal }), { code: 'SOURCE_NOT_ALLOWED' });
  });

  it('refuses a root that is no absolute path', () => {
    assert.throws(() => openSources({ allow: { buckets: [], hosts: [], roots: ['data'] } }), {
      code: 'INVALID_OPTIONS',
    });
  });
});

describe('containment', () => {
  it('goes by keys and by paths', () => {
    assert.equal(contains(s3('s3://b/in/'), s3('s3://b/in/out/')), true);
    assert.equal(contains(s3('s3://b/in/'), s3('s3://b/into/')), false);
    assert.equal(contains(s3('s3://b'), s3('s3://b/x')), true);
    assert.equal(contains(s3('s3://b/in/'), s3('s3://c/in/')), false);
    assert.equal(contains(s3('file:///a/'), s3('file:///a/b/')), true);
    assert.equal(contains(s3('file:///a/'), s3('file:///ab/')), false);
    assert.equal(contains(s3('file:///a/'), s3('s3://a/')), false);
  });
});
