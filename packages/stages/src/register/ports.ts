import type { Registrar, RegistrationDefaults } from '@geosluice/geonode';
import type { SourcesPort, StorePort } from '../ports.ts';

/** GeoNode, as far as the stage uses it; the batcher sits behind it. */
export type RegistrarPort = Pick<Registrar, 'register' | 'unregister'>;

export interface RegisterPorts {
  registrar: RegistrarPort;
  store: StorePort;
  sources: SourcesPort;
  defaults: RegistrationDefaults;
}
