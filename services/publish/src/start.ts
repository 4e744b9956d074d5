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

/** Starts the publish worker; GeoServer's writes are limited over all of them. */
export async function startPublish(config: PublishConfig, kit: ServiceKit & { health: boolean }): Promise<Running> {
  const pipeline = await openPipelineOf(config, kit.log, { patient: kit.alone });
  const storage = openStorage(config, kit.log);
  const geoserver = openGeoServer(config);
  const runner = await startRunner(
    config,
    { ...kit, pipeline },
    {
      stage: 'publish',
      concurrency: config.worker.publishConcurrency,
      globalConcurrency: config.geoserver.writeConcurrency,
      run: createPublishStage({ geoserver, store: storage.store, storeType: config.geoserver.store }),
    },
  );
  return await asWorkerProcess(config, kit, {
    pipeline,
    runner,
    closers: [() => storage.close(), () => geoserver.close()],
  });
}
