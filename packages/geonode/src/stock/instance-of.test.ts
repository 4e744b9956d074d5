import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { type DatasetMetadata, emptyMetadata } from '@geosluice/jobs';
import { exampleJobs } from '../../../jobs/src/testing/example-jobs.ts';
import type { RegistrationDocument } from '../document.ts';
import { documentOf } from '../document-of.ts';
import { instantOf } from './dates.ts';
import { instanceOf } from './instance-of.ts';
import { keywords, plain } from './text.ts';
import { languageOf, type Vocabulary } from './vocabulary.ts';

const VOCABULARY: Vocabulary = {
  languages: new Map([
    ['english', 'eng'],
    ['german', 'ger'],
    ['french', 'fra'],
  ]),
  categories: new Map([['elevation', 'elevation']]),
  licences: new Map([['open data commons open database license / osm', 4]]),
};

function documentWith(
  metadata: Partial<DatasetMetadata>,
  change: Partial<RegistrationDocument> = {},
): RegistrationDocument {
  const job = exampleJobs().find((one) => one.stage === 'register' && one.kind === 'add');
  assert.ok(job?.stage === 'register' && job.kind === 'add');
  const { keywords: _, category: __, license: ___, regions: ____, ...document } = documentOf(job, null);
  return { ...document, title: 'A title', metadata: { ...emptyMetadata(), ...metadata }, ...change };
}
const fieldsOf = (metadata: Partial<DatasetMetadata>, change: Partial<RegistrationDocument> = {}) =>
  instanceOf(documentWith(metadata, change), VOCABULARY).instance;

suite('the description of a dataset for a GeoNode without the app', () => {
  test('dates are the first and last second of what they name', () => {
    assert.equal(instantOf('2020', 'start'), '2020-01-01T00:00:00Z');
    assert.equal(instantOf('2020-02', 'end'), '2020-02-29T23:59:59Z');
    assert.equal(instantOf('2020-02-30', 'start'), null);
    assert.equal(instantOf('2020-13', 'start'), null);
    assert.equal(instantOf('0044-03-15', 'start'), '0044-03-15T00:00:00Z');
    assert.equal(instantOf('2020-03-01T10:00:00+02:00', 'start'), '2020-03-01T08:00:00Z');
    assert.equal(instantOf('2020-03-01Tlunch', 'start'), null);
    assert.equal(instantOf(null, 'end'), null);
  });

  test('languages are found by any of their codes and by name', () => {
    for (const text of ['de', 'deu', 'ger', 'German', 'de-AT']) assert.equal(languageOf(text, VOCABULARY), 'ger', text);
    for (const text of ['fr', 'fre', 'fra']) assert.equal(languageOf(text, VOCABULARY), 'fra', text);
    for (const text of ['tlh', 'not a language', '', null]) assert.equal(languageOf(text, VOCABULARY), null);
  });

  test('texts lose their markup, keywords what GeoNode would escape, and none is twice', () => {
    assert.equal(plain('A <b>b</b>&lt;i&gt; c\u0000\n d'), 'A b c\nd');
    assert.deepEqual(keywords(['Sea & land', 'sea + land', ' "x" ', '', 'y'.repeat(120)]), [
      ...['Sea + land', '”x”', 'y'.repeat(100)],
    ]);
  });

  test('what has no field of its own is kept as text', () => {
    const { supplemental_information: text, hkeywords } = fieldsOf({
      ...{ creators: ['A', 'B'], publishers: ['P'], places: ['Atlantis'], language: 'tlh' },
      ...{ identifiers: ['doi:10.1234/abc', 'urn:x'], formats: ['image/tiff'] },
    });
    assert.match(
      String(text),
      /^Creator: A; B\nPublisher: P\nIdentifier: urn:x\nLanguage: tlh\nFormat: image\/tiff\nRaster: /,
    );
    assert.deepEqual(hkeywords, ['Atlantis']);
    const { unmapped } = instanceOf(documentWith({ creators: ['A'], places: ['Atlantis'] }), VOCABULARY);
    assert.deepEqual(unmapped, ['creator A: kept as text', 'place Atlantis: kept as keyword']);
  });

  test('titles in other languages are text, and they and what is cut are told', () => {
    const document = documentWith({ titles: { en: 'Wood', de: 'Wald' }, keywords: ['k'.repeat(101)] });
    const { instance, unmapped } = instanceOf({ ...document, title: 'Wood' }, VOCABULARY);
    assert.match(String(instance.supplemental_information), /^Title \(de\): Wald\nRaster: /);
    const end = 'longer than GeoNode takes, whole only in the sidecar';
    assert.deepEqual(unmapped, ['title in de Wald: kept as text', `keyword ${'k'.repeat(101)}: ${end}`]);
    const long = documentWith({
      abstract: 'a'.repeat(10_001),
      sources: ['s'.repeat(2001)],
      formats: ['f'.repeat(2000)],
    });
    assert.deepEqual(
      instanceOf({ ...long, title: 't'.repeat(256) }, VOCABULARY).unmapped,
      ['title', 'data quality statement', 'supplemental information'].map((name) => `${name}: ${end}`),
    );
  });

  test('a DOI, a licence that is listed and a topic among the keywords have theirs', () => {
    const name = 'Open Data Commons Open Database License / OSM';
    const fields = fieldsOf({ identifiers: ['https://doi.org/10.1234/abc'], license: name, rights: ['ask first'] });
    assert.deepEqual([fields.doi, fields.license, fields.constraints_other], ['10.1234/abc', { id: 4 }, 'ask first']);
    assert.deepEqual(fieldsOf({ keywords: ['dem', 'Elevation'] }).category, { id: 'elevation' });
    assert.equal('category' in fieldsOf({ keywords: ['dem'] }), false);
    assert.deepEqual(fieldsOf({}, { category: 'ELEVATION' }).category, { id: 'elevation' });
    assert.equal(fieldsOf({}, { license: 'Our own' }).constraints_other, 'Our own');
  });

  test('a category that GeoNode does not know is refused by name, with those it knows', () => {
    assert.throws(() => fieldsOf({}, { category: 'nothing' }), {
      code: 'GEONODE_REFUSED',
      field: 'category',
      message: /nothing.*there are: elevation/,
    });
  });
});
