import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MetadataError } from '../error.ts';
import { readDc, readText } from '../testing.ts';

describe('Dublin Core', () => {
  it('puts every element of the fifteen where it belongs', () => {
    const metadata = readDc(`
      <dc:title>T</dc:title><dc:creator>C</dc:creator><dc:subject>S</dc:subject><dc:description>D</dc:description>
      <dc:publisher>P</dc:publisher><dc:contributor>O</dc:contributor><dc:date>2020-05</dc:date><dc:type>Y</dc:type>
      <dc:format>F</dc:format><dc:identifier>I</dc:identifier><dc:source>U</dc:source><dc:language>DE</dc:language>
      <dc:relation>R</dc:relation><dc:coverage>V</dc:coverage><dc:rights>G</dc:rights>`);
    assert.deepEqual(metadata, {
      dialect: 'dc-children',
      title: 'T',
      titles: {},
      alternative: [],
      abstract: 'D',
      keywords: ['S'],
      creators: ['C'],
      publishers: ['P'],
      contributors: ['O'],
      date: '2020-05',
      issued: null,
      created: null,
      modified: null,
      temporal: null,
      types: ['Y'],
      formats: ['F'],
      identifiers: ['I'],
      sources: ['U'],
      language: 'de',
      relations: ['R'],
      places: ['V'],
      bbox: null,
      crossesAntimeridian: false,
      rights: ['G'],
      license: null,
      warnings: [],
    });
  });

  it('lets dcterms beat dc where one value is kept, and keeps both where there is room', () => {
    const metadata = readDc(`
      <dc:title>old</dc:title><dct:title>new</dct:title>
      <dc:description>old</dc:description><dct:abstract>new</dct:abstract>
      <dc:date>2001</dc:date><dct:created>2002</dct:created><dct:modified>2003</dct:modified>
      <dc:creator>A</dc:creator><dct:creator>B</dct:creator>
      <dct:provenance>flown</dct:provenance><dct:isPartOf>series</dct:isPartOf><dct:accessRights>open</dct:accessRights>`);
    assert.equal(metadata.title, 'new');
    assert.deepEqual(metadata.alternative, ['old']);
    assert.equal(metadata.abstract, 'new');
    assert.equal(metadata.date, '2002');
    assert.deepEqual(metadata.creators, ['B', 'A']);
    assert.deepEqual(metadata.sources, ['flown']);
    assert.deepEqual(metadata.relations, ['series']);
    assert.deepEqual(metadata.rights, ['open']);
  });

  it('takes the title and the abstract in the language that is asked for, however its code is written', () => {
    const text = `
      <dc:title xml:lang="en">forest</dc:title><dc:title xml:lang="de-AT">Wald</dc:title>
      <dc:description xml:lang="en">trees</dc:description><dc:description xml:lang="de">Bäume</dc:description>
      <dc:description xml:lang="de">und Moos</dc:description>`;
    for (const language of ['de', 'ger', 'deu']) {
      const metadata = readDc(text, { language });
      assert.equal(metadata.title, 'Wald');
      assert.deepEqual(metadata.titles, { en: 'forest', 'de-AT': 'Wald' });
      assert.equal(metadata.abstract, 'Bäume\n\nund Moos');
    }
    assert.equal(readDc(text).title, 'forest');
    assert.equal(readDc(text, { language: 'fr' }).title, 'forest');
  });

  it('takes a language for what it stands on, also around the element, and no nonsense for one', () => {
    const metadata = readText(
      '<dc xml:lang="fr" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>un</dc:title><dc:title xml:lang="en">one</dc:title><dc:title xml:lang="__proto__">x</dc:title></dc>',
    );
    assert.deepEqual(metadata.titles, { fr: 'un', en: 'one' });
    assert.deepEqual(metadata.alternative, ['x']);
  });

  it('finds a licence among the rights where none is named as such', () => {
    const metadata = readDc(
      '<dc:rights>© me</dc:rights><dc:rights>https://creativecommons.org/licenses/by/4.0/</dc:rights>',
    );
    assert.equal(metadata.license, 'https://creativecommons.org/licenses/by/4.0/');
    assert.deepEqual(metadata.rights, ['© me', 'https://creativecommons.org/licenses/by/4.0/']);
    assert.equal(readDc('<dc:rights>see example.org</dc:rights>').license, null);
  });

  it('believes namespaces and not prefixes', () => {
    const swapped = readText(
      '<r xmlns:dc="urn:example:other" xmlns:q="http://purl.org/dc/elements/1.1/"><dc:title>no</dc:title><q:title>yes</q:title></r>',
    );
    assert.equal(swapped.title, 'yes');
    assert.deepEqual(swapped.alternative, []);
    const redefined = readText(
      '<r xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>yes</dc:title><dc:title xmlns:dc="urn:x">no</dc:title></r>',
    );
    assert.deepEqual([redefined.title, redefined.alternative], ['yes', []]);
  });

  it('tells the shapes of Dublin Core apart', () => {
    const shapes: Array<[text: string, dialect: string]> = [
      ['<simpledc xmlns="http://purl.org/dc/elements/1.1/"><title>x</title></simpledc>', 'simpledc'],
      ['<record xmlns="http://purl.org/dc/elements/1.1/"><title>x</title></record>', 'simpledc'],
      ['<simpledc xmlns:q="http://purl.org/dc/elements/1.1/"><q:title>x</q:title></simpledc>', 'simpledc'],
      ['<metadata xmlns="http://purl.org/dc/terms/"><title>x</title></metadata>', 'simpledc'],
      ['<any xmlns:d="http://purl.org/dc/terms/"><d:title>x</d:title></any>', 'dcterms'],
      ['<any xmlns:d="http://purl.org/dc/elements/1.0/"><d:title>x</d:title></any>', 'dc-children'],
      ['<a xmlns:d="http://purl.org/dc/elements/1.1/"><b><c><d:title>x</d:title></c></b></a>', 'dc-children'],
      ['<metadata><Title>x</Title></metadata>', 'plain'],
      ['<dc><title>x</title></dc>', 'plain'],
      [
        '<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><GetRecord><record><metadata><o:dc xmlns:o="http://www.openarchives.org/OAI/2.0/oai_dc/" xmlns:d="http://purl.org/dc/elements/1.1/"><d:title>x</d:title></o:dc></metadata></record></GetRecord></OAI-PMH>',
        'oai_dc',
      ],
    ];
    for (const [text, dialect] of shapes) {
      const metadata = readText(text);
      assert.deepEqual([metadata.dialect, metadata.title], [dialect, 'x'], text);
      assert.deepEqual(metadata.warnings, dialect === 'plain' ? ['no-namespace'] : []);
    }
  });

  it('says what is wrong with a document of no known dialect', () => {
    for (const text of ['<metadata><foo/></metadata>', '<kml xmlns="urn:x"><title>x</title></kml>', '<html/>'])
      assert.throws(
        () => readText(text),
        (error) =>
          error instanceof MetadataError &&
          error.code === 'unknown-dialect' &&
          error.means === 'reject' &&
          /^x\.xml: root element <\w+> .*use Dublin Core/.test(error.message),
      );
  });

  it('drops what is no text from texts, and HTML from title and abstract', () => {
    const metadata = readDc(`
      <dc:title> A&#1;\u202e <i>b</i>\u200b </dc:title>
      <dc:description>&lt;div&gt;&lt;p&gt;One&amp;nbsp;1&lt;/p&gt;&lt;p&gt;a &amp;lt; b&lt;script&gt;x()&lt;/script&gt;&lt;/p&gt;&lt;/div&gt;</dc:description>
      <dc:creator>  </dc:creator><dc:creator>X\n  Y</dc:creator><dc:creator>X Y</dc:creator>`);
    assert.equal(metadata.title, 'A b');
    assert.equal(metadata.abstract, 'One 1\n\na < b');
    assert.deepEqual(metadata.creators, ['X Y']);
  });

  it('reads real markup in an abstract as lines', () => {
    const metadata = readDc(
      '<dc:description><div xmlns="http://www.w3.org/1999/xhtml"><p>One <b>two</b></p><p>three</p></div></dc:description>',
    );
    assert.equal(metadata.abstract, 'One two\n\nthree');
  });
});
