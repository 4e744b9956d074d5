import type { Running, ServiceKit } from '@geosluice/service-kit';
import {
  asWorkerProcess,
  openPipelineOf,
  openStorage,
  startRunner,
  type UploadConfig,
} from '@geosluice/service-wiring';
import { createUploadStage } from '@geosluice/stages';

/** Starts the upload worker. */
export async function startUpload(config: UploadConfig, kit: ServiceKit & { health: boolean }): Promise<Running> {
  const pipeline = await openPipelineOf(config, kit.log);
  const storage = openStorage(config, kit.log);
  const { store, sources, target, sameEndpoint, servedInPlace } = storage;
  const { ledger } = pipeline;
  const runner = await startRunner(
    config,
    { ...kit, pipeline },
    {
      stage: 'upload',
      concurrency: config.worker.uploadConcurrency,
      run: createUploadStage({ store, sources, ledger, memory: ledger, target, sameEndpoint, servedInPlace }),
    },
  );
  return await asWorkerProcess(config, kit, { pipeline, runner, closers: [() => storage.close()] });
}
