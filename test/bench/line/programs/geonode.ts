/** The stand-in for GeoNode in a process of its own: told all as JSON. */
import { startGeonodeStandIn } from '../../../counterparts/geonode-stand-in.ts';
import type { GeonodeOrder } from '../servers.ts';

const { port, journal } = JSON.parse(process.argv[2] ?? '') as GeonodeOrder;
await startGeonodeStandIn({ port, journal });
