import type { Running, ServiceKit } from '@geosluice/service-kit';
import {
  asWorkerProcess,
  openPipelineOf,
  openStorage,
  type Storage,
  startRunner,
  type UploadConfig,
} from '@geosluice/service-wiring';
import { createUploadStage } from '@geosluice/stages';

const MIB = 1024 * 1024;
const HOUR_MS = 3_600_000;
/** An upload that nobody took up for so long is nobody's: its dataset was changed or removed meanwhile. */
const STALE_MS = 7 * 24 * HOUR_MS;
const SWEEP_MS = 6 * HOUR_MS;
/** The first one lets the work begin that a worker was started for; its moment differs, since workers start together. */
const FIRST_SWEEP_MS = { least: 60_000, spread: 240_000 };

/** Starts the upload worker, and its sweep of parts that nobody will need. */
export async function startUpload(config: UploadConfig, kit: ServiceKit & { health: boolean }): Promise<Running> {
  const pipeline = await openPipelineOf(config, kit.log, { patient: kit.alone });
  const storage = openStorage(config, kit.log);
  const { store, sources, target, sameEndpoint, servedInPlace } = storage;
  const { ledger } = pipeline;
  const { shareMib } = config.target;
  kit.metrics.uploadsFrom(() => store.stats());
  const runner = await startRunner(
    config,
    { ...kit, pipeline },
    {
      stage: 'upload',
      concurrency: config.worker.uploadConcurrency,
      run: createUploadStage({
        ...{ store, sources, ledger, memory: ledger, target, sameEndpoint, servedInPlace },
        ...{ shareBytes: shareMib === 0 ? undefined : shareMib * MIB },
      }),
    },
  );
  const sweeping = startSweep(storage, kit);
  return await asWorkerProcess(config, kit, { pipeline, runner, closers: [() => storage.close(), sweeping.stop] });
}

/** Gives back parts of uploads that were begun long ago and never finished; that several workers do so costs nothing. */
function startSweep({ store, target }: Storage, { log }: ServiceKit): { stop(): Promise<void> } {
  const ending = new AbortController();
  const sweep = (): Promise<void> =>
    store.abortStale(target.bucket, `${target.prefix}/`, STALE_MS, { signal: ending.signal }).then(
      (aborted) => {
        if (aborted > 0) log.info({ aborted }, 'Upload:Sweep:Done');
      },
      (error) => {
        if (!ending.signal.aborted) log.warn({ error }, 'Upload:Sweep:Failed');
      },
    );
  let sweeping = Promise.resolve();
  const again = (): void => {
    timer = setTimeout(again, SWEEP_MS);
    sweeping = sweeping.then(sweep);
  };
  let timer = setTimeout(again, FIRST_SWEEP_MS.least + Math.random() * FIRST_SWEEP_MS.spread);
  return {
    async stop() {
      clearTimeout(timer);
      ending.abort();
      await sweeping;
    },
  };
}
