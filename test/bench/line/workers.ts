import { join } from 'node:path';
import type { StageName } from '@geosluice/jobs';
import { bundle } from '../../../scripts/build.ts';
import { freePorts } from '../../counterparts/server-process.ts';
import { environmentOf, makeKey } from '../../world/environment.ts';
import { type OurProcess, type ServiceName, startService } from '../../world/processes.ts';
import { environmentOfImage } from '../upload/clients/bundle.ts';
import type { Servers } from './servers.ts';

export const WORKERS = ['discover', 'upload', 'publish', 'register'] as const satisfies readonly StageName[];

/**
 * So little that all stages go at the pace of the slowest from the first tenth on: where discover runs far ahead of the others,
 * its first datasets have the machine for themselves, and what is compared with them is not alike.
 */
const MAX_BACKLOG = 1_000;

/** The processes of a deployment, as the images have them and but for that with its defaults. */
export interface Deployment {
  workers: Record<StageName, OurProcess>;
  gateway: { url: string; key: string };
  /** The last each wrote. */
  logs(): string;
  stop(): Promise<void>;
}

export async function startDeployment(servers: Servers, folder: string): Promise<Deployment> {
  const image = join(folder, 'image');
  await bundle(image, ['gateway', ...WORKERS]);
  const [gatewayPort = 0] = await freePorts(1);
  const key = makeKey();
  const env = environmentOf({ ...servers, gatewayPort, key, roots: [] });
  // where tests hurry it
  delete env.GEOSLUICE_SETTLE_SECONDS;
  env.GEOSLUICE_MAX_BACKLOG = `${MAX_BACKLOG}`;
  const running = new Map<ServiceName, OurProcess>();
  const start = async (name: ServiceName): Promise<OurProcess> => {
    const program = join(image, 'bin', `${name}.mjs`);
    const one = await startService(
      name,
      { NODE_ENV: 'production', ...(await environmentOfImage(name)), ...env },
      program,
    );
    running.set(name, one);
    return one;
  };
  const stop = async (): Promise<void> => {
    await Promise.all([...running.values()].map((one) => one.end()));
  };
  try {
    await start('gateway');
    const [discover, upload, publish, register] = await Promise.all([
      ...([start('discover'), start('upload'), start('publish'), start('register')] as const),
    ]);
    return {
      ...{ workers: { discover, upload, publish, register }, stop },
      gateway: { url: `http://127.0.0.1:${gatewayPort}`, key: key.key },
      logs: () => [...running].map(([name, one]) => `--- ${name}\n${one.logs().slice(-2_000)}`).join('\n'),
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
