import assert from 'node:assert/strict';
import { test } from 'node:test';
import { escapeText, textIn } from './document.ts';

test('the text of an element is read with its entities', () => {
  const document =
    '<?xml version="1.0"?>\n<A><Key>a &amp; b</Key><UploadId>x&amp;amp;&quot;-._~+/=</UploadId><Empty/></A>';
  assert.equal(textIn(document, 'Key'), 'a & b');
  assert.equal(textIn(document, 'UploadId'), 'x&amp;"-._~+/=');
  assert.equal(textIn(document, 'Empty'), null);
  assert.equal(textIn(document, 'Bucket'), null);
});

test('what is escaped is read back as it was', () => {
  const text = 'a<b>&"c"&amp;';
  assert.equal(textIn(`<ETag>${escapeText(text)}</ETag>`, 'ETag'), text);
});
