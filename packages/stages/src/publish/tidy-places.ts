import {
  GeosluiceError,
  type LeftPlace,
  type LeftPlaces,
  type Log,
  parseVersion,
  type StageLedger,
} from '@geosluice/jobs';
import { rasterKey, type Target } from '../keys.ts';
import type { GeoServerPort, StorePort } from '../ports.ts';
import { removeEverywhere } from './remove-everywhere.ts';

const BATCH = 100;

export interface TidyPlacesPorts {
  ledger: Pick<StageLedger, 'get'> & LeftPlaces;
  geoserver: Pick<GeoServerPort, 'remove' | 'gone'>;
  store: Pick<StorePort, 'deleteObject'>;
  target: Target;
  /** Milliseconds that a layer stays where its dataset left it. */
  graceMs: number;
  /** Milliseconds after which who was at a place is taken for dead; half of them is what one place may take. */
  leaseMs: number;
  log: Log;
}

/**
 * Takes away the layers of datasets that moved to another workspace or name, once their grace is over, and frees their names. What
 * a dataset shows or is about to show is not among them. Any number of workers may do this at once, and stop at any point.
 * @returns how many names are free
 */
export async function tidyPlaces(ports: TidyPlacesPorts, now: () => Date, signal: AbortSignal): Promise<number> {
  let freed = 0;
  for (;;) {
    const before = freed;
    const due = await ports.ledger.left(new Date(now().getTime() - ports.graceMs), BATCH);
    for (const place of due) {
      signal.throwIfAborted();
      if (await isFreed(place, ports, now(), signal)) freed += 1;
    }
    if (due.length < BATCH || freed === before) return freed;
  }
}

async function isFreed(place: LeftPlace, ports: TidyPlacesPorts, now: Date, signal: AbortSignal): Promise<boolean> {
  const { ledger, geoserver, graceMs, leaseMs, log } = ports;
  const { dataset, workspace, name } = place;
  const until = new Date(now.getTime() - graceMs);
  const again = new Date(until.getTime() + leaseMs);
  if (!(await ledger.vacate(place, { until, again }))) return false;
  const about = { dataset, layer: `${workspace}:${name}` };
  try {
    // whoever takes it over is not to meet a removal of ours
    const inTime = AbortSignal.any([signal, AbortSignal.timeout(leaseMs / 2)]);
    const fence = async () => inTime.throwIfAborted();
    const found = await removeEverywhere(place, { fence, log, signal: inTime }, geoserver);
    await tidyObject(place, ports, inTime);
    await ledger.free(place, again);
    log.info({ ...about, found }, 'Place:Tidy:Done');
    return true;
  } catch (error) {
    // one that cannot be taken away does not keep the others
    if (!(error instanceof GeosluiceError) || error.down) throw error;
    log.warn({ ...about, error: error.message }, 'Place:Tidy:Failed');
    return false;
  }
}

/** An object is called like its layer: a content that is shown on under another name lies in the bucket a second time. */
async function tidyObject({ dataset, workspace, name }: LeftPlace, ports: TidyPlacesPorts, signal: AbortSignal) {
  const { ledger, store, target } = ports;
  const entry = await ledger.get(dataset);
  const others = entry?.places?.filter((place) => place.workspace !== workspace || place.name !== name) ?? [];
  if (entry === null || [entry, entry.layer, ...others].some((one) => one?.name === name)) return;
  const versions = [entry.version, entry.publishedVersion ?? ''].filter((version) => version !== '');
  for (const version of versions) {
    await store.deleteObject(rasterKey(target, dataset, parseVersion(version), name), { signal });
  }
}
