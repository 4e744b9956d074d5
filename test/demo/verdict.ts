import type { LedgerEntry } from '@geosluice/jobs';
import type { Delivery } from './deliveries.ts';

/** What became of one delivery, looked up where a person would look. */
export interface Verdict {
  delivery: Delivery;
  entry: LedgerEntry | null;
  /** The layer's map as an image, and the dataset's page. */
  links: { map: string; dataset: string } | null;
  /** What is not as it must be; empty where all is well. */
  faults: string[];
}

/** Compares a ledger entry with what the file must become, and follows its links. */
export async function judge(delivery: Delivery, entry: LedgerEntry | null): Promise<Verdict> {
  const { becomes } = delivery.drop;
  const faults: string[] = [];
  const expect = (what: string, found: unknown, wanted: unknown): void => {
    if (found !== wanted) faults.push(`${what} is ${String(found)}, not ${String(wanted)}`);
  };
  expect('state', entry?.state, becomes.state);
  if (becomes.state === 'dead') {
    expect('reason', entry?.reason?.code, becomes.code);
    return { delivery, entry, links: null, faults };
  }
  expect('title', entry?.title, becomes.title);
  expect('metadata', entry?.metadataState, becomes.metadata);
  if (entry?.layer === undefined || entry.geonode === undefined) return { delivery, entry, links: null, faults };
  const links = { map: mapUrl(entry.layer), dataset: entry.geonode.url };
  const [map, dataset] = await Promise.all([fetch(links.map), fetch(links.dataset)]);
  expect('map', map.headers.get('content-type')?.split(';', 1)[0], 'image/png');
  // an empty map of this size compresses to a few hundred bytes
  if ((await map.arrayBuffer()).byteLength < 800) faults.push('the map is empty');
  expect('dataset page', dataset.status, 200);
  await dataset.arrayBuffer();
  return { delivery, entry, links, faults };
}

/** The whole layer as a PNG of 512 pixels' width. */
export function mapUrl(layer: NonNullable<LedgerEntry['layer']>): string {
  const [minX, minY, maxX, maxY] = layer.nativeBbox;
  const height = Math.max(1, Math.min(2048, Math.round((512 * (maxY - minY)) / (maxX - minX))));
  const url = new URL(layer.wms);
  const query = {
    ...{ service: 'WMS', version: '1.1.1', request: 'GetMap', layers: `${layer.workspace}:${layer.name}`, styles: '' },
    ...{ srs: layer.srs, bbox: layer.nativeBbox.join(','), width: '512', height: `${height}`, format: 'image/png' },
    transparent: 'true',
  };
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return url.href;
}
