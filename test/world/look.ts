import assert from 'node:assert/strict';
import type { LedgerEntry, PublishedLayer, RangeReader } from '@geosluice/jobs';
import { memoryReader } from '../rasters/memory-reader.ts';
import { type OpenTiff, openTiff, type Pixels, type Window } from '../rasters/read-pixels.ts';
import { decodeMap, type MapImage } from './map-image.ts';
import type { World } from './world.ts';

/** A dataset as GeoNode's listing shows it. */
export interface ListedDataset {
  pk: number;
  title: string;
  /** `workspace:name` */
  alternate: string;
}

/** Who may ask a counterpart. */
interface Login {
  user: string;
  password: string;
}

/** Pixels of a map's side; each shows one pixel of the raster. */
const MAP_SIDE = 64;
/** Share of a map's pixels that must be right: a renderer may choose the neighbour at the edge of a pixel. */
const MOST = 0.98;
const ROUNDING = 2;

/** What every node draws around the middle of a layer must be the raster's own pixels. */
export async function assertDrawn(
  world: World,
  entry: Pick<LedgerEntry, 'layer'>,
  raster: Uint8Array | RangeReader,
): Promise<void> {
  const { layer } = entry;
  assert.ok(layer, 'it has a layer');
  const tiff = await openTiff(raster instanceof Uint8Array ? memoryReader(raster) : raster);
  const width = Math.min(MAP_SIDE, tiff.width);
  const height = Math.min(MAP_SIDE, tiff.height);
  const window = { x: (tiff.width - width) >> 1, y: (tiff.height - height) >> 1, width, height };
  const pixels = await tiff.read(window);
  const maps = await Promise.all(world.geoserver.nodes.map((node) => getMap(node, layer, boxOf(tiff, window), window)));
  for (const [index, map] of maps.entries()) {
    const share = shareOfRight(tiff, pixels, map);
    const where = `${layer.workspace}:${layer.name} on ${world.geoserver.nodes[index]}`;
    assert.ok(share >= MOST, `${(share * 100).toFixed(0)} % of the pixels are right of ${where}`);
  }
}

function boxOf({ geotransform }: OpenTiff, { x, y, width, height }: Window): readonly number[] {
  assert.ok(geotransform, 'it is georeferenced');
  const [left, perColumn, , top, , perRow] = geotransform;
  const at = (column: number, row: number): readonly [number, number] => [
    left + column * perColumn,
    top + row * perRow,
  ];
  return [...at(x, y + height), ...at(x + width, y)];
}

async function getMap(
  node: string,
  layer: PublishedLayer,
  bbox: readonly number[],
  size: { width: number; height: number },
): Promise<MapImage> {
  const url = new URL(`${node}/${layer.workspace}/${layer.name}/wms`);
  const query = {
    ...{ service: 'WMS', version: '1.1.1', request: 'GetMap', layers: `${layer.workspace}:${layer.name}`, styles: '' },
    ...{ srs: layer.srs, bbox: bbox.join(','), width: `${size.width}`, height: `${size.height}` },
    ...{ format: 'image/png', transparent: 'true' },
  };
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  const response = await fetch(url);
  const bytes = new Uint8Array(await response.arrayBuffer());
  const type = response.headers.get('content-type') ?? '';
  assert.match(type, /^image\/png/, `a map of ${url}: ${new TextDecoder().decode(bytes.subarray(0, 500))}`);
  return decodeMap(bytes);
}

