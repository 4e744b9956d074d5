import { readFileSync } from 'node:fs';
import type { RedisConfig } from '@geosluice/pipeline';
import { ConfigError } from '@geosluice/service-kit';
import type { GatewayConfig } from './config.ts';

/**
 * How the configuration says to reach Redis: by a URL, by Sentinels, or as a cluster.
 * @throws ConfigError where the certificates cannot be read
 */
export function redisConfigOf(redis: GatewayConfig['redis']): RedisConfig {
  const ca = redis.caFile === undefined ? undefined : readCertificates(redis.caFile);
  const tls = ca === undefined ? {} : { ca };
  const login = {
    ...(redis.user === undefined ? {} : { username: redis.user }),
    ...(redis.password === undefined ? {} : { password: redis.password }),
  };
  if (redis.sentinels.length > 0) {
    return {
      sentinels: redis.sentinels.map(serverOf),
      name: redis.sentinelName ?? '',
      ...login,
      ...(redis.sentinelUser === undefined ? {} : { sentinelUsername: redis.sentinelUser }),
      ...(redis.sentinelPassword === undefined ? {} : { sentinelPassword: redis.sentinelPassword }),
      ...(redis.tls ? { tls, sentinelTLS: tls, enableTLSForSentinelMode: true } : {}),
    };
  }
  if (redis.cluster.length > 0) {
    return {
      cluster: redis.cluster.map(serverOf),
      // a certificate names the host, so the host must not be turned into its address first
      ...(redis.tls ? { options: { dnsLookup: (host, answer) => answer(null, host) } } : {}),
      redisOptions: { ...login, ...(redis.tls ? { tls } : {}) },
    };
  }
  const url = new URL(redis.url ?? '');
  if (redis.user !== undefined) url.username = encodeURIComponent(redis.user);
  if (redis.password !== undefined) url.password = encodeURIComponent(redis.password);
  return ca === undefined ? url.href : { url: url.href, options: { tls } };
}

function readCertificates(path: string): string {
  try {
    const pem = readFileSync(path, 'utf8');
    if (pem.includes('-----BEGIN CERTIFICATE-----')) return pem;
  } catch (error) {
    throw new ConfigError([`GEOSLUICE_REDIS_CA_FILE cannot be read: ${(error as Error).message}`]);
  }
  throw new ConfigError([`GEOSLUICE_REDIS_CA_FILE holds no certificate (PEM): ${path}`]);
}

/** `host:port`, or `[address]:port`. */
function serverOf(text: string): { host: string; port: number } {
  const colon = text.lastIndexOf(':');
  return { host: text.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(text.slice(colon + 1)) };
}
