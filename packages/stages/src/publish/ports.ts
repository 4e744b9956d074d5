import type { StageLedger } from '@geosluice/jobs';
import type { GeoServerPort, StorePort } from '../ports.ts';

export interface PublishPorts {
  geoserver: GeoServerPort;
  store: StorePort;
  storeType: 's3geotiff' | 'cog';
  ledger: Pick<StageLedger, 'get' | 'retire'>;
  /** Milliseconds the objects of a replaced content stay. */
  graceMs: number;
}
