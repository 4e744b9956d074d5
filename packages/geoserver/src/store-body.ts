import type { StoredObject } from '@geosluice/jobs';
import type { StoreState } from './answers.ts';
import type { Settings } from './config.ts';

export type StoreType = 's3geotiff' | 'cog';
export type Place = Pick<StoredObject, 'bucket' | 'key'>;

const TYPES: Readonly<Record<StoreType, string>> = { s3geotiff: 'S3GeoTiff', cog: 'GeoTIFF' };

/** The url of a coverage store; each segment of the key is percent-encoded, as GeoServer decodes it. */
export function storeUrl(storeType: StoreType, place: Place, access: Pick<Settings, 's3geotiff' | 'cog'>): string {
  const path = [place.bucket, ...place.key.split('/')].map(encodeURIComponent).join('/');
  if (storeType === 'cog') {
    if (access.cog.range === 'S3') return `cog://s3://${path}`;
    return `cog://${access.cog.baseUrl.replace(/\/+$/, '')}/${path}`;
  }
  if ('alias' in access.s3geotiff) return `${access.s3geotiff.alias}://${path}`;
  return `s3://${path}?awsRegion=${access.s3geotiff.awsRegion}`;
}

/** The only coverage in a GeoTIFF is called like its file without the last extension: `a/b.c/my.scene.tif` → `my.scene`. */
export function nativeNameOf(key: string): string {
  const base = key.slice(key.lastIndexOf('/') + 1);
  const dot = base.lastIndexOf('.');
  return dot > 0 ? base.slice(0, dot) : base;
}

export interface WantedStore {
  name: string;
  type: string;
  url: string;
  /** Says whose the store is, to people and to a later look. */
  description: string;
  cog: 'S3' | 'HTTP' | null;
}

export function wantedStore(
  name: string,
  storeType: StoreType,
  place: Place,
  dataset: string,
  access: Pick<Settings, 's3geotiff' | 'cog'>,
): WantedStore {
  return {
    name,
    type: TYPES[storeType],
    url: storeUrl(storeType, place, access),
    description: ownerMark(dataset),
    cog: storeType === 'cog' ? access.cog.range : null,
  };
}

export function ownerMark(dataset: string): string {
  return `geosluice:${dataset}`;
}

/** The dataset a store's description names; null of a store that is not ours. */
export function datasetOfMark(description: string | undefined): string | null {
  return /^geosluice:(\S+)$/.exec(description ?? '')?.[1] ?? null;
}

/** The document of POST …/coveragestores. The workspace in the body is the one that counts. */
export function storeDocument(workspace: string, store: WantedStore): object {
  const settings = { useCachingStream: false, rangeReaderSettings: store.cog };
  return {
    coverageStore: {
      name: store.name,
      type: store.type,
      description: store.description,
      enabled: true,
      workspace: { name: workspace },
      url: store.url,
      // without this entry the layer is refused with a 500
      ...(store.cog === null ? {} : { metadata: { entry: { '@key': 'CogSettings.Key', cogSettings: settings } } }),
    },
  };
}

export type StoreDecision = 'create' | 'confirm' | 'move' | 'recreate' | 'taken';

/** What is to be done about the store that GeoServer has under the wanted name. */
export function decideStore(
  current: StoreState | null,
  wanted: WantedStore,
  isOurs: (url: string) => boolean,
): StoreDecision {
  if (current === null) return 'create';
  const ours = current.description === wanted.description || current.url === wanted.url || isOurs(current.url ?? '');
  if (!ours) return 'taken';
  if (current.type !== wanted.type) return 'recreate';
  return current.url === wanted.url && current.enabled !== false ? 'confirm' : 'move';
}
