import type { Running, ServiceKit } from '@geosluice/service-kit';
import {
  asWorkerProcess,
  openPipelineOf,
  openRegistrar,
  openStorage,
  type RegisterConfig,
  startRunner,
} from '@geosluice/service-wiring';
import { createRegisterStage } from '@geosluice/stages';

/** Starts the register worker; GeoNode's writes are limited over all of them. */
export async function startRegister(config: RegisterConfig, kit: ServiceKit & { health: boolean }): Promise<Running> {
  const pipeline = await openPipelineOf(config, kit.log, { patient: kit.alone });
  const { store, sources, close } = openStorage(config, kit.log);
  const registrar = openRegistrar(config, kit.log);
  const { owner, group, permissions } = config.rules;
  const runner = await startRunner(
    config,
    { ...kit, pipeline },
    {
      stage: 'register',
      concurrency: config.worker.registerConcurrency,
      globalConcurrency: config.geonode.writeConcurrency,
      run: createRegisterStage({ registrar, store, sources, defaults: { owner, group, permissions } }),
    },
  );
  return await asWorkerProcess(config, kit, { pipeline, runner, closers: [close, () => registrar.close()] });
}
