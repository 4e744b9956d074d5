import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { type DatasetMetadata, datasetMetadataSchema } from '@geosluice/jobs';
import { MetadataError } from './error.ts';
import { readSidecar } from './read-sidecar.ts';
import { sniffSidecar } from './sniff.ts';

const SAMPLES = new URL('../../../test/fixtures/dublin-core/', import.meta.url);
const EXPECTED = JSON.parse(readFileSync(new URL('EXPECTED.json', SAMPLES), 'utf8')) as Record<
  string,
  Record<string, unknown>
>;

/** How an expected key is read from our document; the samples name some of our lists in the singular. */
const FIELDS: Readonly<Record<string, (metadata: DatasetMetadata) => unknown>> = {
  dialect: (metadata) => metadata.dialect,
  title: (metadata) => metadata.title,
  titles: (metadata) => metadata.titles,
  abstract: (metadata) => metadata.abstract,
  keywords: (metadata) => metadata.keywords,
  creator: (metadata) => metadata.creators,
  identifier: (metadata) => only(metadata.identifiers),
  place: (metadata) => only(metadata.places),
  relation: (metadata) => metadata.relations,
  license: (metadata) => metadata.license,
  date: (metadata) => metadata.date,
  temporal: (metadata) => metadata.temporal,
  bbox: (metadata) => metadata.bbox,
  crossesAntimeridian: (metadata) => metadata.crossesAntimeridian,
  warnings: (metadata) => metadata.warnings,
};

function only(values: readonly string[]): unknown {
  return values.length === 1 ? values[0] : values;
}

describe('the samples', () => {
  for (const [file, expected] of Object.entries(EXPECTED)) {
    const bytes = readFileSync(new URL(file, SAMPLES));
    if (expected.rejected !== undefined) {
      it(`${file} is refused, in a way its raster survives`, () => {
        const { rejected, datasetStillPublished, ...rest } = expected;
        assert.deepEqual(rest, {});
        // an error of ours is what lets the dataset go on without metadata
        assert.equal(datasetStillPublished, true);
        assert.throws(
          () => readSidecar(bytes, { name: file }),
          (error) => error instanceof MetadataError && error.code === rejected && error.subject === file,
        );
      });
      continue;
    }
    it(`${file} comes out as expected`, () => {
      const metadata = readSidecar(bytes, { name: file });
      for (const [key, value] of Object.entries(expected)) {
        const field = FIELDS[key];
        assert.ok(field, `nothing compares the expected key ${key}`);
        assert.deepEqual(field(metadata), value, key);
      }
      assert.equal(expected.crossesAntimeridian ?? false, metadata.crossesAntimeridian);
      assert.deepEqual(datasetMetadataSchema.parse(metadata), metadata);
      assert.equal(sniffSidecar(bytes), 'metadata');
    });
  }

  it('expects something of every sample', () => {
    const files = readdirSync(SAMPLES).filter((name) => name.endsWith('.xml'));
    assert.deepEqual(Object.keys(EXPECTED).sort(), files.sort());
    assert.equal(files.length, 12);
  });
});

describe('the neighbours', () => {
  const read = (file: string) => readSidecar(readFileSync(new URL(`neighbours/${file}`, SAMPLES)), { name: file });

  it('reads ISO 19139', () => {
    const { dialect, title, abstract, identifiers, bbox, date, warnings } = read('iso19139.xml');
    assert.deepEqual(
      { dialect, title, abstract, identifiers, bbox, date, warnings },
      {
        dialect: 'iso19139',
        title: 'Rainfall normals',
        abstract: 'Thirty-year means.',
        identifiers: ['iso-example-1'],
        bbox: [5, 47, 15, 55],
        // its dateStamp is the date of the metadata, not of the data
        date: null,
        warnings: [],
      },
    );
  });

  it('reads QGIS metadata behind its external DOCTYPE', () => {
    const { dialect, title, abstract, keywords, license, bbox, language } = read('scene.qmd');
    assert.deepEqual(
      { dialect, title, abstract, keywords, license, bbox, language },
      {
        dialect: 'qgis',
        title: 'Scene',
        abstract: 'Aerial scene',
        keywords: ['Imagery'],
        license: 'CC-BY',
        bbox: [3, 7, 4, 8],
        language: 'eng',
      },
    );
  });

  it('reads ArcGIS metadata as itself and not as FGDC, without its HTML', () => {
    const { dialect, title, abstract } = read('scene.tif.xml');
    assert.deepEqual({ dialect, title, abstract }, { dialect: 'esri', title: 'scene', abstract: 'Aerial scene' });
  });

  it('knows PAM for what it is', () => {
    assert.equal(sniffSidecar(readFileSync(new URL('neighbours/scene.tif.aux.xml', SAMPLES))), 'pam');
    assert.throws(
      () => read('scene.tif.aux.xml'),
      (error) => error instanceof MetadataError && error.code === 'not-metadata' && /PAM/.test(error.message),
    );
  });
});
