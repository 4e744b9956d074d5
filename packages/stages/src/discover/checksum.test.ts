import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseChecksum } from './checksum.ts';

const A = 'a'.repeat(64);
const B = 'B'.repeat(64);

test('a list names the file, a lone sum needs no name', () => {
  assert.equal(parseChecksum(`${A}  x.tif\n${B} *dir/y.tif\n`, 'y.tif'), 'b'.repeat(64));
  assert.equal(parseChecksum(`${A}\n`, 'x.tif'), A);
});

test('a list that does not name the file, or of another kind, says nothing', () => {
  assert.equal(parseChecksum(`${A}  other.tif\n`, 'x.tif'), null);
  assert.equal(parseChecksum(`${'a'.repeat(32)}  x.tif\n`, 'x.tif'), null);
  assert.equal(parseChecksum(`${A}\n${B}\n`, 'x.tif'), null);
  assert.equal(parseChecksum('', 'x.tif'), null);
});
