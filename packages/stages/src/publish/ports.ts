import type { GeoServerPort, StorePort } from '../ports.ts';

export interface PublishPorts {
  geoserver: GeoServerPort;
  store: StorePort;
  storeType: 's3geotiff' | 'cog';
}
