import type { Location, StageLedger, UploadMemory } from '@geosluice/jobs';
import type { Target } from '../keys.ts';
import type { SourcesPort, StorePort } from '../ports.ts';

export interface UploadPorts {
  sources: SourcesPort;
  store: StorePort;
  ledger: StageLedger;
  memory: UploadMemory;
  target: Target;
  /** True for a bucket that GeoServer reads with its own keys. */
  servedInPlace(location: Location): boolean;
  /** True where source and target are one S3 endpoint with one set of keys. */
  sameEndpoint(location: Location): boolean;
  /** Files of so many bytes are brought by all workers together; by one where absent. */
  shareBytes?: number | undefined;
}
