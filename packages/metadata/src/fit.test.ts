import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type DatasetMetadata, datasetMetadataSchema, emptyMetadata, MAX_METADATA_BYTES } from '@geosluice/jobs';
import { fitMetadata, SHORTENED_FIRST } from './fit.ts';

const sizeOf = (metadata: DatasetMetadata) => Buffer.byteLength(JSON.stringify(metadata));
const many = (count: number, length: number, character = 'x') =>
  Array.from({ length: count }, (_, index) => `${index} ${character.repeat(length)}`);

/** Every field as full as a sidecar of a megabyte could make it. */
function fullest(character: string): DatasetMetadata {
  const full = emptyMetadata('oai_dc');
  const lists = ['alternative', 'creators', 'publishers', 'contributors', 'types', 'formats', 'identifiers'] as const;
  for (const field of [...lists, 'sources', 'relations', 'places', 'rights'] as const)
    full[field] = many(1000, 3000, character);
  full.keywords = many(2000, 500, character);
  full.title = character.repeat(5000);
  full.titles = Object.fromEntries(many(300, 2000, character).map((title, index) => [`l-${index}`, title]));
  full.abstract = character.repeat(200_000);
  full.language = character.repeat(100);
  full.license = character.repeat(5000);
  full.warnings = many(500, 400, character);
  return full;
}

describe('fitting', () => {
  it('leaves alone what fits', () => {
    const metadata = { ...emptyMetadata('rdf'), title: 'x', abstract: 'y'.repeat(9000), keywords: many(300, 10) };
    assert.deepEqual(fitMetadata(metadata), metadata);
  });

  it('brings any document into the schema and under 16 KiB, and tells what it shortened', () => {
    // one, two, three and four bytes a character, and one that JSON escapes
    for (const character of ['x', 'é', '地', '😀', '"']) {
      const fitted = fitMetadata(fullest(character));
      assert.ok(sizeOf(fitted) <= MAX_METADATA_BYTES, `${character}: ${sizeOf(fitted)}`);
      assert.deepEqual(datasetMetadataSchema.parse(fitted), fitted);
      for (const field of SHORTENED_FIRST) assert.ok(fitted.warnings.includes(`shortened:${field}`), field);
      assert.ok(fitted.title?.endsWith('…') && fitted.title.isWellFormed());
    }
  });

  it('shortens what is missed least first, and no more than needed', () => {
    const metadata = {
      ...emptyMetadata('rdf'),
      title: 'title',
      abstract: 'a'.repeat(6000),
      keywords: many(100, 20),
      relations: many(150, 100),
    };
    const fitted = fitMetadata(metadata);
    assert.deepEqual(fitted.warnings, ['shortened:relations']);
    assert.deepEqual([fitted.abstract, fitted.keywords], [metadata.abstract, metadata.keywords]);
    assert.equal(fitted.relations.length, 50);
    assert.ok(sizeOf(fitted) <= MAX_METADATA_BYTES);
  });

  it('cuts what the schema does not allow even where the document is small', () => {
    const fitted = fitMetadata({ ...emptyMetadata('rdf'), keywords: ['k'.repeat(300)], title: 't'.repeat(1001) });
    assert.equal(fitted.keywords[0]?.length, 255);
    assert.equal(fitted.title?.length, 1000);
    assert.deepEqual(fitted.warnings, ['shortened:keywords', 'shortened:title']);
  });

  it('gives the same for what it gave', () => {
    const once = fitMetadata(fullest('é'));
    assert.deepEqual(fitMetadata(once), once);
  });
});