/** Bytes are drawn as they are; all else is stretched, so that only the order of values can be compared. */
function shareOfRight(tiff: OpenTiff, pixels: Pixels, map: MapImage): number {
  assert.deepEqual([map.width, map.height], [pixels.width, pixels.height]);
  const bytes = tiff.bits === 8 && tiff.sampleFormat === 'uint';
  const count = map.width * map.height;
  const seen = Array.from({ length: count }, (_, at) => map.at(at % map.width, Math.floor(at / map.width)));
  const isData = (value: number): boolean => !Number.isNaN(value) && value !== tiff.nodata;
  const [first = new Float64Array(), second = first, third = first] = pixels.bands;
  if (!bytes) {
    const order = Array.from({ length: count }, (_, at) => at)
      .filter((at) => isData(first[at] ?? NaN))
      .sort((a, b) => (first[a] ?? 0) - (first[b] ?? 0));
    assert.ok(order.length > count / 2, 'most of it is data');
    const falls = order.filter((at, index) => {
      const before = seen[order[index - 1] ?? at]?.[0] ?? 0;
      return seen[at]?.[3] !== 255 || (seen[at]?.[0] ?? 0) < before - ROUNDING;
    });
    const colours = new Set(order.map((at) => seen[at]?.[0]));
    assert.ok(colours.size > 2, 'the map shows more than two values');
    return 1 - falls.length / order.length;
  }
  const right = seen.filter(([red, green, blue, alpha], at) => {
    const values = [first[at] ?? NaN, second[at] ?? NaN, third[at] ?? NaN];
    if (!values.every(isData)) return alpha === 0;
    return alpha === 255 && red === values[0] && green === values[1] && blue === values[2];
  });
  return right.length / count;
}

/** Names of the coverages of a workspace as one node's catalog has them, sorted. */
export async function layersOf(world: { geoserver: Login }, node: string, workspace: string): Promise<string[]> {
  const { user, password } = world.geoserver;
  const address = `${node}/rest/workspaces/${workspace}/coverages.json`;
  const body = await asked(address, user, password);
  const { coverages } = body as { coverages?: { coverage?: { name: string } | Array<{ name: string }> } | '' };
  const list = coverages === '' || coverages === undefined ? [] : (coverages.coverage ?? []);
  return [list]
    .flat()
    .map(({ name }) => name)
    .sort();
}

/** A layer's document as one node has it; null where it has none. */
export async function layerOn(world: World, node: string, layer: string): Promise<Record<string, unknown> | null> {
  const { user, password } = world.geoserver;
  const body = await asked(`${node}/rest/layers/${layer}.json`, user, password, [404]);
  return body === null ? null : ((body as { layer: Record<string, unknown> }).layer ?? null);
}

/** Every dataset of a workspace that GeoNode lists. */
export async function registeredIn(
  world: { geonode: Login & { url: string } },
  workspace: string,
): Promise<ListedDataset[]> {
  const { url, user, password } = world.geonode;
  const found: ListedDataset[] = [];
  for (let page = 1; ; page += 1) {
    const body = await asked(`${url}/api/v2/datasets/?page_size=100&page=${page}`, user, password);
    const { total, datasets } = body as {
      total: number;
      datasets: Array<{ pk: string | number; title: string; alternate: string }>;
    };
    for (const { pk, title, alternate } of datasets) {
      if (alternate.startsWith(`${workspace}:`)) found.push({ pk: Number(pk), title, alternate });
    }
    if (page * 100 >= total) return found;
  }
}

/** GeoNode's page of one dataset over its API; null where it has none. */
export async function registeredAs(world: World, pk: number): Promise<(ListedDataset & { abstract: string }) | null> {
  const { url, user, password } = world.geonode;
  const body = await asked(`${url}/api/v2/datasets/${pk}/`, user, password, [404]);
  if (body === null) return null;
  const { dataset } = body as { dataset: ListedDataset & { abstract: string } };
  return { ...dataset, pk: Number(dataset.pk) };
}

/** GeoNode keeps no comma in a title. */
export function titleInGeonode(title: string): string {
  return title.replaceAll(',', '_');
}

export function titlesEqual(found: string, title: string): boolean {
  return titleInGeonode(found) === titleInGeonode(title);
}

async function asked(url: string, user: string, password: string, missing: readonly number[] = []): Promise<unknown> {
  const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  const response = await fetch(url, { headers: { authorization, accept: 'application/json' } });
  const text = await response.text();
  if (missing.includes(response.status)) return null;
  assert.equal(response.status, 200, `${url}: ${text.slice(0, 300)}`);
  return JSON.parse(text);
}
