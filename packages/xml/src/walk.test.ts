import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { walkXml } from './walk.ts';

function walked(document: string): string[] {
  const seen: string[] = [];
  walkXml(document, {
    open: (local) => seen.push(`<${local}`),
    close: (local, text) => seen.push(`${local}=${text}`),
  });
  return seen;
}

describe('a walk over a document', () => {
  it('tells elements in order, with their own text', () => {
    assert.deepEqual(
      walked('\ufeff<?xml version="1.0"?><!-- <x> --><a xmlns="urn:a>b" s:b=\'"\'>1<s:b />2<c></c ><d\n>3</d></a>\n'),
      ['<a', '<b', 'b=', '<c', 'c=', '<d', 'd=3', 'a=12'],
    );
  });

  it('replaces the entities of XML, by name and by number, and no others', () => {
    assert.deepEqual(walked('<a>&lt;&#34;&#x1F30D;&amp;amp;<![CDATA[<&amp;]]></a>'), ['<a', 'a=<"🌍&amp;<&amp;']);
    assert.throws(() => walked('<a>&b;</a>'), { code: 'entity-not-allowed' });
    assert.throws(() => walked('<!DOCTYPE a [<!ENTITY b "c">]><a/>'), { code: 'doctype-not-allowed' });
  });

  it('leaves names as they are: white space and what XML forbids belong to them', () => {
    assert.deepEqual(walked('<a> b\u0001 </a>'), ['<a', 'a= b\u0001 ']);
  });

  it('takes nothing that is cut off or closes wrongly', () => {
    const whole = '<?xml version="1.0"?><a x="1"><!-- --><b>1</b><c><![CDATA[2]]></c></a>';
    for (let end = 0; end < whole.length; end += 1)
      assert.throws(() => walked(whole.slice(0, end)), { code: 'not-well-formed' }, whole.slice(0, end));
    for (const document of ['', 'a', '<a></b>', '<a></ab>', '<a/><b/>', '<a/>b', '<a x></a>', '<a><!x></a>', '< a/>'])
      assert.throws(() => walked(document), { code: 'not-well-formed' }, document);
  });

  it('is bounded in depth, and in time linear to the length', () => {
    assert.throws(() => walked('<a>'.repeat(33)), { code: 'too-deep' });
    const long = 1_000_000;
    assert.throws(() => walked(`<a${' '.repeat(long)}`), { code: 'not-well-formed' });
    assert.throws(() => walked(`<a ${'b="c" '.repeat(long / 6)}`), { code: 'not-well-formed' });
    assert.equal(walked(`<a>${'<b/>'.repeat(long)}</a>`).length, 2 * long + 2);
  });
});
