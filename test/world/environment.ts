import { createHash, randomBytes } from 'node:crypto';

/** One API key with every scope, and how the gateway is told of it. */
export function makeKey(): { key: string; entry: string } {
  const key = randomBytes(24).toString('base64url');
  const digest = createHash('sha256').update(key).digest('hex');
  return { key, entry: `world:read+ingest+admin:${digest}` };
}

export interface WorldAddresses {
  redisUrl: string;
  s3: { endpoint: string; region: string; accessKey: string; secretKey: string };
  inbox: string;
  target: string;
  geoserver: { url: string; nodes: readonly string[]; user: string; password: string; alias: string };
  geonode: { url: string; user: string; password: string };
  gatewayPort: number;
  key: { key: string; entry: string };
  /** Directories that may be read as file:///. */
  roots: readonly string[];
  hosts?: readonly string[];
}

/** What every process of this world reads: the same names a person would set. */
export function environmentOf(world: WorldAddresses): Record<string, string> {
  return {
    GEOSLUICE_REDIS_URL: world.redisUrl,
    GEOSLUICE_S3_ENDPOINT: world.s3.endpoint,
    AWS_REGION: world.s3.region,
    AWS_ACCESS_KEY_ID: world.s3.accessKey,
    AWS_SECRET_ACCESS_KEY: world.s3.secretKey,
    GEOSLUICE_S3_BUCKET: world.target,
    GEOSLUICE_S3_PREFIX: 'rasters',
    GEOSLUICE_ALLOW_BUCKETS: world.inbox,
    GEOSLUICE_ALLOW_ROOTS: world.roots.join(','),
    GEOSLUICE_ALLOW_HOSTS: (world.hosts ?? []).join(','),
    GEOSLUICE_SETTLE_SECONDS: '1',
    GEOSLUICE_GEOSERVER_URL: world.geoserver.url,
    GEOSLUICE_GEOSERVER_NODES: world.geoserver.nodes.join(','),
    GEOSLUICE_GEOSERVER_USER: world.geoserver.user,
    GEOSLUICE_GEOSERVER_PASSWORD: world.geoserver.password,
    GEOSLUICE_GEOSERVER_S3_ALIAS: world.geoserver.alias,
    GEOSLUICE_GEONODE_URL: world.geonode.url,
    GEOSLUICE_GEONODE_USER: world.geonode.user,
    GEOSLUICE_GEONODE_PASSWORD: world.geonode.password,
    GEOSLUICE_GATEWAY_HOST: '127.0.0.1',
    GEOSLUICE_GATEWAY_PORT: `${world.gatewayPort}`,
    GEOSLUICE_KEYS: world.key.entry,
    GEOSLUICE_HEALTH_HOST: '127.0.0.1',
    GEOSLUICE_URL: `http://127.0.0.1:${world.gatewayPort}`,
    GEOSLUICE_KEY: world.key.key,
    GEOSLUICE_INBOX: `s3://${world.inbox}/cli/`,
    GEOSLUICE_MACHINE: 'laptop',
    GEOSLUICE_LOG_LEVEL: 'info',
  };
}
