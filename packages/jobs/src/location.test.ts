import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  baseNameOf,
  datasetIdOf,
  datasetIdSchema,
  describeLocation,
  formatLocation,
  parseLocation,
} from './location.ts';

const ODD_KEYS = [
  'a b+c#d?e%20.tif',
  '../x//y.tif',
  'ümlaut/é.tif',
  '🌍/x.tif',
  'line\nbreak.tif',
  '%2F..tif',
  "quote';x.tif",
  '.',
  '',
];

test('an s3 uri keeps any key as it is, both ways', () => {
  for (const key of ODD_KEYS) {
    const location = { kind: 's3', bucket: 'inbox', key } as const;
    assert.deepEqual(parseLocation(formatLocation(location)), location);
  }
});

test('a file uri is percent-encoded, both ways', () => {
  for (const path of ['/data/a b.tif', '/data/100%.tif', '/data/#1?.tif', '/data/é.tif', '/data/dir/']) {
    const location = { kind: 'file', path } as const;
    assert.deepEqual(parseLocation(formatLocation(location)), location);
  }
});

test('the same file always has the same id, another file another', () => {
  const id = datasetIdOf(parseLocation('s3://inbox/a/dem.tif'));
  assert.equal(
    id,
    datasetIdOf({ kind: 's3', bucket: 'inbox', key: 'a/dem.tif', versionId: 'v2' }),
    'whatever its version',
  );
  assert.notEqual(id, datasetIdOf(parseLocation('s3://inbox/b/dem.tif')));
  assert.equal(datasetIdSchema.safeParse(id).success, true);
});

test('composed and decomposed letters are two keys and two datasets', () => {
  const key = 'é.tif';
  const nfc = datasetIdOf({ kind: 's3', bucket: 'b', key: key.normalize('NFC') });
  assert.notEqual(nfc, datasetIdOf({ kind: 's3', bucket: 'b', key: key.normalize('NFD') }));
});

test('a text that is no source is refused with what would be right', () => {
  for (const text of ['', 'x.tif', '/data/x.tif', 's3:///x.tif', 'ftp://host/x.tif', 'https://', 'gs://b/k']) {
    assert.throws(() => parseLocation(text), { code: 'INVALID_OPTIONS' }, text);
  }
});

test('what is told of an https source has neither query nor password', () => {
  const location = parseLocation('https://user:secret@host.test/a/x.tif?X-Amz-Signature=abc');
  assert.equal(describeLocation(location), 'https://host.test/a/x.tif');
});

test('the base name is the last segment', () => {
  assert.equal(baseNameOf(parseLocation('s3://b/a/x+y.tif')), 'x+y.tif');
  assert.equal(baseNameOf(parseLocation('https://h.test/a/K%C3%B6ln.tif?x=1')), 'Köln.tif');
  assert.equal(baseNameOf(parseLocation('file:///a/b%20c.tif')), 'b c.tif');
});
