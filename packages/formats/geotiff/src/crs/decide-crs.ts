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
 * @throws GeoTiffError NO_CRS, CRS_WITHOUT_CODE, CRS_UNKNOWN
 */
export async function decideCrs(keys: GeoKeys, srs: string | undefined): Promise<DecidedCrs> {
  if (srs === undefined) return fromFile(keys);
  const definition = await definitionOf(codeOf(srs));
  if (definition === null) throw unknown(srs, 'the option srs');
  const own = await fromFile(keys).catch((error: unknown) => {
    if (error instanceof GeoTiffError) return null;
    throw error;
  });
  const differs = own !== null && own.srs !== srs;
  return { srs, srsDeclared: true, definition, warnings: differs ? ['srs-differs'] : [] };
}

async function fromFile(keys: GeoKeys): Promise<DecidedCrs> {
  const projected = keys.number('ProjectedCSType');
  const geographic = keys.number('GeographicType');
  const model = keys.number('GTModelType');
  const own =
    projected !== undefined && projected > 0
      ? projected
      : model === 1 && keys.number('ProjCoordTrans') !== undefined
        ? USER_DEFINED
        : geographic;
  if (own === undefined || own === 0) {
    if (userWkt(keys) !== null) return matched(keys);
    throw new GeoTiffError(
      'NO_CRS',
      'the file is georeferenced but its GeoKeys name no coordinate reference system; give one with the option srs',
      { subject: 'GeoKeyDirectory' },
    );
  }
  if (own >= USER_DEFINED && own === USER_DEFINED) return matched(keys);
  const definition = await definitionOf(own);
  if (definition === null) throw unknown(`EPSG:${own}`, projected === own ? 'ProjectedCSType' : 'GeographicType');
  return { srs: `EPSG:${own}`, srsDeclared: false, definition, warnings: [] };
}

async function matched(keys: GeoKeys): Promise<DecidedCrs> {
  const found = await match(keys);
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
  return { srs: `EPSG:${found.code}`, srsDeclared: true, definition, warnings: ['crs-matched'] };
}

async function match(keys: GeoKeys): Promise<Candidate | null> {
  const hints = keys.citations().flatMap((text) => [text, text.replace(/^[^=]*=\s*/, '')]);
  const projection = await projectionOf(keys);
  if (projection !== null) {
    const code = baseCode(keys);
    const base = code === undefined ? null : await definitionOf(code);
    const found = await matchCode(projection, base?.name ?? null, hints);
    if (found !== null) return found;
  }
  const wkt = userWkt(keys);
  return wkt === null ? null : matchCode(wkt.projection, null, [...wkt.names, ...hints]);
}

function userWkt(keys: GeoKeys): ReturnType<typeof parseWkt> {
  for (const citation of keys.citations()) {
    const at = citation.search(/(PROJCS|GEOGCS)\s*\[/);
    const wkt = at < 0 ? null : parseWkt(citation.slice(at));
    if (wkt !== null) return wkt;
  }
  return null;
}

export function codeOf(srs: string): number {
  return Number(/^EPSG:(\d{4,6})$/.exec(srs)?.[1] ?? Number.NaN);
}

function unknown(srs: string, subject: string): GeoTiffError {
  return new GeoTiffError(
    'CRS_UNKNOWN',
    `${srs} (from ${subject}) is not a known EPSG code; give a known one with the option srs`,
    {
      subject,
    },
  );
}
