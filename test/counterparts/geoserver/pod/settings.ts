import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { S3Access } from '../sources.ts';
import { type BrokerAddress, parseBrokerUrl } from './broker-url.ts';
import { parseProperties } from './properties.ts';

export interface PodSettings {
  dataDirectory: string;
  /** cluster.properties; empty where there is none. */
  cluster: ReadonlyMap<string, string>;
  /** Null: it stands alone. */
  node: ClusterNode | null;
  /** s3.properties, as it is at the time of asking. */
  aliases: { get(alias: string): S3Access | undefined };
  /** What COG readers use. */
  cog: S3Access;
}

export interface ClusterNode {
  instance: string;
  group: string;
  topic: string;
  broker: BrokerAddress;
  /** Whether it listens for the others' changes. */
  receives: boolean;
}

/** What docker/geoserver/start.sh leaves: the environment and the files it names. */
export function readSettings(env: Readonly<Record<string, string | undefined>>): PodSettings {
  const dataDirectory = env.GEOSERVER_DATA_DIR ?? '';
  if (dataDirectory === '') throw new Error('GEOSERVER_DATA_DIR is not set');
  const region = env.IIO_S3_AWS_REGION ?? 'us-east-1';
  const clusterFolder =
    javaProperty(env, 'CLUSTER_CONFIG_DIR') ?? env.CLUSTER_CONFIG_DIR ?? join(dataDirectory, 'cluster');
  const cluster = propertiesOf(join(clusterFolder, 'cluster.properties'));
  return {
    dataDirectory,
    cluster,
    node: nodeOf(cluster),
    aliases: aliasesOf(javaProperty(env, 's3.properties.location'), region),
    cog: {
      endpoint: env.IIO_S3_AWS_ENDPOINT ?? `https://s3.${region}.amazonaws.com`,
      region,
      accessKey: env.IIO_S3_AWS_USER ?? env.AWS_ACCESS_KEY_ID ?? '',
      secretKey: env.IIO_S3_AWS_PASSWORD ?? env.AWS_SECRET_ACCESS_KEY ?? '',
    },
  };
}

/** A `-Dname=value` of the server's Java options. */
function javaProperty(env: Readonly<Record<string, string | undefined>>, name: string): string | undefined {
  const options = `${env.JAVA_OPTS ?? ''} ${env.CATALINA_OPTS ?? ''}`.split(/\s+/);
  return options.findLast((option) => option.startsWith(`-D${name}=`))?.slice(name.length + 3);
}

function propertiesOf(file: string): Map<string, string> {
  try {
    return parseProperties(readFileSync(file, 'latin1'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new Map();
    throw error;
  }
}

function nodeOf(cluster: ReadonlyMap<string, string>): ClusterNode | null {
  const url = cluster.get('brokerURL') ?? '';
  if (url === '' || cluster.get('connection') === 'disabled') return null;
  const instance = cluster.get('instanceName') ?? '';
  if (instance === '') throw new Error('cluster.properties has no instanceName');
  return {
    instance,
    group: cluster.get('group') ?? 'geoserver-cluster',
    topic: cluster.get('topicName') ?? 'VirtualTopic.geoserver',
    broker: parseBrokerUrl(url),
    receives: cluster.get('toggleSlave') !== 'false',
  };
}

/** Read again when the file changes: an alias that is added works at once. */
function aliasesOf(file: string | undefined, region: string): PodSettings['aliases'] {
  let read = { at: -1, properties: new Map<string, string>() };
  return {
    get(alias) {
      if (file === undefined) return undefined;
      const at = statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
      if (at !== read.at) read = { at, properties: propertiesOf(file) };
      const [endpoint, accessKey, secretKey] = ['endpoint', 'user', 'password'].map((name) =>
        read.properties.get(`${alias}.s3.${name}`),
      );
      if (endpoint === undefined || accessKey === undefined || secretKey === undefined) return undefined;
      return { endpoint, region, accessKey, secretKey };
    },
  };
}
