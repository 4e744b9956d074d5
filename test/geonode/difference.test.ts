import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Described } from './described.ts';
import { differenceOf, only, unmeant } from './difference.ts';

const DATASET: Described = {
  fields: { title: 'Heights', thumbnail_url: 'None', default_style: 'None' },
  links: [['NAME.png', 'http://a/PK', 'png', 'image/png', 'image']],
  contacts: [['author', 'admin']],
  permissions: [['anonymous', 'view_resourcebase']],
  keywords: ['one'],
  regions: [],
  attributes: [],
  styles: [],
  record: ['<title>Heights</title>'],
};

suite('the difference of two datasets', () => {
  test('the same has none', () => {
    assert.deepEqual(unmeant(differenceOf(DATASET, structuredClone(DATASET))), []);
  });
  test('what is meant to differ is a difference, and no fault', () => {
    const stock: Described = {
      ...DATASET,
      fields: { ...DATASET.fields, thumbnail_url: 'http://a/t.png', default_style: 'NAME' },
      links: [...DATASET.links, ['Legend', 'http://a/l?LAYER=NAME&STYLE=NAME&x', 'png', 'image/png', 'image']],
      contacts: [...DATASET.contacts, ['originator', 'admin']],
      styles: ['NAME'],
    };
    const difference = differenceOf(stock, DATASET);
    assert.deepEqual(difference.fields.ours, ['thumbnail_url: None', 'default_style: None']);
    assert.deepEqual(difference.contacts, { stock: ['originator admin'], ours: [] });
    assert.deepEqual(unmeant(difference), []);
  });
  test('whatever else differs is a fault, on the side that has it', () => {
    const other: Described = {
      ...DATASET,
      fields: { ...DATASET.fields, title: 'Depths' },
      permissions: [['anonymous', 'change_resourcebase']],
      keywords: [],
      contacts: [],
    };
    assert.deepEqual(unmeant(differenceOf(DATASET, other)), [
      'fields of stock: title: Heights',
      'fields of ours: title: Depths',
      'contacts of stock: author admin',
      'permissions of stock: anonymous view_resourcebase',
      'permissions of ours: anonymous change_resourcebase',
      'keywords of stock: one',
    ]);
  });
  test('ours may not have what only stock is meant to have', () => {
    assert.deepEqual(unmeant(differenceOf(DATASET, { ...DATASET, styles: ['NAME'] })), ['styles of ours: NAME']);
  });
  test('a line that one of them has twice is a difference', () => {
    assert.deepEqual(only(['a', 'a', 'b'], ['a', 'b', 'c']), ['a']);
    assert.deepEqual(only(['a', 'b', 'c'], ['a', 'a', 'b']), ['c']);
  });
});
