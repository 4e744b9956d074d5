import { readFileSync } from 'node:fs';
import type { ApiServer } from '@geosluice/external-metrics';
import { ConfigError, type Environment } from '@geosluice/service-kit';
import type { ExternalMetricsConfig } from '@geosluice/service-wiring';

type Settings = ExternalMetricsConfig['externalMetrics'];

/** The API server, as it is named or as a pod is told. @throws ConfigError where neither is so */
export function apiServerOf(settings: Settings, env: Environment): ApiServer {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port = '443' } = env;
  if (settings.apiServer === undefined && (host === undefined || host === '')) {
    throw new ConfigError([
      'GEOSLUICE_EXTERNAL_METRICS_API_SERVER is missing, and there is no KUBERNETES_SERVICE_HOST as in a pod',
    ]);
  }
  const own = `https://${host?.includes(':') === true ? `[${host}]` : host}:${port}`;
  return { url: settings.apiServer ?? own, caFile: settings.apiCaFile, tokenFile: settings.tokenFile };
}

/** The namespaces that are named, else the pod's own. @throws ConfigError where there is neither */
export function namespacesOf(settings: Settings): string[] {
  if (settings.namespaces.length > 0) return settings.namespaces;
  try {
    return [readFileSync(settings.namespaceFile, 'utf8').trim()];
  } catch (error) {
    throw new ConfigError([
      `GEOSLUICE_EXTERNAL_METRICS_NAMESPACES is missing, and the pod’s own cannot be read: ${(error as Error).message}`,
    ]);
  }
}
