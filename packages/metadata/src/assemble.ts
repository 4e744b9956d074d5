import { type Bbox, type DatasetMetadata, emptyMetadata, type RasterFacts } from '@geosluice/jobs';
import { chooseBox } from './choose-box.ts';
import { chooseTexts } from './choose-texts.ts';
import { type Collected, type Statement, type Term, textsOf, unique } from './collected.ts';
import { epsgOf } from './values/crs.ts';
import { parseDate } from './values/dates.ts';
import { parsePeriod, splitInterval } from './values/interval.ts';
import { oneLine } from './values/text.ts';

export interface AssembleContext {
  raster?: Pick<RasterFacts, 'wgs84Bbox' | 'srs'> | undefined;
  language?: string | undefined;
  now: Date;
}

/** Most periods looked at. */
const MANY = 1000;

const LICENCE =
  /^https?:\/\/(?:[\w.-]+\.)?(?:creativecommons\.org\/(?:licenses|publicdomain)|opendatacommons\.org\/licenses|spdx\.org\/licenses|opensource\.org\/licenses|govdata\.de\/dl-de|etalab\.gouv\.fr\/licence)/i;

/** One description from what a dialect's reader found; nothing in it is longer than its source. */
export function assemble(dialect: string, found: Collected, context: AssembleContext): DatasetMetadata {
  const warnings = [...found.warnings];
  const list = (...terms: Term[]) => unique(textsOf(found.statements, terms).map((each) => oneLine(each.text)));
  const rights = list('rights');
  const licences = list('license');
  const keywords = keywordsOf(found.statements, warnings);
  const dates = datesOf(found.statements, context.now, warnings);
  const temporal = temporalOf(found, context.now, warnings);
  const bbox = chooseBox(found.boxes, context.raster?.wgs84Bbox, warnings);
  checkCrs(found.crs, context.raster?.srs, warnings);
  const [license = rights.find((each) => LICENCE.test(each)) ?? null, ...others] = licences;
  return {
    ...emptyMetadata(dialect),
    ...chooseTexts(found.statements, context.language),
    keywords,
    creators: list('creator'),
    publishers: list('publisher'),
    contributors: list('contributor'),
    ...dates,
    temporal,
    types: list('type'),
    formats: list('format'),
    identifiers: list('identifier'),
    sources: list('source'),
    language: list('language')[0]?.toLowerCase() ?? null,
    relations: list('relation'),
    places: list('place'),
    bbox: bbox as Bbox | null,
    crossesAntimeridian: bbox !== null && bbox[0] > bbox[2],
    rights: unique([...rights, ...others]),
    license,
    warnings: unique(warnings.map(oneLine)),
  };
}

function keywordsOf(statements: readonly Statement[], warnings: string[]): string[] {
  const keywords: string[] = [];
  for (const { text, whole } of textsOf(statements, ['subject'])) {
    // on semicolons only: a comma may be part of a keyword
    const parts = whole
      ? [oneLine(text)]
      : text
          .split(';')
          .map(oneLine)
          .filter((part) => part !== '');
    if (parts.length > 1) warnings.push('keywords-split');
    for (const part of parts) keywords.push(part);
  }
  return unique(keywords);
}

function datesOf(
  statements: readonly Statement[],
  now: Date,
  warnings: string[],
): Pick<DatasetMetadata, 'date' | 'issued' | 'created' | 'modified'> {
  const first = (term: Term) => {
    let found: string | null = null;
    for (const { text } of textsOf(statements, [term])) {
      const parsed = parseDate(splitInterval(text)?.start ?? text, now);
      warnings.push(...parsed.warnings);
      found ??= parsed.value;
    }
    return found;
  };
  const [issued, created, modified, plain] = [first('issued'), first('created'), first('modified'), first('date')];
  return { issued, created, modified, date: issued ?? created ?? modified ?? plain };
}

function temporalOf(found: Collected, now: Date, warnings: string[]): DatasetMetadata['temporal'] {
  for (const period of found.periods.slice(0, MANY)) {
    const parsed = parsePeriod(period, now);
    warnings.push(...parsed.warnings);
    if (parsed.value) return parsed.value;
  }
  return null;
}

/** The raster's reference system rules; a sidecar that names another one may describe another file. */
function checkCrs(named: readonly string[], srs: string | undefined, warnings: string[]): void {
  const codes = named.map(epsgOf).filter((code) => code !== null);
  const [code] = codes;
  if (srs !== undefined && code !== undefined && !codes.includes(srs)) warnings.push(`crs-mismatch:${code}`);
}
