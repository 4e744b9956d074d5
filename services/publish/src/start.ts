import type { Running, ServiceKit } from '@geosluice/service-kit';
import {
  asWorkerProcess,
  openGeoServer,
  openPipelineOf,
  openStorage,
  type PublishConfig,
  startRunner,
} from '@geosluice/service-wiring';
import { createPublishStage } from '@geosluice/stages';

const HOUR_MS = 3_600_000;

/** Starts the publish worker; all of them together send GeoServer as many writes at a time as are worth it. */
export async function startPublish(config: PublishConfig, kit: ServiceKit & { health: boolean }): Promise<Running> {
  const pipeline = await openPipelineOf(config, kit.log, { patient: kit.alone });
  const storage = openStorage(config, kit.log);
  const writes = pipeline.gate('geoserver', { most: config.geoserver.writeConcurrency });
  kit.metrics.writesFrom(() => writes.stats());
  const geoserver = openGeoServer(config, writes.through);
  const runner = await startRunner(
    config,
    { ...kit, pipeline },
    {
      stage: 'publish',
      concurrency: config.worker.publishConcurrency,
      run: createPublishStage({
        ...{ geoserver, store: storage.store, storeType: config.geoserver.store, ledger: pipeline.ledger },
        graceMs: config.target.replacedGraceHours * HOUR_MS,
      }),
    },
  );
  return await asWorkerProcess(config, kit, {
    pipeline,
    runner,
    closers: [() => storage.close(), () => writes.close(), () => geoserver.close()],
  });
}
