import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { at, attribute, child, children, descendants, textOf } from './element.ts';
import { XmlError } from './error.ts';
import { type ReadOptions, readXml } from './read.ts';

function codeOf(input: string | Uint8Array, options?: ReadOptions): string {
  try {
    readXml(input, options);
    return 'read';
  } catch (error) {
    assert.ok(error instanceof XmlError, String(error));
    return error.code;
  }
}

describe('reading', () => {
  it('keeps order, text and values as they stand', () => {
    const root = readXml('<a n="007">x<b>1.0</b>y<b> 2 </b><![CDATA[<&>]]></a>');
    assert.deepEqual(
      root.content.map((part) => (typeof part === 'string' ? part : part.text)),
      ['x', '1.0', 'y', ' 2 ', '<&>'],
    );
    assert.equal(root.text, 'xy<&>');
    assert.equal(attribute(root, 'n'), '007');
    assert.equal(textOf(root), 'x1.0y 2 <&>');
  });

  it('tells elements apart by namespace, not by prefix', () => {
    const root = readXml(
      '<p:a xmlns:p="urn:1" xmlns="urn:2"><b p:i="1" i="2"/><p:b xmlns:p="urn:3"/><b xmlns=""/></p:a>',
    );
    assert.equal(root.namespace, 'urn:1');
    assert.deepEqual(
      root.children.map((each) => each.namespace),
      ['urn:2', 'urn:3', ''],
    );
    const b = child(root, 'b', 'urn:2');
    assert.ok(b);
    assert.equal(attribute(b, 'i'), '2');
    assert.equal(attribute(b, 'i', 'urn:1'), '1');
    assert.equal(children(root, 'b').length, 3);
    assert.equal(at(root, 'b', 'c'), undefined);
  });

  it('replaces the five entities and character references once', () => {
    const root = readXml('<a t="&quot;&#65;&#x1F600;">&amp;lt;&lt;&apos;&#1;&#0;</a>');
    assert.equal(root.text, "&lt;<'");
    assert.equal(attribute(root, 't'), '"A😀');
    assert.equal(codeOf('<a>&nbsp;</a>'), 'entity-not-allowed');
    assert.equal(codeOf('<a t="&e;"/>'), 'entity-not-allowed');
    for (const bad of ['<a>R & D</a>', '<a t="R & D"/>', '<a>&#xD800;</a>', '<a>&#x110000;</a>', '<a>&#;</a>'])
      assert.equal(codeOf(bad), 'not-well-formed', bad);
  });

  it('walks over descendants in document order and stops at the limit', () => {
    const root = readXml('<a><b><c/></b><d/><c x="2"/></a>');
    assert.deepEqual(
      [...descendants(root)].map((each) => each.local),
      ['b', 'c', 'd', 'c'],
    );
    assert.equal([...descendants(root, 'c')].length, 2);
    assert.equal([...descendants(root, undefined, undefined, 2)].length, 2);
  });

  it('leaves out the content of skipped elements', () => {
    const root = readXml('<a><Binary><Data t="x">AAAA</Data></Binary><b>kept</b></a>', { skip: ['Binary'] });
    assert.equal(textOf(root), 'kept');
    assert.equal(child(root, 'Binary')?.content.length, 0);
  });

  it('is not led astray by quotes in instructions and comments, or tags in CDATA', () => {
    const root = readXml(`<?pi don't ?><a><?x " ?><b/><!-- ' <c> --><d/><![CDATA[</a><e>]]></a><!-- ' -->`);
    assert.deepEqual(
      root.children.map((each) => each.local),
      ['b', 'd'],
    );
    assert.equal(root.text, '</a><e>');
  });

  it('refuses what is not well-formed, with the line', () => {
    const bad = [
      '',
      'text',
      '<a>',
      '<a></b>',
      '</a>',
      '<a></a/>',
      '<a/><b/>',
      '<a/>text',
      '<a b/>',
      '<a b=1/>',
      '<a b="1"c="2"/>',
      '<a b="1" b="2"/>',
      '<a b="<"/>',
      '<a b="x/>',
      '<!-- <a/>',
      '<a><![CDATA[x</a>',
      '<?xml <a/>',
      '<a><!ELEMENT b></a>',
      '<1/>',
      '<a>< b/></a>',
    ];
    for (const text of bad) assert.equal(codeOf(text), 'not-well-formed', text);
    assert.throws(() => readXml('<a>\n\n</b>'), /line 3: <\/b> closes nothing here: <\/a> is due/);
  });

  it('refuses prefixes that are not declared and declarations that are not allowed', () => {
    const bad = [
      '<p:a/>',
      '<a p:b="1"/>',
      '<a xmlns:p=""/>',
      '<a xmlns:xml="urn:x"/>',
      '<a xmlns:p="http://www.w3.org/XML/1998/namespace"/>',
      '<a xmlns:xmlns="urn:x"/>',
      '<p:q:a xmlns:p="urn:x"/>',
      '<a xmlns:p="urn:x" xmlns:q="urn:x" p:i="1" q:i="2"/>',
    ];
    for (const text of bad) assert.equal(codeOf(text), 'bad-namespace', text);
    assert.equal(attribute(readXml('<a xml:lang="de"/>'), 'lang', 'http://www.w3.org/XML/1998/namespace'), 'de');
  });
});

