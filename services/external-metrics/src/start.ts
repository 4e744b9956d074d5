import { readFrontProxy, startMetricsServer } from '@geosluice/external-metrics';
import {
  ConfigError,
  type Environment,
  type Running,
  type ServiceKit,
  startHealthServer,
} from '@geosluice/service-kit';
import { collectMetrics, type ExternalMetricsConfig, openPipelineOf } from '@geosluice/service-wiring';
import { backlogMetric, lazily } from './backlog.ts';
import { apiServerOf, namespacesOf } from './kubernetes.ts';

/** Autoscalers ask again soon; a late answer is none. */
const REDIS_WITHIN_MS = 3_000;

/** Serves the queues' backlog to the API server's aggregator, so that autoscalers can go by it. */
export async function startExternalMetrics(
  config: ExternalMetricsConfig,
  kit: ServiceKit,
  env: Environment = process.env,
): Promise<Running> {
  const { externalMetrics: settings } = config;
  const apiServer = apiServerOf(settings, env);
  const namespaces = namespacesOf(settings);
  const pipeline = lazily(() => openPipelineOf(config, kit.log, { commandTimeoutMs: REDIS_WITHIN_MS }), kit.log);
  const server = await startMetricsServer({
    ...{ host: settings.host, port: settings.port, certFile: settings.certFile, keyFile: settings.keyFile },
    ...{ namespaces, log: kit.log, metrics: [backlogMetric(pipeline, config.redis.prefix)] },
    readFrontProxy: (signal) => readFrontProxy(apiServer, signal),
  }).catch((error: Error) => {
    if ('syscall' in error && error.syscall === 'listen') throw error;
    throw new ConfigError([
      `GEOSLUICE_EXTERNAL_METRICS_CERT_FILE and _KEY_FILE are no pair that serves: ${error.message}`,
    ]);
  });
  kit.log.info({ port: server.port, namespaces }, 'Metrics:Listen:Start');
  // what fails is tried again when somebody asks
  pipeline.get().catch(() => {});
  const health = await startHealthServer({
    host: config.process.healthHost,
    port: config.process.healthPort,
    alive: () => true,
    // not Redis: without it there is no value, but the API is there
    ready: async () => server.ready(),
    metrics: async () => {
      const open = pipeline.now();
      return open === null ? await kit.metrics.registry.metrics() : await collectMetrics(open, kit.metrics, []);
    },
  });
  return {
    async close() {
      health.drain();
      await server.close();
      await health.close();
      await pipeline.now()?.close();
    },
  };
}
