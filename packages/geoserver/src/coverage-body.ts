import type { Bbox, RasterFacts } from '@geosluice/jobs';
import type { CoverageState } from './answers.ts';
import { dimensionsOf, showsBands } from './dimensions.ts';

export interface MetadataLink {
  /** Media type of what the url gives, e.g. `text/xml`. */
  type: string;
  /** `ISO19115:2003`, `FGDC`, `TC211`, `19139` or `other`. */
  metadataType: string;
  url: string;
}

export interface CoverageWish {
  name: string;
  nativeName: string;
  title: string;
  abstract: string;
  keywords: readonly string[];
  metadataLinks: readonly MetadataLink[];
  facts: RasterFacts;
}

/** What GeoServer is told of a coverage; every field that it would keep from an older object is among them. */
export function coverageFields(wish: CoverageWish): Record<string, unknown> {
  const { facts } = wish;
  return {
    nativeName: wish.nativeName,
    nativeCoverageName: wish.nativeName,
    title: wish.title,
    abstract: wish.abstract,
    // an empty list cannot be sent in GeoServer's JSON
    keywords: { string: keywordsOf(wish) },
    ...(wish.metadataLinks.length === 0 ? {} : { metadataLinks: { metadataLink: wish.metadataLinks.map(linkOf) } }),
    srs: facts.srs,
    projectionPolicy: policyOf(facts),
    nativeBoundingBox: boxOf(facts.nativeBbox, facts.srs),
    latLonBoundingBox: boxOf(ordered(facts.wgs84Bbox), 'EPSG:4326'),
    grid: gridOf(facts),
    enabled: true,
    advertised: true,
  };
}

function keywordsOf(wish: CoverageWish): readonly string[] {
  return wish.keywords.length === 0 ? [wish.name] : wish.keywords;
}

function linkOf(link: MetadataLink): object {
  return { type: link.type, metadataType: link.metadataType, content: link.url };
}

function policyOf(facts: RasterFacts): string {
  return facts.srsDeclared ? 'FORCE_DECLARED' : 'REPROJECT_TO_DECLARED';
}

function boxOf([minx, miny, maxx, maxy]: Bbox, crs: string): object {
  return { minx, maxx, miny, maxy, crs };
}

/** GeoServer knows no west > east: a box across the antimeridian spans the globe. */
export function ordered([west, south, east, north]: Bbox): Bbox {
  return west <= east ? [west, south, east, north] : [-180, south, 180, north];
}

/** GeoServer's grid counts from the centre of the first pixel, ours from its outer corner. */
function gridOf(facts: RasterFacts): object {
  const [x, xCol, xRow, y, yCol, yRow] = facts.geotransform;
  return {
    '@dimension': 2,
    range: { low: '0 0', high: `${facts.width} ${facts.height}` },
    transform: {
      scaleX: xCol,
      scaleY: yRow,
      shearX: xRow,
      shearY: yCol,
      translateX: x + (xCol + xRow) / 2,
      translateY: y + (yCol + yRow) / 2,
    },
    crs: facts.srs,
  };
}

/**
 * The document of POST …/coverages: with an srs GeoServer takes our word for all, derives the native CRS, and no more (recorded:
 * 24-cov-explicit-all); so what it would derive without one is among it. One request, where a document without srs would
 * want a PUT for title and keywords after it.
 */
export function newCoverageDocument(wish: CoverageWish): object {
  const { name, facts } = wish;
  const srs = { string: [facts.srs] };
  return {
    coverage: {
      name,
      ...coverageFields(wish),
      dimensions: dimensionsOf(facts),
      nativeFormat: 'GeoTIFF',
      supportedFormats: { string: ['GEOTIFF'] },
      interpolationMethods: { string: ['nearest neighbor', 'bilinear', 'bicubic'] },
      defaultInterpolationMethod: 'nearest neighbor',
      ...{ requestSRS: srs, responseSRS: srs },
    },
  };
}

/**
 * The document of PUT …/coverages/{name}, or null where GeoServer has it all already.
 * @param moved its store has just been pointed at another object: all is sent, whatever GeoServer shows of the old one
 */
export function changedCoverageDocument(current: CoverageState, wish: CoverageWish, moved = false): object | null {
  if (!moved && isUpToDate(current, wish)) return null;
  const { facts } = wish;
  const stale = !facts.srsDeclared && current.nativeCRS !== undefined && codeOf(current.nativeCRS) !== facts.srs;
  return {
    coverage: {
      ...coverageFields(wish),
      ...(stale ? { nativeCRS: facts.srs } : {}),
      ...(moved || !showsBands(current, facts) ? { dimensions: dimensionsOf(facts) } : {}),
    },
  };
}

/** The authority code a WKT ends with; the text itself where it is one. */
function codeOf(crs: string): string {
  const code = /AUTHORITY\["EPSG",\s*"(\d+)"\]\s*\]\s*$/.exec(crs)?.[1];
  return code === undefined ? crs.trim() : `EPSG:${code}`;
}

export function isUpToDate(current: CoverageState, wish: CoverageWish): boolean {
  const links = current.metadataLinks?.metadataLink.map((link) => link.content ?? '') ?? [];
  return (
    showsObject(current, wish) &&
    showsBands(current, wish.facts) &&
    (current.latLonBoundingBox === undefined || sameBox(current.latLonBoundingBox, ordered(wish.facts.wgs84Bbox))) &&
    sameText(current.title, wish.title) &&
    sameText(current.abstract, wish.abstract) &&
    sameList(current.keywords?.string ?? [], keywordsOf(wish)) &&
    sameList(
      links,
      wish.metadataLinks.map((link) => link.url),
    ) &&
    current.enabled !== false &&
    current.advertised !== false
  );
}

/** True where the coverage describes the wanted object: name inside, CRS, bounds and size. */
export function showsObject(
  current: CoverageState,
  { nativeName, facts }: Pick<CoverageWish, 'nativeName' | 'facts'>,
): boolean {
  return (
    current.nativeCoverageName === nativeName &&
    current.srs === facts.srs &&
    current.projectionPolicy === policyOf(facts) &&
    sameBox(current.nativeBoundingBox, facts.nativeBbox) &&
    sameText(current.grid?.range?.high, `${facts.width} ${facts.height}`)
  );
}

/** Boxes are equal within a millionth of their size: GeoServer computes with its own rounding. */
export function sameBox(current: CoverageState['nativeBoundingBox'], [minX, minY, maxX, maxY]: Bbox): boolean {
  if (current === undefined) return false;
  const slack = Math.max(maxX - minX, maxY - minY) * 1e-6;
  const near = (a: number, b: number) => Math.abs(a - b) <= slack;
  return near(current.minx, minX) && near(current.miny, minY) && near(current.maxx, maxX) && near(current.maxy, maxY);
}

/** Equal, or equal as the number GeoServer's JSON makes of it; line ends aside. */
export function sameText(current: string | undefined, wanted: string): boolean {
  const now = (current ?? '').replace(/\r\n?/g, '\n').trim();
  const then = wanted.replace(/\r\n?/g, '\n').trim();
  return now === then || (now !== '' && then !== '' && Number(now) === Number(then));
}

function sameList(current: readonly string[], wanted: readonly string[]): boolean {
  return current.length === wanted.length && wanted.every((item, index) => sameText(current[index], item));
}
