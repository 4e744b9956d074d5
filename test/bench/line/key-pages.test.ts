import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { keyOf, pageOf } from './key-pages.ts';

const keysIn = (page: string): string[] => [...page.matchAll(/<Key>([^<]+)/g)].map(([, key]) => key ?? '');
const ask = (query: Record<string, string>): string => pageOf(2_500, 'b', new URLSearchParams(query));

suite('[bench] pages of made-up keys', () => {
  test('all keys come once, in the order of bytes', () => {
    const keys: string[] = [];
    for (let token: string | undefined; ; ) {
      const page = ask(token === undefined ? {} : { 'continuation-token': token });
      keys.push(...keysIn(page));
      token = /<NextContinuationToken>([^<]+)/.exec(page)?.[1];
      assert.equal(page.includes('<IsTruncated>true<'), token !== undefined);
      if (token === undefined) break;
    }
    assert.deepEqual(
      keys,
      Array.from({ length: 2_500 }, (_, index) => keyOf(index)),
    );
    assert.deepEqual(keys, keys.toSorted());
  });
  test('a listing goes on after a key', () => {
    assert.equal(keysIn(ask({ 'start-after': keyOf(9) }))[0], keyOf(10));
  });
  test('no page is longer than was asked for', () => {
    assert.equal(keysIn(ask({ 'max-keys': '3' })).length, 3);
    assert.equal(keysIn(ask({ 'max-keys': '9999' })).length, 1_000);
  });
});
