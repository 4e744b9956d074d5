import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { parseSelector } from './selector.ts';

const labels = { stage: 'upload', deployment: 'geosluice' };

suite('label selectors', () => {
  const fits = ['', 'stage=upload', 'stage==upload', 'stage = upload', 'stage!=publish', 'other!=x'];
  const setBased = ['stage in (upload,publish)', 'stage notin (publish)', 'other notin (a)', 'stage', '!other'];
  for (const text of [...fits, ...setBased, 'stage=upload,deployment=geosluice', 'stage in (a, upload),deployment']) {
    test(`"${text}" takes the upload queue`, () => assert.equal(parseSelector(text)?.(labels), true));
  }

  for (const text of ['stage=publish', 'stage!=upload', 'other=', 'stage in (publish)', 'other in ()', '!stage', 'x']) {
    test(`"${text}" does not`, () => assert.equal(parseSelector(text)?.(labels), false));
  }

  for (const text of ['stage=a b', 'stage=upload,', '=x', 'stage in upload', 'stage in (a', 'stage~x', '-a', 'a=b=c']) {
    test(`"${text}" is none`, () => assert.equal(parseSelector(text), null));
  }

  test('one that is made to be slow is told quickly', () => {
    const before = performance.now();
    assert.equal(parseSelector(`${'a'.repeat(8_000)} in (${'('.repeat(8_000)}`), null);
    assert.ok(performance.now() - before < 1_000);
  });
});
