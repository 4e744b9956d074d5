import { type Log, parseVersion, type RetiredContents, type StageLedger } from '@geosluice/jobs';
import { contentPrefix, type Target } from '../keys.ts';
import type { StorePort } from '../ports.ts';

const BATCH = 100;

export interface TidyPorts {
  ledger: Pick<StageLedger, 'get'> & RetiredContents;
  store: Pick<StorePort, 'deletePrefix'>;
  target: Target;
  log: Log;
}

/**
 * Takes away the objects of contents that were replaced and whose grace is over. What a dataset shows or is about to show
 * stays: its content may have come back meanwhile. Any number of workers may do this at once, and stop at any point.
 * @returns how many contents are gone
 */
export async function tidy({ ledger, store, target, log }: TidyPorts, now: Date, signal: AbortSignal): Promise<number> {
  let gone = 0;
  for (;;) {
    const due = await ledger.retired(now, BATCH);
    for (const content of due) {
      signal.throwIfAborted();
      const { dataset, raster } = content;
      const entry = await ledger.get(dataset);
      const versions = [entry?.version, entry?.publishedVersion].filter((version) => version !== undefined);
      const used = versions.some((version) => version !== '' && parseVersion(version).raster === raster);
      if (!used) {
        const objects = await store.deletePrefix(target.bucket, contentPrefix(target, dataset, raster), signal);
        log.info({ dataset, raster, objects }, 'Object:Tidy:Done');
        gone += 1;
      }
      await ledger.forgetRetired(content);
    }
    if (due.length < BATCH) return gone;
  }
}
