import { z } from 'zod';
import { bboxSchema } from './raster.ts';

const line = z.string().min(1).max(2000);
const lines = z.array(line).max(200);
/** ISO 8601, as exact as the source is: `2020`, `2020-03`, `2020-03-01` or a full date-time. */
const date = z.string().regex(/^-?\d{4,}(-\d{2}(-\d{2}(T.+)?)?)?$/);

/**
 * One description of a dataset, whatever dialect it came in. Dublin Core's elements are the vocabulary
 * (https://www.dublincore.org/specifications/dublin-core/dcmi-terms/). At most 16 KiB as JSON.
 */
export const datasetMetadataSchema = z.strictObject({
  /** oai_dc, rdf, dcterms, plain, simpledc, csw, dc-children, iso19139, iso19115-3, fgdc, esri, qgis; none without a sidecar. */
  dialect: z.string().max(40),
  title: z.string().min(1).max(1000).nullable(),
  /** By xml:lang, where the source has more than one language. */
  titles: z.record(z.string(), z.string()),
  alternative: lines,
  abstract: z.string().max(10_000).nullable(),
  keywords: z.array(z.string().min(1).max(255)).max(500),
  creators: lines,
  publishers: lines,
  contributors: lines,
  /** The best single date: issued, else created, else modified, else date. */
  date: date.nullable(),
  issued: date.nullable(),
  created: date.nullable(),
  modified: date.nullable(),
  /** [start, end], each null where open. Partial dates are widened to days. */
  temporal: z.tuple([date.nullable(), date.nullable()]).nullable(),
  types: lines,
  formats: lines,
  identifiers: lines,
  sources: lines,
  /** As the source writes it, lower case: `eng`, `en`, `de`. */
  language: z.string().max(40).nullable(),
  relations: lines,
  places: lines,
  /** Only checked against the raster's, never published. Degrees; west > east across the antimeridian. */
  bbox: bboxSchema.nullable(),
  crossesAntimeridian: z.boolean(),
  rights: lines,
  /** A URL or name of a licence. */
  license: line.nullable(),
  warnings: z.array(z.string().max(300)).max(100),
});
export type DatasetMetadata = z.infer<typeof datasetMetadataSchema>;

/** Largest metadata document a job carries, in bytes of JSON. */
export const MAX_METADATA_BYTES = 16 * 1024;

/** A metadata document that says nothing. */
export function emptyMetadata(dialect = 'none'): DatasetMetadata {
  return {
    dialect,
    title: null,
    titles: {},
    alternative: [],
    abstract: null,
    keywords: [],
    creators: [],
    publishers: [],
    contributors: [],
    date: null,
    issued: null,
    created: null,
    modified: null,
    temporal: null,
    types: [],
    formats: [],
    identifiers: [],
    sources: [],
    language: null,
    relations: [],
    places: [],
    bbox: null,
    crossesAntimeridian: false,
    rights: [],
    license: null,
    warnings: [],
  };
}
