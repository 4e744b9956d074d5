import { type Location, type Log, parseLocation } from '@geosluice/jobs';
import { ConfigError, type Metrics, type Running } from '@geosluice/service-kit';
import { collectMetrics, type GatewayConfig, openPipelineOf, openStorage } from '@geosluice/service-wiring';
import { decodeS3Events } from '@geosluice/sources';
import { createGateway } from './gateway.ts';
import { readKeys } from './read-keys.ts';
import { readWatches } from './read-watches.ts';
import { VERSION } from './version.ts';
import { overlapsOutput } from './watch-output.ts';

/** Starts the gateway: puts the configured watches, then listens. */
export async function startGateway(config: GatewayConfig, kit: { log: Log; metrics: Metrics }): Promise<Running> {
  const { log, metrics } = kit;
  const { gateway } = config;
  const watches = readWatches(gateway.watches);
  for (const { id, source } of watches) {
    const problem = overlapsOutput(parseLocation(source), {
      bucket: config.target.bucket,
      prefix: config.target.prefix,
    });
    if (problem !== null) throw new ConfigError([`GEOSLUICE_WATCHES: watch ${id}: ${problem}`]);
  }
  const pipeline = await openPipelineOf(config, log);
  const { sources, target, close } = openStorage(config, log);
  for (const watch of watches) await pipeline.watches.put(watch);
  const app = await createGateway({
    pipeline,
    allowed: (location) => sources.allowed(location),
    decodeS3Events,
    rastersAt: async (location: Location, signal: AbortSignal) =>
      await sources.for(location).rastersAt(location, signal),
    target,
    keys: readKeys(gateway.keys),
    eventsToken: gateway.eventsToken ?? null,
    metrics: () => collectMetrics(pipeline, metrics, []),
    bodyLimitBytes: gateway.bodyLimitKib * 1024,
    log,
    version: VERSION,
  });
  await app.listen({ host: gateway.host, port: gateway.port });
  return {
    async close() {
      await app.close();
      await close();
      await pipeline.close();
    },
  };
}
