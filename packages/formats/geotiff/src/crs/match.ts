import { allDefinitions } from './definitions.ts';
import { keyOf, type Projection, parseProj } from './projection.ts';

/** A candidate of the same parameters. */
export interface Candidate {
  code: number;
  name: string;
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
    const list = map.get(key);
    if (list === undefined) map.set(key, [{ code, name }]);
    else list.push({ code, name });
  }
  return map;
}

/**
 * The EPSG code of the same parameters. Codes of the same parameters but another datum are told apart by the names
 * the file gives; where these do not settle it, there is no match.
 * @param datum name of the geographic CRS below, where its code is known
 * @param hints names and citations from the file; only believed where parameters agree
 */
export async function matchCode(
  projection: Projection,
  datum: string | null,
  hints: readonly string[],
): Promise<Candidate | null> {
  const all = (await candidates()).get(keyOf(projection)) ?? [];
  return decideMatch(all, datum, hints);
}

/** Decides among candidates of equal parameters. */
export function decideMatch(
  all: readonly Candidate[],
  datum: string | null,
  hints: readonly string[],
): Candidate | null {
  const ranked = all.toSorted((a, b) => rank(a) - rank(b) || a.code - b.code);
  const folded = hints.map(fold).filter((hint) => hint.length > 3);
  const named = ranked.find(({ name }) => folded.includes(fold(name)));
  if (named !== undefined) return named;
  if (datum !== null) return ranked.find(({ name }) => fold(datumOf(name)) === fold(datum)) ?? null;
  const datums = new Set(ranked.map(({ name }) => fold(datumOf(name))));
  const hinted = ranked.filter(({ name }) => folded.some((hint) => hint.includes(fold(datumOf(name)))));
  if (hinted[0] !== undefined && new Set(hinted.map(({ name }) => fold(datumOf(name)))).size === 1) return hinted[0];
  if (datums.size === 1) return ranked[0] ?? null;
  // The ellipsoid of WGS 84 without another name means WGS 84.
  return ranked.find(({ name }) => datumOf(name) === 'WGS 84') ?? null;
}

/** `WGS 84 / UTM zone 31N` is of the datum `WGS 84`. */
function datumOf(name: string): string {
  return (name.split(' / ')[0] ?? name).trim();
}

/** Names with a remark on axes, e.g. `(N-E)`, come behind those without; codes outside of EPSG last. */
function rank({ code, name }: Candidate): number {
  return (code >= 53_000 ? 2 : 0) + (/\([^)]*[NE][^)]*\)$/.test(name) ? 1 : 0);
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
