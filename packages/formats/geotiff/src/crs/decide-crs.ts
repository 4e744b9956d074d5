import type { Bbox } from '@geosluice/jobs';
import { GeoTiffError } from '../errors.ts';
import { type GeoKeys, USER_DEFINED } from '../geo-keys.ts';
import { type Definition, definitionOf } from './definitions.ts';
import { baseCode, projectionOf } from './from-geo-keys.ts';
import { parseWkt } from './from-wkt.ts';
import { type Candidate, matchCode } from './match.ts';

export interface DecidedCrs {
  /** EPSG:<code> */
  srs: string;
  srsDeclared: boolean;
  definition: Definition;
  warnings: string[];
}

/**
 * Which CRS the raster is in. The option wins over the file.
 * @param bbox native bounds; where they lie tells codes apart that share their parameters
 * @throws GeoTiffError NO_CRS, CRS_WITHOUT_CODE, CRS_UNKNOWN
 */
export async function decideCrs(keys: GeoKeys, bbox: Bbox, srs: string | undefined): Promise<DecidedCrs> {
  if (srs === undefined) return fromFile(keys, bbox);
  const definition = await definitionOf(codeOf(srs));
  if (definition === null) throw unknown(srs, 'the option srs');
  const own = await fromFile(keys, bbox).catch((error: unknown) => {
    if (error instanceof GeoTiffError) return null;
    throw error;
  });
  const differs = own !== null && own.srs !== srs;
  return {
    srs,
    srsDeclared: true,
    definition,
    warnings: [...(differs ? ['srs-differs'] : []), ...outsideEpsg(definition)],
  };
}

async function fromFile(keys: GeoKeys, bbox: Bbox): Promise<DecidedCrs> {
  const projected = keys.number('ProjectedCSType');
  const geographic = keys.number('GeographicType');
  const model = keys.number('GTModelType');
  // GDAL writes model 32767 where only a WKT in the citation tells the projection.
  const projects = projected !== undefined && projected > 0;
  const own = projects ? projected : model === 1 || model === USER_DEFINED ? USER_DEFINED : geographic;
  const spelled = projects || geographic !== undefined || keys.number('Projection', 'ProjCoordTrans') !== undefined;
  if (!spelled || own === undefined || own === 0) {
    if (userWkt(keys) !== null) return matched(keys, bbox);
    throw new GeoTiffError(
      'NO_CRS',
      'the file is georeferenced but its GeoKeys name no coordinate reference system; give one with the option srs',
      { subject: 'GeoKeyDirectory' },
    );
  }
  if (own === USER_DEFINED) return matched(keys, bbox);
  const definition = await definitionOf(own);
  if (definition === null) throw unknown(`EPSG:${own}`, projected === own ? 'ProjectedCSType' : 'GeographicType');
  return { srs: `EPSG:${own}`, srsDeclared: false, definition, warnings: outsideEpsg(definition) };
}

async function matched(keys: GeoKeys, bbox: Bbox): Promise<DecidedCrs> {
  const found = await match(keys, bbox);
  const definition = found === null ? null : await definitionOf(found.code);
  if (found === null || definition === null) {
    const name = keys.citations().find((text) => text.trim() !== '') ?? 'no name';
    throw new GeoTiffError(
      'CRS_WITHOUT_CODE',
      `the coordinate reference system is user-defined (${name.slice(0, 80)}) and matches no EPSG code; give one with the option srs, or reproject the file`,
      { subject: 'ProjectedCSType' },
    );
  }
  // GeoServer would read the user-defined keys as a CRS of its own: it must be told the code.
  return {
    srs: `EPSG:${found.code}`,
    srsDeclared: true,
    definition,
    warnings: ['crs-matched', ...outsideEpsg(definition)],
  };
}

async function match(keys: GeoKeys, bbox: Bbox): Promise<Candidate | null> {
  const hints = keys.citations().flatMap((text) => [text, text.replace(/^[^=]*=\s*/, '')]);
  const projection = await projectionOf(keys);
  if (projection !== null) {
    const code = baseCode(keys);
    const base = code === undefined ? null : await definitionOf(code);
    const found = await matchCode(projection, base?.name ?? null, hints, bbox);
    if (found !== null) return found;
  }
  const wkt = userWkt(keys);
  return wkt === null ? null : matchCode(wkt.projection, null, [...wkt.names, ...hints], bbox);
}

function userWkt(keys: GeoKeys): ReturnType<typeof parseWkt> {
  for (const citation of keys.citations()) {
    const at = citation.search(/(PROJCS|GEOGCS)\s*\[/);
    const wkt = at < 0 ? null : parseWkt(citation.slice(at));
    if (wkt !== null) return wkt;
  }
  return null;
}

/** Codes above 32767 are ESRI's and others': GeoServer knows most of them, under the same number. */
function outsideEpsg({ code }: Definition): string[] {
  return code > USER_DEFINED ? ['srs-outside-epsg'] : [];
}

export function codeOf(srs: string): number {
  return Number(/^EPSG:(\d{4,6})$/.exec(srs)?.[1] ?? Number.NaN);
}

function unknown(srs: string, subject: string): GeoTiffError {
  return new GeoTiffError(
    'CRS_UNKNOWN',
    `${srs} (from ${subject}) is no known EPSG code of a map's CRS; give a known one with the option srs`,
    {
      subject,
    },
  );
}
