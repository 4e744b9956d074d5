/** The stand-in for GeoServer, one node and no latency, in a process of its own: told all as JSON. */
import { startGeoServer } from '../../../counterparts/geoserver/index.ts';
import type { GeoServerOrder } from '../servers.ts';

const { port, s3, alias, journal, user, password } = JSON.parse(process.argv[2] ?? '') as GeoServerOrder;
await startGeoServer({
  ...{ s3, alias, journal, user, password, nodes: 1, ports: [port], replicationDelayMs: 0, remembers: false },
});
