import type { Log, PublishedLayer, RasterFacts, StoredObject } from '@geosluice/jobs';
import type { StorePort } from '../ports.ts';

export interface PublishRequest {
  workspace: string;
  name: string;
  dataset: string;
  storeType: 's3geotiff' | 'cog';
  object: StoredObject;
  facts: RasterFacts;
  title: string;
  abstract: string | null;
  keywords: readonly string[];
  style: { name: string; sld: string } | null;
  log: Log;
  signal: AbortSignal;
}

/** The GeoServer cluster. packages/geoserver is the adapter. */
export interface GeoServerPort {
  /** Creates, confirms or moves the layer on the primary. @throws GeoServerError */
  publish(request: PublishRequest): Promise<PublishedLayer>;
  /** Ends when every node has drawn the layer. @throws GeoServerError naming the node that stays behind */
  drawn(
    layer: PublishedLayer,
    request: { object: StoredObject; facts: RasterFacts; log: Log; signal: AbortSignal },
  ): Promise<void>;
  /** Layer, coverage and store; what is not there is removed already. */
  remove(request: { workspace: string; name: string; dataset: string; log: Log; signal: AbortSignal }): Promise<void>;
}

export interface PublishPorts {
  geoserver: GeoServerPort;
  store: StorePort;
  storeType: 's3geotiff' | 'cog';
}
