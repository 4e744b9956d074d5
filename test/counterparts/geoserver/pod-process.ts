import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ActiveMq } from '../activemq.ts';
import { keepServer, type ServerLife, startProcess, withFreshPorts } from '../server-process.ts';
import type { S3Access } from './sources.ts';

const START = fileURLToPath(new URL('../../../docker/geoserver/start.sh', import.meta.url));
const POD = fileURLToPath(new URL('pod.ts', import.meta.url));

/** The command that stands for `catalina.sh run`: what docker/geoserver/start.sh ends in. */
export function podCommand(): string[] {
  return [process.execPath, '--disable-warning=ExperimentalWarning', POD];
}

export interface PodProcessOptions {
  /** Unlike every other's, and the same after a restart. */
  instance: string;
  /** A primary sends only, a replica receives. */
  role: 'primary' | 'replica';
  /** None: it stands alone. */
  broker?: Pick<ActiveMq, 'host' | 'port' | 'user' | 'password'>;
  s3: S3Access;
  /** `minio`. */
  alias?: string;
  /** A folder of the test, which stays; else one of the process's own. */
  dataDirectory?: string;
}

export interface PodProcess extends ServerLife {
  /** `http://127.0.0.1:port/geoserver`. */
  url: string;
  dataDirectory: string;
  logs(): string;
}

/** A GeoServer in a process of its own, started by the image's own start script. Ready when its REST answers. */
export function startPodProcess(options: PodProcessOptions): Promise<PodProcess> {
  return withFreshPorts(1, ([port]) => startOn(options, port!));
}

async function startOn(options: PodProcessOptions, port: number): Promise<PodProcess> {
  const { instance, role, broker, s3, alias = 'minio' } = options;
  const folder = await mkdtemp(join(tmpdir(), 'geosluice-geoserver-'));
  const dataDirectory = options.dataDirectory ?? join(folder, 'data');
  const url = `http://127.0.0.1:${port}/geoserver`;
  const env = {
    GEOSERVER_DATA_DIR: dataDirectory,
    GEOSERVER_SEED_DIR: join(folder, 'no-seed'),
    CLUSTER_INSTANCE_NAME: instance,
    CLUSTER_ROLE: role,
    CLUSTER_BROKER_URL: broker === undefined ? '' : `tcp://${broker.host}:${broker.port}`,
    CLUSTER_BROKER_USER: broker?.user ?? '',
    CLUSTER_BROKER_PASSWORD: broker?.password ?? '',
    S3_ALIAS: alias,
    S3_ENDPOINT: s3.endpoint,
    S3_ACCESS_KEY: s3.accessKey,
    S3_SECRET_KEY: s3.secretKey,
    S3_REGION: s3.region,
    S3_PROPERTIES_FILE: join(folder, 's3.properties'),
  };
  const probe = async () => {
    // 401: it is there, and wants a login
    const { status } = await fetch(`${url}/rest/about/version.json`, { signal: AbortSignal.timeout(2_000) });
    if (status >= 500) throw new Error(`it answers ${status}`);
  };
  const args = [START, ...podCommand(), '--port', String(port)];
  let logs = () => '';
  const life = await keepServer(folder, async () => {
    const server = await startProcess({ name: `GeoServer ${instance}`, command: 'sh', args, folder, env, probe });
    logs = server.logs;
    return server;
  });
  return { ...life, url, dataDirectory, logs: () => logs() };
}
