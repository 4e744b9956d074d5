import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DEFAULT_RULES } from '../names.ts';
import { readCursor, writeCursor } from './cursor.ts';
import { firstOpenFamily } from './hold-back.ts';
import { bareEtag, decodeListedKey } from './keys.ts';
import { readPage } from './list.ts';

describe('keys of a listing', () => {
  it('are decoded where the server says that it encoded them, and only there', () => {
    assert.equal(decodeListedKey('a+b%2Bc%0A%F0%9F%8C%8D.tif', 'url'), 'a b+c\n🌍.tif');
    assert.equal(decodeListedKey('a+b%2Bc.tif', undefined), 'a+b%2Bc.tif');
    assert.equal(decodeListedKey('100%.tif', 'url'), '100%.tif', 'an encoder that did not encode');
  });

  it('come from contents and prefixes alike, with ETags bare', () => {
    const answer = {
      EncodingType: 'url',
      IsTruncated: true,
      NextContinuationToken: 'a+b',
      Contents: [{ Key: 'p+q/a%2Bb.tif', Size: 3, ETag: '"abc-2"' }],
      CommonPrefixes: [{ Prefix: 'p+q/%23/' }],
    } as const;
    assert.deepEqual(
      readPage({ ...answer, Contents: [...answer.Contents], CommonPrefixes: [...answer.CommonPrefixes] }, 's3://b/'),
      {
        objects: [{ key: 'p q/a+b.tif', name: 'a+b.tif', size: 3, etag: 'abc-2', modified: undefined }],
        prefixes: ['p q/#/'],
        token: 'a+b',
      },
    );
  });

  it('are not made up from an answer that is no listing, or half of one', () => {
    assert.throws(() => readPage({}, 's3://b/'), { code: 'SOURCE_UNREADABLE' });
    assert.throws(() => readPage({ IsTruncated: true, Contents: [{ Key: 'a' }] }, 's3://b/'), {
      code: 'SOURCE_UNREADABLE',
    });
    assert.deepEqual(readPage({ IsTruncated: false }, 's3://b/'), { objects: [], prefixes: [], token: null });
  });

  it('have ETags without quotes, strong and weak', () => {
    assert.equal(bareEtag('"abc"'), 'abc');
    assert.equal(bareEtag('W/"abc"'), 'W/abc');
    assert.equal(bareEtag('abc'), 'abc');
    assert.equal(bareEtag(''), undefined);
    assert.equal(bareEtag(undefined), undefined);
  });
});

describe('a listing that stops within a family', () => {
  const open = (...names: string[]) => firstOpenFamily(names, DEFAULT_RULES);

  it('is taken up again at its first name, raster or sidecar', () => {
    assert.equal(open('a.tif', 'a.xml', 'b.tif'), 2);
    assert.equal(open('a.tif', 'b.sld', 'b.tif'), 1);
    assert.equal(open('a.tif', 'b.sld'), 1);
    assert.equal(open('a.tif', 'b.aux.xml', 'b.md5', 'b.tif'), 1);
    assert.equal(open('a.sld', 'a.tif', 'a.tif.aux.xml'), 0);
  });

  it('goes on where it is when the last name belongs to none', () => {
    assert.equal(open('a.tif', 'a.xml', 'b.txt'), null);
    assert.equal(open(), null);
  });

  it('does not take a common beginning with dots for one family', () => {
    assert.equal(open('S2.2020.01.tif', 'S2.2020.01.xml', 'S2.2020.02.tif'), 2);
    assert.equal(open('a.tif', 'ab.tif', 'abc.tif'), 2);
  });
});

describe('a cursor', () => {
  it('comes back as it was, and stays short for the longest key', () => {
    for (const cursor of [{ token: 'x'.repeat(1500) }, { after: '🌍'.repeat(256) }]) {
      assert.deepEqual(readCursor(writeCursor(cursor)), cursor);
      assert.ok(writeCursor(cursor).length <= 8192);
    }
    assert.equal(readCursor(undefined), undefined);
    assert.throws(() => readCursor('e30'), { code: 'INVALID_OPTIONS' });
  });
});
