import type { GeoServer } from '@geosluice/geoserver';
import type { ObjectStore } from '@geosluice/object-store';
import type { Source, Candidate as SourceCandidate, Sources } from '@geosluice/sources';

export type { SidecarRole } from '@geosluice/sources';

/** One raster and what lies beside it; the first sidecar of a role is the one that counts. */
export type Candidate = Pick<SourceCandidate, 'raster' | 'sidecars' | 'sized'>;

/** One way files come in, as far as stages use it. */
export interface SourcePort extends Omit<Source, 'list'> {
  list(
    ...args: Parameters<Source['list']>
  ): Promise<
    Pick<Awaited<ReturnType<Source['list']>>, 'prefixes' | 'next' | 'skipped' | 'orphans'> & { candidates: Candidate[] }
  >;
}

export interface SourcesPort extends Pick<Sources, 'checkAllowed'> {
  for(...args: Parameters<Sources['for']>): SourcePort;
}

/** The target bucket, as far as stages use it. */
export type StorePort = Pick<
  ObjectStore,
  | 'put'
  | 'get'
  | 'head'
  | 'upload'
  | 'openShared'
  | 'sendRange'
  | 'copy'
  | 'spool'
  | 'reader'
  | 'deleteObject'
  | 'deletePrefix'
  | 'keys'
  | 'proveReadable'
>;

/** The GeoServer cluster, as far as stages use it. */
export type GeoServerPort = Pick<GeoServer, 'publish' | 'drawn' | 'remove' | 'gone'>;
