import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

/** What the EPSG index says of one code. */
export interface Definition {
  code: number;
  kind: string;
  name: string;
  /** As the index has it; null where it has none. */
  proj4: string | null;
  /** [west, south, east, north] in degrees, west > east across the antimeridian; null where the index has none. */
  area: [number, number, number, number] | null;
  /** e.g. `metre`, `US survey foot`, `degree (supplier to define representation)`. */
  unit: string | null;
}

/** Codes in wide use that the index leaves out because they are deprecated. */
const DEPRECATED: Readonly<Record<number, readonly [name: string, proj4: string]>> = {
  3408: ['NSIDC EASE-Grid North', '+proj=laea +lat_0=90 +lon_0=0 +x_0=0 +y_0=0 +R=6371228 +units=m +no_defs'],
  3409: ['NSIDC EASE-Grid South', '+proj=laea +lat_0=-90 +lon_0=0 +x_0=0 +y_0=0 +R=6371228 +units=m +no_defs'],
  3410: ['NSIDC EASE-Grid Global', '+proj=cea +lat_ts=30 +lon_0=0 +x_0=0 +y_0=0 +R=6371228 +units=m +no_defs'],
  3785: [
    'Popular Visualisation CRS / Mercator',
    '+proj=merc +a=6378137 +b=6378137 +lat_ts=0 +lon_0=0 +x_0=0 +y_0=0 +k=1 +units=m +nadgrids=@null +no_defs',
  ],
  32662: [
    'WGS 84 / Plate Carree',
    '+proj=eqc +lat_ts=0 +lat_0=0 +lon_0=0 +x_0=0 +y_0=0 +datum=WGS84 +units=m +no_defs',
  ],
};

interface Raw {
  code: string;
  kind: string;
  name: string;
  proj4: string | null;
  bbox: number[] | null;
  unit: string | null;
}

const LIMIT = 64;
const known = new Map<number, Promise<Definition | null>>();

/** Looks up one code; only its own file of the index is read. Null where the index has no CRS of a map under it. */
export function definitionOf(code: number): Promise<Definition | null> {
  const cached = known.get(code);
  if (cached !== undefined) return cached;
  const found = load(code);
  found.catch(() => known.delete(code));
  const [oldest] = known.keys();
  if (known.size >= LIMIT && oldest !== undefined) known.delete(oldest);
  known.set(code, found);
  return found;
}

async function load(code: number): Promise<Definition | null> {
  if (!Number.isInteger(code) || code < 1000 || code > 999_999) return null;
  const old = DEPRECATED[code];
  if (old !== undefined) return { code, kind: 'CRS-PROJCRS', name: old[0], proj4: old[1], area: null, unit: 'metre' };
  try {
    const raw: Raw = JSON.parse(await readFile(indexFile(`s/${code}.json`), 'utf8'));
    // Heights, building sites and geocentric axes are no CRS of a raster.
    return /VERTCRS|ENGCRS|GCENCRS/.test(raw.kind) ? null : definition(raw);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}

/** Every definition, for matching; some 10 MB of text that the caller should let go again. */
export async function allDefinitions(): Promise<Definition[]> {
  const all: Record<string, Raw> = JSON.parse(await readFile(indexFile('all.json'), 'utf8'));
  return Object.values(all).map(definition);
}

/** The index stays a package on disk, bundled or not. */
function indexFile(name: string): string {
  const home = createRequire(import.meta.url).resolve('epsg-index/package.json');
  return home.replace(/package\.json$/, name);
}

function definition(raw: Raw): Definition {
  const [north, west, south, east] = raw.bbox ?? [];
  const area =
    north === undefined ||
    west === undefined ||
    south === undefined ||
    east === undefined ||
    (north === 0 && south === 0)
      ? null
      : ([west, south, east, north] as Definition['area']);
  return { code: Number(raw.code), kind: raw.kind, name: raw.name, proj4: raw.proj4, area, unit: raw.unit };
}
