import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { it } from 'node:test';
import { looksLikeTiff } from './magic.ts';

const bytes = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));

it('tells a TIFF or BigTIFF of either byte order by its first bytes', () => {
  for (const good of ['II*\0\x08\0\0\0', 'MM\0*\0\0\0\x08', 'II+\0\x08\0\0\0', 'MM\0+\0\x08\0\0']) {
    assert.equal(looksLikeTiff(bytes(good)), true, JSON.stringify(good));
  }
  for (const bad of [
    '',
    'II',
    'IM*\0',
    'II\0*',
    'MM*\0',
    'II+\0\x09\0\0\0',
    'II+\0',
    'PK\x03\x04',
    '<?xml ver',
    '\x89PNG\r\n\x1a\n',
  ]) {
    assert.equal(looksLikeTiff(bytes(bad)), false, JSON.stringify(bad));
  }
});

it('agrees with real files', async () => {
  const read = (name: string): Promise<Uint8Array> =>
    readFile(new URL(`../../../test/fixtures/rasters/${name}`, import.meta.url));
  assert.equal(looksLikeTiff(await read('rgb_utm.tif')), true);
  assert.equal(looksLikeTiff(await read('notatiff.tif')), false);
});
