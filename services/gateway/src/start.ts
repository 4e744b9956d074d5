import type { Location, Log } from '@geosluice/jobs';
import type { Pipeline } from '@geosluice/pipeline';
import type { Metrics, Running, ServiceKit } from '@geosluice/service-kit';
import { collectMetrics, type GatewayConfig, openPipelineOf, openStorage } from '@geosluice/service-wiring';
import { decodeS3Events } from '@geosluice/sources';
import { createGateway } from './gateway.ts';
import type { GatewayObserver, GatewayOptions } from './options.ts';
import { readKeys } from './read-keys.ts';
import { problemOfWatch, readWatches } from './read-watches.ts';
import { VERSION } from './version.ts';

/**
 * Starts the gateway: puts the configured watches, then listens.
 * @throws ConfigError where a configured watch is wrong, e.g. would find what geosluice itself writes
 */
export async function startGateway(config: GatewayConfig, kit: ServiceKit): Promise<Running> {
  const { log, metrics } = kit;
  const { gateway } = config;
  const { sources, target, close: closeStorage } = openStorage(config, log);
  const closers: Array<() => Promise<void>> = [closeStorage];
  const close = async (): Promise<void> => {
    for (const one of closers.toReversed()) await one();
  };
  try {
    const rules = { allowed: (location: Location) => sources.allowed(location), target };
    const watches = readWatches(gateway.watches, rules);
    const pipeline = await openPipelineOf(config, log, { patient: kit.alone });
    closers.push(() => pipeline.close());
    for (const watch of watches) await pipeline.watches.put(watch);
    await reviewWatches(pipeline, rules, log);
    const app = await createGateway({
      ...{ pipeline, ...rules, decodeS3Events, log, version: VERSION },
      rastersAt: async (location, signal) => await sources.for(location).rastersAt(location, signal),
      keys: readKeys(gateway.keys),
      eventsToken: gateway.eventsToken ?? null,
      metrics: () => collectMetrics(pipeline, metrics, []),
      observe: observerOf(metrics),
      bodyLimitBytes: gateway.bodyLimitKib * 1024,
    });
    closers.push(() => app.close());
    if (gateway.keys.length === 0) log.warn({}, 'Keys:Read:None');
    await app.listen({ host: gateway.host, port: gateway.port });
    return { close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Watches of an earlier configuration may be wrong under this one: told, and left to a person, who needs the gateway. */
async function reviewWatches(
  pipeline: Pipeline,
  rules: Pick<GatewayOptions, 'allowed' | 'target'>,
  log: Log,
): Promise<void> {
  for (const watch of await pipeline.watches.list()) {
    const problem = problemOfWatch(watch, rules);
    if (problem !== null) log.error({ watch: watch.id, problem }, 'Watch:Review:Wrong');
  }
}

function observerOf(metrics: Metrics): GatewayObserver {
  return {
    answered: ({ method, route, status, ms }) => metrics.requestSeconds.observe({ method, route, status }, ms / 1000),
    notified({ hinted, ignored }) {
      metrics.notifications.inc({ outcome: 'hinted' }, hinted);
      metrics.notifications.inc({ outcome: 'ignored' }, ignored);
    },
    followed: (count) => metrics.followers.set(count),
  };
}
