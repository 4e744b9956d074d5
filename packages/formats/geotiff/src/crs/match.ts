import type { Bbox } from '@geosluice/jobs';
import { allDefinitions, definitionOf } from './definitions.ts';
import { keyOf, type Projection, parseProj } from './projection.ts';
import { transformOf } from './transform.ts';

/** A code whose parameters are those of the file. */
export interface Candidate {
  code: number;
  name: string;
  /** e.g. `WGS 84`, `ETRS89` */
  datum: string;
  /** Its datum is WGS 84 within a metre or two: no shift, and an ellipsoid of the same size. */
  global: boolean;
}

let index: Promise<ReadonlyMap<string, Candidate[]>> | undefined;

/** All codes by the key of their parameters; built once, on the first user-defined CRS. */
function candidates(): Promise<ReadonlyMap<string, Candidate[]>> {
  index ??= build();
  index.catch(() => {
    index = undefined;
  });
  return index;
}

async function build(): Promise<ReadonlyMap<string, Candidate[]>> {
  const map = new Map<string, Candidate[]>();
  for (const { code, kind, name, proj4 } of await allDefinitions()) {
    if (proj4 === null || !/PROJCRS|GEOGCRS/.test(kind) || proj4.includes('axis=')) continue;
    const projection = parseProj(proj4);
    if (projection === null) continue;
    const key = keyOf(projection);
    const shifted = /\+nadgrids=/.test(proj4) || /\+towgs84=(?!0(,0)*\s)/.test(proj4);
    const candidate = {
      code,
      name,
      datum: datumOf(name, proj4),
      global: !shifted && projection.a === 6_378_137 && projection.rf > 298.25,
    };
    const list = map.get(key);
    if (list === undefined) map.set(key, [candidate]);
    else list.push(candidate);
  }
  return map;
}

/**
 * The EPSG code of the same parameters. Codes of the same parameters but another datum are told apart by the names
 * the file gives, then by where each is used; where these do not settle it, there is no match.
 * @param datum name of the geographic CRS below, where its code is known
 * @param hints names and citations from the file; only believed where parameters agree
 * @param bbox native bounds of the raster
 */
export async function matchCode(
  projection: Projection,
  datum: string | null,
  hints: readonly string[],
  bbox: Bbox,
): Promise<Candidate | null> {
  const all = (await candidates()).get(keyOf(projection)) ?? [];
  const decided = decideMatch(all, datum, hints);
  if (decided !== null || datum !== null) return decided;
  const local: Array<Candidate & { extent: number }> = [];
  for (const candidate of all.filter(({ global }) => global)) {
    const extent = await extentAt(candidate.code, bbox);
    if (extent > 0) local.push({ ...candidate, extent: projection.method === 'longlat' ? 1 : extent });
  }
  // The one of the widest use, e.g. ETRS89 before the realisation of one country.
  return local.toSorted((a, b) => rank(a) - rank(b) || b.extent - a.extent || a.code - b.code)[0] ?? null;
}

/** Decides among candidates of equal parameters by names alone. */
export function decideMatch(
  all: readonly Candidate[],
  datum: string | null,
  hints: readonly string[],
): Candidate | null {
  const ranked = all.toSorted(byRank);
  const folded = hints.map(fold).filter((hint) => hint.length > 3);
  const named = ranked.find(({ name }) => folded.includes(fold(name)));
  if (named !== undefined) return named;
  if (datum !== null) return ranked.find((candidate) => isOfDatum(candidate, datum)) ?? null;
  const hinted = ranked.filter((candidate) => folded.some((hint) => hint.includes(fold(candidate.datum))));
  if (hinted[0] !== undefined && countDatums(hinted) === 1) return hinted[0];
  if (countDatums(ranked) === 1) return ranked[0] ?? null;
  // The ellipsoid of WGS 84 without another name means WGS 84.
  return ranked.find((candidate) => candidate.datum === 'WGS 84') ?? null;
}

/** `WGS 84 / UTM zone 31N` is of the datum `WGS 84`; names without a slash (ESRI's) often leave it to the definition. */
function datumOf(name: string, proj4: string): string {
  const [first = name, ...rest] = name.split(' / ');
  if (rest.length === 0 && proj4.includes('+datum=WGS84')) return 'WGS 84';
  return first.trim();
}

function isOfDatum(candidate: Candidate, datum: string): boolean {
  const own = fold(candidate.datum);
  const wanted = fold(datum);
  // `ETRS89-extended` is ETRS89; ESRI's names begin with the datum and go on.
  return own === wanted || own === `${wanted}extended` || (!candidate.name.includes(' / ') && own.startsWith(wanted));
}

function countDatums(all: readonly Candidate[]): number {
  return new Set(all.map(({ datum }) => fold(datum))).size;
}

function byRank(a: Candidate, b: Candidate): number {
  return rank(a) - rank(b) || a.code - b.code;
}

/** Names with a remark on axes, e.g. `(N-E)`, come behind those without; codes outside of EPSG last. */
function rank({ code, name }: Candidate): number {
  return (code >= 53_000 ? 2 : 0) + (/\([^)]*[NE][^)]*\)$/.test(name) ? 1 : 0);
}

/** Square degrees of the area a code is used in, where the bounds' centre lies in it; 0 where not. */
async function extentAt(code: number, [minX, minY, maxX, maxY]: Bbox): Promise<number> {
  const definition = await definitionOf(code);
  const centre = definition === null ? null : transformOf(definition)?.toWgs84((minX + maxX) / 2, (minY + maxY) / 2);
  if (definition?.area == null || centre == null) return 0;
  const [west, south, east, north] = definition.area;
  const [x, y] = centre;
  const within = west <= east ? x >= west && x <= east : x >= west || x <= east;
  const width = east - west + (west > east ? 360 : 0);
  return within && y >= south && y <= north ? width * (north - south) : 0;
}

/** `GCS_ETRS_1989` and `ETRS89` are the same name in two tongues. */
function fold(name: string): string {
  return name
    .toLowerCase()
    .replace(/^(gcs|d|pcs)[_ ]/, '')
    .replace(/19(\d\d)/g, '$1')
    .replace(/_?north_american_(datum_)?(?=\d)/, 'nad')
    .replace(/world_geodetic_system_/, 'wgs')
    .replace(/european_terrestrial_reference_system_/, 'etrs')
    .replace(/[^a-z0-9]/g, '');
}
