import type { Running, ServiceKit } from '@geosluice/service-kit';
import {
  asWorkerProcess,
  nowAndThen,
  openPipelineOf,
  openStorage,
  startRunner,
  type UploadConfig,
} from '@geosluice/service-wiring';
import { createUploadStage, tidy } from '@geosluice/stages';

const MIB = 1024 * 1024;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** An upload that nobody took up for so long is nobody's: its dataset was changed or removed meanwhile. */
const STALE_MS = 7 * 24 * HOUR_MS;
/** The first time lets the work begin that a worker was started for; its moment differs, since workers start together. */
const FIRST_MS = { least: MINUTE_MS, spread: 4 * MINUTE_MS };

/** Starts the upload worker; now and then it takes away what nobody needs any more. */
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
  const { log } = kit;
  const firstMs = FIRST_MS.least + Math.random() * FIRST_MS.spread;
  const chores = [
    // parts of uploads that were begun long ago and never finished
    nowAndThen({ name: 'Upload:Sweep', firstMs, everyMs: 6 * HOUR_MS, log }, (signal) =>
      store.abortStale(target.bucket, `${target.prefix}/`, STALE_MS, { signal }),
    ),
    // objects whose layers show others since
    nowAndThen({ name: 'Object:Tidy', firstMs, everyMs: 10 * MINUTE_MS, log }, (signal) =>
      tidy({ ledger, store, target, log }, new Date(), signal),
    ),
  ];
  return await asWorkerProcess(config, kit, {
    ...{ pipeline, runner },
    closers: [() => storage.close(), ...chores.map(({ stop }) => stop)],
  });
}
