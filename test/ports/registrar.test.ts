import { after } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createCommandRegistrar, createHttpRegistrar } from '@geosluice/geonode';
import { startGeonodeStandIn } from '../counterparts/geonode-stand-in.ts';
import { registrarConformance } from './registrar-conformance.ts';

const server = await startGeonodeStandIn();
after(() => server.stop());
registrarConformance('stand-in over HTTP', async () => createHttpRegistrar(server));

const command = fileURLToPath(new URL('../counterparts/geonode-stand-in-command.ts', import.meta.url));
registrarConformance('stand-in by command', async () =>
  createCommandRegistrar({ command: [process.execPath, command] }),
);
