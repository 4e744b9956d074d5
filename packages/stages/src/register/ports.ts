import type { RegisteredDataset, RegisterJob } from '@geosluice/jobs';
import type { SourcesPort, StorePort } from '../ports.ts';

/** GeoNode. packages/geonode has the adapters; the batcher sits behind this port. */
export interface RegistrarPort {
  register(job: RegisterJob, sidecar: Uint8Array | null, signal: AbortSignal): Promise<RegisteredDataset>;
  unregister(
    request: { dataset: string; generation: number; workspace: string; name: string },
    signal: AbortSignal,
  ): Promise<void>;
}

export interface RegisterPorts {
  registrar: RegistrarPort;
  store: StorePort;
  sources: SourcesPort;
}
