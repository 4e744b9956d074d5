import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readRdfText } from '../testing.ts';

const TWO = `
  <rdf:Description rdf:about="http://example.org/other.tif"><dc:title>other</dc:title></rdf:Description>
  <dcat:Dataset rdf:about="http://example.org/data/scene.tif"><dct:title>scene</dct:title></dcat:Dataset>`;

describe('RDF', () => {
  it('chooses the description whose rdf:about ends with the name of the file', () => {
    assert.equal(readRdfText(TWO, { stem: 'scene' }).title, 'scene');
    assert.equal(readRdfText(TWO, { name: 'scene.tif.xml' }).title, 'scene');
    assert.equal(readRdfText(TWO, { name: 'scene.rdf', stem: 'scene' }).title, 'scene');
    // a part of a name is not the name
    assert.equal(readRdfText(TWO, { name: 'cene.tif.xml', stem: 'cene' }).title, 'other');
  });

  it('else the one with that identifier, else the first with a title', () => {
    const text = `<rdf:Description rdf:about="urn:a"><dc:creator>nobody</dc:creator></rdf:Description>
      <rdf:Description rdf:about="urn:b"><dc:title>first</dc:title></rdf:Description>
      <rdf:Description rdf:about="urn:c"><dc:title>second</dc:title><dc:identifier>scene</dc:identifier></rdf:Description>`;
    assert.equal(readRdfText(text).title, 'first');
    assert.equal(readRdfText(text, { stem: 'scene' }).title, 'second');
  });

  it('puts together what several descriptions say of one thing', () => {
    const metadata = readRdfText(`
      <rdf:Description rdf:about="urn:a" dc:title="in an attribute"/>
      <rdf:Description rdf:about="urn:a"><dc:creator>X</dc:creator></rdf:Description>`);
    assert.deepEqual([metadata.title, metadata.creators], ['in an attribute', ['X']]);
  });

  it('finds a dataset inside of a catalogue', () => {
    const metadata = readRdfText(
      '<dcat:Catalog><dcat:dataset><dcat:Dataset><dct:title>inner</dct:title><dcat:keyword>a; b</dcat:keyword></dcat:Dataset></dcat:dataset></dcat:Catalog>',
    );
    assert.deepEqual([metadata.title, metadata.keywords], ['inner', ['a; b']]);
  });

  it('reads containers, pointers, labels and nested nodes', () => {
    const metadata = readRdfText(`
      <rdf:Description>
        <dc:title><rdf:Alt><rdf:li xml:lang="en">one</rdf:li><rdf:li xml:lang="fr">un</rdf:li></rdf:Alt></dc:title>
        <dc:subject><rdf:Seq><rdf:li>a</rdf:li><rdf:_2>b</rdf:_2></rdf:Seq></dc:subject>
        <dct:subject><skos:Concept rdf:about="urn:concept"><skos:prefLabel>c</skos:prefLabel></skos:Concept></dct:subject>
        <dct:publisher rdf:resource="#org"/>
        <dct:creator rdf:nodeID="n1"/>
        <dct:contributor rdf:parseType="Resource"><foaf:name>In line</foaf:name></dct:contributor>
        <dct:relation rdf:resource="urn:far"/>
        <dct:rights><dct:RightsStatement rdf:about="urn:rights"/></dct:rights>
        <dct:license><dct:LicenseDocument rdf:about="https://example.org/l"><rdfs:label>L</rdfs:label></dct:LicenseDocument></dct:license>
        <dct:description rdf:parseType="Literal"><p xmlns="">Hello</p></dct:description>
        <dct:source><rdf:Description><rdf:value>flown</rdf:value></rdf:Description></dct:source>
      </rdf:Description>
      <foaf:Organization rdf:about="#org"><foaf:name>Office</foaf:name></foaf:Organization>
      <foaf:Person rdf:nodeID="n1"><foaf:name>Ada</foaf:name></foaf:Person>`);
    assert.equal(metadata.title, 'one');
    assert.deepEqual(metadata.titles, { en: 'one', fr: 'un' });
    assert.deepEqual(metadata.keywords, ['c', 'a', 'b']);
    assert.deepEqual(metadata.publishers, ['Office']);
    assert.deepEqual(metadata.creators, ['Ada']);
    assert.deepEqual(metadata.contributors, ['In line']);
    assert.deepEqual(metadata.relations, ['urn:far']);
    assert.deepEqual(metadata.rights, ['urn:rights']);
    assert.equal(metadata.license, 'https://example.org/l');
    assert.equal(metadata.abstract, 'Hello');
    assert.deepEqual(metadata.sources, ['flown']);
  });

  it('reads places with geometry and name, and spans of time', () => {
    const metadata = readRdfText(`
      <rdf:Description><dct:title>x</dct:title>
        <dct:spatial><dct:Location><skos:prefLabel>Rheinland</skos:prefLabel>
          <dcat:bbox>{"type":"Polygon"}</dcat:bbox>
          <locn:geometry>&lt;http://www.opengis.net/def/crs/EPSG/0/4326&gt; POLYGON((48 9,50 9,50 11,48 11,48 9))</locn:geometry>
        </dct:Location></dct:spatial>
        <dct:temporal><dct:PeriodOfTime><dcat:startDate>2020</dcat:startDate><dcat:endDate>2021-02</dcat:endDate></dct:PeriodOfTime></dct:temporal>
      </rdf:Description>`);
    assert.deepEqual(metadata.places, ['Rheinland']);
    assert.deepEqual(metadata.bbox, [9, 48, 11, 50]);
    assert.deepEqual(metadata.temporal, ['2020-01-01', '2021-02-28']);
    assert.deepEqual(metadata.warnings, ['axis-order-lat-lon-assumed']);
  });

  it('reads a document without any description as empty, with a warning', () => {
    assert.deepEqual(readRdfText('').warnings, ['no-description']);
  });

  it('is not led round in circles by pointers', () => {
    const metadata = readRdfText(`
      <rdf:Description rdf:about="urn:a"><dct:title>x</dct:title><dct:creator rdf:resource="urn:a"/></rdf:Description>`);
    assert.deepEqual(metadata.creators, ['x']);
  });

  it('follows many pointers to one node once', () => {
    const metadata = readRdfText(`
      <rdf:Description><dct:title>x</dct:title>${'<dct:creator rdf:nodeID="n"/>'.repeat(5000)}</rdf:Description>
      <rdf:Description rdf:nodeID="n">${'<dct:x>y</dct:x>'.repeat(100)}</rdf:Description>`);
    assert.deepEqual(metadata.creators, ['y'.repeat(100)]);
  });
});
