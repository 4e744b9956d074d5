import type { Running, ServiceKit } from '@geosluice/service-kit';
import {
  asWorkerProcess,
  nowAndThen,
  openGeoServer,
  openPipelineOf,
  openStorage,
  openWriteGate,
  type PublishConfig,
  startRunner,
} from '@geosluice/service-wiring';
import { createPublishStage, tidyPlaces } from '@geosluice/stages';

const HOUR_MS = 3_600_000;
/** Locks of a job, after which who was taking a layer away is taken for dead: what it asked GeoServer for may last as long. */
const LEASE_LOCKS = 5;

/**
 * Starts the publish worker; all of them together send GeoServer as many writes at a time as are worth it. Now and then it takes
 * away what datasets left when they moved.
 */
export async function startPublish(config: PublishConfig, kit: ServiceKit & { health: boolean }): Promise<Running> {
  const pipeline = await openPipelineOf(config, kit.log, { patient: kit.alone });
  const storage = openStorage(config, kit.log);
  const writes = openWriteGate(config, pipeline);
  kit.metrics.writesFrom(() => writes.stats());
  const geoserver = openGeoServer(config, writes.through);
  const graceMs = config.target.replacedGraceHours * HOUR_MS;
  const { log } = kit;
  const runner = await startRunner(
    config,
    { ...kit, pipeline },
    {
      stage: 'publish',
      concurrency: config.worker.publishConcurrency,
      run: createPublishStage({
        ...{ geoserver, store: storage.store, storeType: config.geoserver.store, ledger: pipeline.ledger },
        graceMs,
      }),
    },
  );
  const tidying = nowAndThen({ name: 'Place:Tidy', everyMs: config.worker.sweepSeconds * 1_000, log }, (signal) =>
    tidyPlaces(
      {
        ...{ ledger: pipeline.ledger, geoserver, store: storage.store, target: storage.target, graceMs, log },
        leaseMs: LEASE_LOCKS * config.worker.lockSeconds * 1_000,
      },
      () => new Date(),
      signal,
    ),
  );
  return await asWorkerProcess(config, kit, {
    pipeline,
    runner,
    closers: [() => storage.close(), () => writes.close(), () => geoserver.close(), tidying.stop],
  });
}
