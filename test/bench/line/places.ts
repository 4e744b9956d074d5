import type { GatewayClient } from '@geosluice/gateway-api';
import type { Buckets } from '../../world/bucket.ts';
import { layersOf, registeredIn } from '../../world/look.ts';
import type { Places } from './once.ts';
import type { Servers } from './servers.ts';

const PAGE = 200;
/** The default of a deployment. */
const WORKSPACE = 'geosluice';

/** Asks everybody, page by page. */
export async function lookAround(
  servers: Servers,
  buckets: Buckets,
  gateway: GatewayClient,
  signal: AbortSignal,
): Promise<Places> {
  const ledger: string[] = [];
  const names: string[] = [];
  const keys: string[] = [];
  for (let cursor: string | undefined; ; ) {
    const query = { state: 'visible', limit: PAGE, ...(cursor === undefined ? {} : { cursor }) } as const;
    const page = await gateway.datasets(query, signal);
    for (const { uri, name, object } of page.datasets) {
      ledger.push(uri);
      names.push(name ?? '');
      keys.push(object?.key ?? '');
    }
    if (page.cursor === null) break;
    cursor = page.cursor;
  }
  const objects = await buckets.bucket(servers.target).keys();
  const registered = await registeredIn(servers, WORKSPACE);
  return {
    ...{ ledger, names, keys },
    layers: await layersOf(servers, servers.geoserver.url, WORKSPACE),
    registered: registered.map(({ alternate }) => alternate.split(':')[1] ?? ''),
    objects: objects.filter((key) => key.endsWith('.tif')),
  };
}
