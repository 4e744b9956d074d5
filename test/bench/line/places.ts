import type { GatewayClient } from '@geosluice/gateway-api';
import type { Buckets } from '../../world/bucket.ts';
import { allDatasets } from '../../world/datasets.ts';
import { layersOf, registeredIn } from '../../world/look.ts';
import type { Places } from './once.ts';
import type { Servers } from './servers.ts';

/** The default of a deployment. */
const WORKSPACE = 'geosluice';

/** Asks everybody, page by page. */
export async function lookAround(servers: Servers, buckets: Buckets, gateway: GatewayClient): Promise<Places> {
  const visible = await allDatasets(gateway, { state: 'visible' });
  const objects = await buckets.bucket(servers.target).keys();
  const registered = await registeredIn(servers, WORKSPACE);
  return {
    ledger: visible.map(({ uri }) => uri),
    names: visible.map(({ name }) => name ?? ''),
    keys: visible.map(({ object }) => object?.key ?? ''),
    layers: await layersOf(servers, servers.geoserver.url, WORKSPACE),
    registered: registered.map(({ alternate }) => alternate.split(':')[1] ?? ''),
    objects: objects.filter((key) => key.endsWith('.tif')),
  };
}
