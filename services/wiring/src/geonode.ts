import { createCommandRegistrar, createHttpRegistrar, createStockRegistrar, type Registrar } from '@geosluice/geonode';
import type { Log } from '@geosluice/jobs';
import { ConfigError } from '@geosluice/service-kit';
import type { RegisterConfig } from './config.ts';

/** @throws ConfigError where the settings of the chosen way are missing */
export function openRegistrar({ geonode }: Pick<RegisterConfig, 'geonode'>, log: Log): Registrar {
  const batch = { batchSize: geonode.batchSize, batchWaitMs: geonode.batchWaitMs };
  if (geonode.registrar === 'command') {
    if (geonode.command.length === 0)
      throw new ConfigError(['GEOSLUICE_GEONODE_COMMAND is missing, and the registrar is `command`']);
    return createCommandRegistrar({ command: geonode.command, log, ...batch });
  }
  const { url, user, password, token } = geonode;
  if (url === undefined)
    throw new ConfigError([`GEOSLUICE_GEONODE_URL is missing, and the registrar is \`${geonode.registrar}\``]);
  if (token === undefined && (user === undefined || password === undefined)) {
    throw new ConfigError(['GEOSLUICE_GEONODE_USER and _PASSWORD, or GEOSLUICE_GEONODE_TOKEN, are missing']);
  }
  const access = { url, user, password, token };
  return geonode.registrar === 'stock' ? createStockRegistrar(access) : createHttpRegistrar({ ...access, ...batch });
}