describe('bounds', () => {
  it('refuses a document type in every spelling and place', () => {
    const bad = [
      '<!DOCTYPE a><a/>',
      '<!doctype a><a/>',
      '<?xml version="1.0"?>\n<!-- x -->\n<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
      '<!DOCTYPE a SYSTEM "http://example.org/x.dtd"><a/>',
      '<!DOCTYPE a [<!ENTITY % p SYSTEM "http://example.org/x"> %p;]><a/>',
      '<!DOC\u0000TYPE a><a/>',
      '<a><!DOCTYPE a></a>',
    ];
    for (const text of bad) assert.equal(codeOf(text), 'doctype-not-allowed', text);
    assert.equal(codeOf('<!-- <!DOCTYPE a> --><a><![CDATA[<!DOCTYPE a>]]></a>'), 'read');
  });

  it('skips an external document type only where that is asked for, and only without an internal subset', () => {
    const external = `<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'><qgis/>`;
    assert.equal(codeOf(external, { allowExternalDoctype: ['qgis'] }), 'read');
    assert.equal(codeOf(external, { allowExternalDoctype: true }), 'read');
    for (const text of [
      external.replace('<qgis/>', '<dc/>'),
      `<!DOCTYPE qgis [<!ENTITY a "b">]><qgis>&a;</qgis>`,
      `<!DOCTYPE qgis SYSTEM 'x' [<!ENTITY a "b">]><qgis/>`,
      `<!DOCTYPE qgis SYSTEM 'x'><!DOCTYPE qgis SYSTEM 'x'><qgis/>`,
      `<!DOCTYPE dc SYSTEM 'x'><dc/>`,
    ])
      assert.equal(codeOf(text, { allowExternalDoctype: ['qgis'] }), 'doctype-not-allowed', text);
  });

  it('copies no namespaces per element', () => {
    // copied, this would be a hundred million entries
    const declared = Array.from({ length: 10_000 }, (_, index) => `xmlns:p${index}="urn:${index}"`).join(' ');
    const root = readXml(`<a ${declared}>${'<p9:b xmlns:q="urn:q"/>'.repeat(4_900)}</a>`);
    assert.equal(root.children.at(-1)?.namespace, 'urn:9');
  });

  it('refuses by bytes, depth and count before it parses', () => {
    assert.equal(codeOf(`<a>${'x'.repeat(100)}</a>`, { maxBytes: 100 }), 'too-large');
    assert.equal(codeOf(Buffer.alloc(101), { maxBytes: 100 }), 'too-large');
    assert.equal(codeOf(`${'<a>'.repeat(64)}${'</a>'.repeat(64)}`), 'read');
    assert.equal(codeOf(`${'<a>'.repeat(65)}${'</a>'.repeat(65)}`), 'too-deep');
    assert.equal(codeOf(`<a>${'<b/>'.repeat(20_000)}</a>`), 'too-many-nodes');
    assert.equal(codeOf(`<a ${Array.from({ length: 20_000 }, (_, i) => `b${i}=""`).join(' ')}/>`), 'too-many-nodes');
    assert.equal(codeOf(`<a>${'x<!---->'.repeat(20_000)}</a>`), 'too-many-nodes');
    assert.equal(codeOf(`<a>${'<b/>'.repeat(20)}</a>`, { maxNodes: 20 }), 'too-many-nodes');
  });

  it('stops at the limit of depth without a look at what follows', () => {
    // after the 65th level this is no XML at all: whoever read on would say not-well-formed
    assert.equal(codeOf(`${'<a>'.repeat(200_000)}<<<`), 'too-deep');
  });

  it('takes names that mean something to JavaScript for names, or refuses them', () => {
    const root = readXml('<toString hasOwnProperty="1" __proto__="2"><valueOf>x</valueOf></toString>');
    assert.equal(attribute(root, '__proto__'), '2');
    assert.equal(textOf(child(root, 'valueOf')), 'x');
    assert.equal(codeOf('<a><__proto__/></a>'), 'not-well-formed');
    assert.equal(({} as Record<string, unknown>).x, undefined);
  });
});
