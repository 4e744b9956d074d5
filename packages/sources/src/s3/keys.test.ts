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
    const answer = `<?xml version="1.0" encoding="UTF-8"?>
      <ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b</Name><Prefix>p+q/</Prefix>
        <EncodingType>url</EncodingType><IsTruncated>true</IsTruncated><NextContinuationToken>a+b</NextContinuationToken>
        <Contents><Key>p+q/a%2Bb.tif</Key><Size>3</Size><ETag>&#34;abc-2&#34;</ETag><Owner><ID>x</ID></Owner></Contents>
        <Contents><ETag>&quot;d&quot;</ETag><LastModified>2026-01-02T03:04:05Z</LastModified><Key>p+q/&amp;.tif</Key></Contents>
        <CommonPrefixes><Prefix>p+q/%23/</Prefix></CommonPrefixes>
      </ListBucketResult>`;
    assert.deepEqual(readPage(answer, 's3://b/'), {
      objects: [
        { key: 'p q/a+b.tif', name: 'a+b.tif', size: 3, etag: 'abc-2', modified: undefined },
        { key: 'p q/&.tif', name: '&.tif', size: 0, etag: 'd', modified: '2026-01-02T03:04:05.000Z' },
      ],
      prefixes: ['p q/#/'],
      token: 'a+b',
    });
  });

  it('are not made up from an answer that is no listing, or half of one', () => {
    const page = (content: string): string => `<ListBucketResult>${content}</ListBucketResult>`;
    const refuse = (document: string, code: string): void =>
      assert.throws(() => readPage(document, 's3://b/'), { code }, document);
    refuse(page(''), 'SOURCE_UNREADABLE');
    refuse('<html><body>Sign in</body></html>', 'SOURCE_UNREADABLE');
    refuse(page('<IsTruncated>true</IsTruncated><Contents><Key>a</Key></Contents>'), 'SOURCE_UNREADABLE');
    refuse(page('<KeyCount>1</KeyCount><Contents><Key>a</Key><Size>x</Size></Contents>'), 'SOURCE_UNREADABLE');
    refuse('<ListBucketResult><IsTruncated>false</IsTruncated><Contents>', 'SOURCE_CUT_SHORT');
    refuse('not XML', 'SOURCE_CUT_SHORT');
    assert.deepEqual(readPage(page('<IsTruncated>false</IsTruncated>'), 's3://b/'), {
      objects: [],
      prefixes: [],
      token: null,
    });
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
