import type { Section, Setting } from '../../../packages/service-kit/src/index.ts';

/** Texts for settings whose pattern or check makes not every text right. */
const TEXTS: Readonly<Record<string, string>> = {
  GEOSLUICE_REDIS_URL: 'rediss://redis.example.org:6380/1',
  GEOSLUICE_REDIS_PREFIX: 'maps',
  GEOSLUICE_S3_BUCKET: 'other-rasters',
  GEOSLUICE_S3_PREFIX: 'a/b',
  GEOSLUICE_UPLOAD_BANDWIDTH: '06:00-22:00=20MiB/s, 22:00-06:00=200MiB/s',
  GEOSLUICE_UPLOAD_TIME_ZONE: 'Europe/Berlin',
  GEOSLUICE_WORKSPACE: 'other',
  GEOSLUICE_LANGUAGE: 'de',
  GEOSLUICE_GEOSERVER_S3_ALIAS: 'other',
  GEOSLUICE_GEOSERVER_AWS_REGION: 'EU_CENTRAL_1',
  GEOSLUICE_MACHINE: 'other',
  GEOSLUICE_INBOX: 's3://other-inbox/cli/',
  GEOSLUICE_EXTERNAL_METRICS_API_SERVER: 'https://api.example.org:6443',
};

const ITEMS: Readonly<Record<string, string[]>> = {
  GEOSLUICE_REDIS_SENTINELS: ['sentinel-0.example.org:26379', 'sentinel-1.example.org:26379'],
  GEOSLUICE_REDIS_CLUSTER: ['node-0.example.org:6379', 'node-1.example.org:6379'],
  GEOSLUICE_ALLOW_ROOTS: ['/data/a', '/data/b'],
  GEOSLUICE_RASTER_EXTENSIONS: ['.tif', '.gtiff'],
  GEOSLUICE_EXTRA_COMPRESSIONS: ['50000', '34887'],
  GEOSLUICE_GEOSERVER_NODES: ['http://node-0.example.org/geoserver', 'http://node-1.example.org/geoserver'],
  GEOSLUICE_EXTERNAL_METRICS_NAMESPACES: ['geo', 'other'],
  GEOSLUICE_KEYS: [`ann:read+ingest:${'0f'.repeat(32)}`],
};

/** A value of the chart for a setting that is right and not its default. */
export function sampleOf({ env, json, fallback }: Setting<unknown>): unknown {
  if (json.enum !== undefined) return json.enum.find((choice) => choice !== fallback);
  if (json.type === 'boolean') return fallback !== 'true';
  if (json.type === 'integer') {
    const next = Number(fallback ?? json.minimum ?? 0) + 1;
    return next > (json.maximum ?? next) ? next - 2 : next;
  }
  if (json.type === 'array') return ITEMS[env] ?? [`one-of-${env}`, `two-of-${env}`];
  return TEXTS[env] ?? (json.pattern === undefined ? `text of ${env}` : 'https://other.example.org/path');
}

/** Samples of a section, without the settings named. */
export function samplesOf({ settings }: Section, without: readonly string[] = []): Record<string, unknown> {
  const kept = Object.entries(settings).filter(([key]) => !without.includes(key));
  return Object.fromEntries(kept.map(([key, setting]) => [key, sampleOf(setting)]));
}
