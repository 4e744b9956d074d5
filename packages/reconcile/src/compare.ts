import type { LedgerEntry, StoredObject } from '@geosluice/jobs';
import type { Finding } from './finding.ts';
import type { FileState, NodeStore, Registered } from './ports.ts';

/** What each system says of one visible dataset; undefined where it could not be asked. */
export interface Seen {
  object: { size: number; etag: string } | null | undefined;
  /** By node, the primary first: none of one that could not be asked. */
  stores: ReadonlyMap<string, NodeStore | null>;
  primary: string;
  /** The url a store should have. */
  url: string;
  registered: Registered | null | undefined;
  file: FileState;
}

type Visible = LedgerEntry & Required<Pick<LedgerEntry, 'object' | 'layer'>>;

/** True for an entry that says that everything is there. */
export function isWhole(entry: LedgerEntry): entry is Visible {
  return entry.state === 'visible' && entry.object !== undefined && entry.layer !== undefined;
}

/** What is amiss with one visible dataset. */
export function compare(entry: Visible, seen: Seen): Finding[] {
  const subject = `${entry.layer.workspace}:${entry.layer.name}`;
  const { dataset } = entry;
  const of = (finding: Pick<Finding, 'difference' | 'place' | 'what'> & Partial<Finding>): Finding => ({
    ...{ dataset, subject, repair: 'retry' as const },
    ...finding,
  });
  return [
    ...inBucket(entry.object, seen),
    ...inGeoServer(seen),
    ...inGeoNode(entry, subject, seen),
    ...atSource(entry, seen),
  ].map(of);
}

type Part = Pick<Finding, 'difference' | 'place' | 'what'> & Partial<Finding>;

function inBucket(wanted: StoredObject, { object }: Seen): Part[] {
  if (object === undefined) return [];
  const subject = `s3://${wanted.bucket}/${wanted.key}`;
  const place = 'bucket';
  if (object === null)
    return [{ difference: 'missing', place, subject, what: 'the object that the layer shows is gone' }];
  if (object.size === wanted.size && object.etag === wanted.etag) return [];
  const what = `the object has ${object.size} bytes and the ETag ${object.etag}, not ${wanted.size} and ${wanted.etag}`;
  // keys are immutable: other bytes under one are nobody's work of ours
  return [{ difference: 'differing', place, subject, what, repair: 'none' }];
}

function inGeoServer({ stores, url, primary }: Seen): Part[] {
  const style = stores.get(primary)?.style ?? null;
  return [...stores].flatMap(([node, store]): Part[] => {
    const place = `geoserver ${node}` as const;
    if (store === null) return [{ difference: 'missing', place, what: 'the node has no such store' }];
    if (store.url !== url) return [{ difference: 'stale', place, what: `the store shows ${store.url}, not ${url}` }];
    if (!store.complete) return [{ difference: 'missing', place, what: 'the store has no layer' }];
    const parts: Part[] = [];
    if (!store.enabled) parts.push({ difference: 'differing', place, what: 'the store is disabled' });
    if (style !== null && store.style !== style) {
      const what = `the layer is drawn in the style ${store.style}, on the primary in ${style}`;
      parts.push({ difference: 'differing', place, what });
    }
    return parts;
  });
}

function inGeoNode(entry: Visible, subject: string, { registered }: Seen): Part[] {
  if (registered === undefined) return [];
  const place = 'geonode';
  if (registered === null) return [{ difference: 'missing', place, what: 'GeoNode has no such dataset' }];
  const parts: Part[] = [];
  if (registered.alternate !== subject) {
    const what = `GeoNode’s dataset ${registered.pk} shows ${registered.alternate}`;
    parts.push({ difference: 'differing', place, what });
  } else if (registered.version !== entry.version && registered.version !== entry.publishedVersion) {
    const what = `GeoNode’s dataset ${registered.pk} is of version ${registered.version}, not ${entry.version}`;
    parts.push({ difference: 'stale', place, what });
  }
  if (registered.doubles.length > 0) {
    const what = `GeoNode’s datasets ${registered.doubles.join(', ')} show the same layer as ${registered.pk}`;
    parts.push({ difference: 'doubled', place, what, repair: 'none' });
  }
  return parts;
}

function atSource(entry: Visible, { file }: Seen): Part[] {
  if (file === null) return [];
  const of = { place: 'source', subject: entry.uri, repair: 'look' } as const;
  if (file === 'changed') return [{ ...of, difference: 'stale', what: 'the file changed since it was brought in' }];
  return [{ ...of, difference: 'missing', what: 'the file is gone, and its rule says that the layer goes, too' }];
}
