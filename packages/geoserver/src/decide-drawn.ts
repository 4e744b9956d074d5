import type { Bbox, RasterFacts } from '@geosluice/jobs';
import type { CoverageState, StoreState } from './answers.ts';
import { showsObject } from './coverage-body.ts';
import type { Answer } from './http.ts';
import { exceptionOf } from './map-exception.ts';
import { readMapImage } from './map-image.ts';

/** Pixels of a side of the map that proves a layer. */
export const MAP_SIZE = 256;

export interface View {
  bbox: Bbox;
  /** True where the map may be empty without anything being wrong. */
  emptyIsFine: boolean;
}

/**
 * The maps that are asked for, one after the other until one shows something. The first is around a block that holds
 * data; but its pixels may all be nodata, so a raster that can be transparent gets a second chance as a whole.
 */
export function decideViews(facts: RasterFacts): View[] {
  if (facts.probeBbox === null) return [{ bbox: facts.nativeBbox, emptyIsFine: true }];
  if (!canBeTransparent(facts)) return [{ bbox: facts.probeBbox, emptyIsFine: false }];
  return [
    { bbox: facts.probeBbox, emptyIsFine: false },
    { bbox: facts.nativeBbox, emptyIsFine: true },
  ];
}

/** Nodata, NaN or an alpha band can make every pixel of a sound raster invisible. */
export function canBeTransparent(facts: RasterFacts): boolean {
  const alpha = facts.bands === 2 || facts.bands === 4;
  return facts.nodata !== null || facts.sampleFormat.includes('float') || alpha;
}

export type MapVerdict =
  | { kind: 'drawn' }
  /** A map without one visible pixel. */
  | { kind: 'empty' }
  /** Anything else; `reason` says what came. */
  | { kind: 'not-yet'; reason: string };

/** What a GetMap answer shows. GeoServer sends its errors as XML with HTTP 200. */
export function decideMap(answer: Pick<Answer, 'status' | 'type' | 'bytes' | 'text'>): MapVerdict {
  if (answer.status !== 200) return { kind: 'not-yet', reason: `HTTP ${answer.status}` };
  if (answer.type !== 'image/png') {
    const said = exceptionOf(answer.text);
    return { kind: 'not-yet', reason: said ?? `an answer of type ${answer.type || 'unknown'}` };
  }
  const image = readMapImage(answer.bytes, MAP_SIZE);
  if (image === null) return { kind: 'not-yet', reason: 'an image that cannot be decoded' };
  return image.visible > 0 ? { kind: 'drawn' } : { kind: 'empty' };
}

/** Why a node's store is not the one wanted yet; null where it is. */
export function decideStoreOf(store: StoreState | null, wanted: { url: string }): string | null {
  if (store === null) return 'it does not know the store yet';
  return store.url === wanted.url ? null : 'its store still points at another object';
}

/** Why a node's layer is not the one wanted yet; null where it is. */
export function decideCoverageOf(
  coverage: CoverageState | null,
  wanted: { nativeName: string; facts: RasterFacts },
): string | null {
  if (coverage === null) return 'it does not know the layer yet';
  return showsObject(coverage, wanted) ? null : 'its layer still describes another object';
}

/** The path and query of a map of one layer by its own endpoint; WMS 1.1.1, which has x before y for every CRS. */
export function mapPath(layer: { workspace: string; name: string; srs: string }, bbox: Bbox): string {
  const query = new URLSearchParams({
    service: 'WMS',
    version: '1.1.1',
    request: 'GetMap',
    layers: layer.name,
    styles: '',
    bbox: bbox.join(','),
    srs: layer.srs,
    width: String(MAP_SIZE),
    height: String(MAP_SIZE),
    format: 'image/png',
    transparent: 'true',
  });
  return `/${encodeURIComponent(layer.workspace)}/${encodeURIComponent(layer.name)}/wms?${query}`;
}
