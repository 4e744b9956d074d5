import { readRaster } from '@geosluice/geotiff';
import { readSidecar } from '@geosluice/metadata';
import type { Pipeline } from '@geosluice/pipeline';
import type { Running, ServiceKit } from '@geosluice/service-kit';
import {
  asWorkerProcess,
  type DiscoverConfig,
  openPipelineOf,
  openRules,
  openStorage,
  ruleDefaults,
  startRunner,
} from '@geosluice/service-wiring';
import { createDiscoverStage } from '@geosluice/stages';

const GIB = 1024 ** 3;

/** Starts the discover worker, and the sweep that any number of discover workers share. */
export async function startDiscover(config: DiscoverConfig, kit: ServiceKit & { health: boolean }): Promise<Running> {
  const rules = openRules(config);
  const pipeline = await openPipelineOf(config, kit.log, { patient: kit.alone });
  const storage = openStorage(config, kit.log);
  const compressions = config.source.compressions.map(Number);
  const runner = await startRunner(
    config,
    { ...kit, pipeline },
    {
      stage: 'discover',
      concurrency: config.worker.discoverConcurrency,
      run: createDiscoverStage({
        sources: storage.sources,
        store: storage.store,
        ledger: pipeline.ledger,
        readRaster: (reader, options) => readRaster(reader, { ...options, compressions }),
        readSidecar,
        target: storage.target,
        remove: (dataset, mode) => pipeline.remove(dataset, mode, 'rule'),
        rules,
        defaults: ruleDefaults(config),
        settleMs: config.source.settleSeconds * 1000,
        maxSpoolBytes: config.source.maxSpoolGib * GIB,
      }),
    },
  );
  const sweeping = startSweep(pipeline, config, kit);
  return await asWorkerProcess(config, kit, { pipeline, runner, closers: [() => storage.close(), sweeping.stop] });
}

/**
 * Looks now and again for datasets without a job, which the pipeline lets one worker do at a time, and for files whose look
 * is due.
 */
function startSweep(pipeline: Pipeline, { worker }: DiscoverConfig, { log }: ServiceKit): { stop(): Promise<void> } {
  const ending = new AbortController();
  let sweeping: Promise<void> = Promise.resolve();
  const timer = setInterval(() => {
    sweeping = sweeping
      .then(() => pipeline.sweep({ olderThanMs: worker.sweepAgeSeconds * 1000, signal: ending.signal }))
      .then((found) => {
        if (found > 0) log.info({ found }, 'Ledger:Sweep:Found');
      })
      .then(() => pipeline.lookAfterFiles({ signal: ending.signal }))
      .then((looks) => {
        if (looks > 0) log.info({ looks }, 'Ledger:Files:Asked');
      })
      .catch((error) => {
        if (!ending.signal.aborted) log.warn({ error }, 'Ledger:Sweep:Failed');
      });
  }, worker.sweepSeconds * 1000);
  return {
    async stop() {
      clearInterval(timer);
      ending.abort();
      await sweeping;
    },
  };
}
