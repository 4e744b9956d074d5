import type { RegistrationDocument } from '../document.ts';
import { GeonodeError } from '../errors.ts';
import { bestDate, instantOf } from './dates.ts';
import { cut, isCut, keywords, line, plain } from './text.ts';
import { languageOf, type Vocabulary } from './vocabulary.ts';

const MAX_TITLE = 255;
const MAX_ABSTRACT = 10_000;
const MAX_TEXT = 2_000;
const TOO_LONG = 'longer than GeoNode takes, whole only in the sidecar';
const DOI = /^(?:doi:\s*|https?:\/\/(?:dx\.)?doi\.org\/)?(10\.\d{4,9}\/\S{1,240})$/i;

/**
 * What GeoNode's metadata editor would send for a dataset (`PATCH /api/v2/metadata/instance/{pk}`, GeoNode 5.1). People and
 * places need rows of GeoNode's, which only the app looks up: here they are text and keywords.
 * @throws GeonodeError GEONODE_REFUSED for a category that GeoNode does not know
 */
export function instanceOf(
  document: RegistrationDocument,
  vocabulary: Vocabulary,
): { instance: Record<string, unknown>; unmapped: string[] } {
  const { metadata } = document;
  const subjects = [...(document.keywords ?? []), ...metadata.keywords];
  const doi = metadata.identifiers.map((text) => DOI.exec(text.trim())?.[1]).find((found) => found !== undefined);
  const category = categoryOf(document, subjects, vocabulary);
  const language = languageOf(metadata.language, vocabulary);
  const [licence, rights] = rightsOf(document, vocabulary);
  const [start, end] = metadata.temporal ?? [null, null];
  const words = [...subjects, ...(document.regions ?? []), ...metadata.places];
  const texts = {
    title: [line(document.title).replaceAll(',', '_'), MAX_TITLE],
    'data quality statement': [metadata.sources.map(line).join('\n'), MAX_TEXT],
    'supplemental information': [supplementOf(document, language !== null, doi), MAX_TEXT],
  } as const;
  const instance = {
    // GeoNode's own rule for titles
    title: cut(...texts.title) || document.layer.name,
    abstract: cut(plain(metadata.abstract ?? ''), MAX_ABSTRACT) || 'No abstract provided',
    ...bestDate(metadata),
    ...(category === null ? {} : { category: { id: category } }),
    language: language ?? 'eng',
    ...(licence === null ? {} : { license: { id: licence } }),
    constraints_other: rights || null,
    doi: doi ?? null,
    data_quality_statement: cut(...texts['data quality statement']) || null,
    supplemental_information: cut(...texts['supplemental information']),
    temporal_extent_start: instantOf(start, 'start'),
    temporal_extent_end: instantOf(end, 'end'),
    spatial_representation_type: 'grid',
    hkeywords: keywords(words),
  };
  const long = Object.entries(texts).filter(([, [text, length]]) => text.length > length);
  const unmapped = [
    ...unmappedOf(document, { language, licence }),
    ...long.map(([name]) => `${name}: ${TOO_LONG}`),
    ...[...new Set(words)].filter(isCut).map((word) => `keyword ${line(word)}: ${TOO_LONG}`),
  ];
  return { instance, unmapped };
}

/** A sentence for each thing that has no row or no room here, and what became of it. */
function unmappedOf(
  document: RegistrationDocument,
  { language, licence }: { language: string | null; licence: number | null },
): string[] {
  const { metadata, regions = [] } = document;
  const people = [
    ['creator', metadata.creators],
    ['publisher', metadata.publishers],
    ['contributor', metadata.contributors],
  ] as const;
  return [
    ...people.flatMap(([role, names]) => names.map((name) => `${role} ${line(name)}: kept as text`)),
    ...[...regions, ...metadata.places].map((place) => `place ${line(place)}: kept as keyword`),
    ...(metadata.language === null || language !== null ? [] : [`language ${metadata.language}: kept as text`]),
    ...(metadata.license === null || licence !== null
      ? []
      : [`licence ${line(metadata.license)}: kept as other constraints`]),
    ...(metadata.date === null || bestDate(metadata) !== null
      ? []
      : [`date ${metadata.date}: GeoNode has no such date`]),
    ...otherTitlesOf(document).map(([lang, title]) => `title in ${lang} ${title}: kept as text`),
  ];
}

/** Language and title of those that are not the dataset's. */
function otherTitlesOf({ title: shown, metadata }: RegistrationDocument): Array<[string, string]> {
  const titles = Object.entries(metadata.titles).map(([lang, title]): [string, string] => [line(lang), line(title)]);
  return titles.filter(([, title]) => title !== '' && title !== line(shown));
}

function categoryOf(
  { category, dataset }: RegistrationDocument,
  subjects: readonly string[],
  { categories }: Vocabulary,
): string | null {
  if (category === undefined) {
    return subjects.map((word) => categories.get(word.trim().toLowerCase())).find((id) => id !== undefined) ?? null;
  }
  const id = categories.get(category.trim().toLowerCase());
  if (id !== undefined) return id;
  const message = `GeoNode refuses the dataset: category ${category} is no ISO 19115 topic category of this GeoNode; there are: ${[...categories.values()].join(', ')}`;
  throw new GeonodeError('GEONODE_REFUSED', message, { subject: dataset, field: 'category' });
}

/** A licence that GeoNode lists by that name, and the rest as text. */
function rightsOf(document: RegistrationDocument, { licences }: Vocabulary): [number | null, string] {
  const { license, rights } = document.metadata;
  const said = [license, ...rights].filter((text) => text !== null);
  const texts = said.length > 0 ? said : [document.license].filter((text) => text !== undefined);
  const known = texts.find((text) => licences.has(text.trim().toLowerCase()));
  const rest = [...new Set(texts)].filter((text) => text !== known).map(line);
  return [known === undefined ? null : (licences.get(known.trim().toLowerCase()) ?? null), rest.join('\n')];
}

/** What has no field here: shown with the dataset, and found by the full-text search. */
function supplementOf(document: RegistrationDocument, knowsLanguage: boolean, doi?: string): string {
  const { metadata, facts } = document;
  const { width, height, bands, bitsPerSample, sampleFormat, compression } = facts;
  const identifiers = metadata.identifiers.filter((text) => DOI.exec(text.trim())?.[1] !== doi || doi === undefined);
  const lines: Array<[string, readonly string[]]> = [
    ['Creator', metadata.creators],
    ['Publisher', metadata.publishers],
    ['Contributor', metadata.contributors],
    ...otherTitlesOf(document).map(([lang, title]): [string, string[]] => [`Title (${lang})`, [title]]),
    ['Alternative title', metadata.alternative],
    ['Identifier', identifiers],
    ['Type', metadata.types],
    ['Relation', metadata.relations],
    ['Language', knowsLanguage || metadata.language === null ? [] : [metadata.language]],
    ['Format', metadata.formats],
    [
      'Raster',
      [
        `${width} × ${height} pixels, ${bands} band${bands === 1 ? '' : 's'}, ${bitsPerSample} bit ${sampleFormat}, ${compression}`,
      ],
    ],
  ];
  const told = lines.filter(([, values]) => values.length > 0);
  return told.map(([label, values]) => `${label}: ${line(values.join('; '))}`).join('\n');
}
