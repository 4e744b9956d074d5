import { BatchDivisible } from './batcher.ts';
import { GeonodeError } from './errors.ts';

/** Of requests that came to GeoNode and did not get through it: one of their documents may be to blame. */
const FELL = ['GEONODE_TIMEOUT', 'GEONODE_DROPPED', 'GEONODE_ERROR', 'GEONODE_ANSWER'] as const;
/** So many documents on end may each be to blame; with one more, and none between that got through, GeoNode is. */
const BLAMED_ON_END = 2;
/** The share of a batch that a document takes, by how often it was in a request that fell: a seventh is the square root of fifty. */
const SHARES = [0, 1 / 7, 1] as const;
/** Found to be to blame. */
const GUILTY = Number.POSITIVE_INFINITY;
/** Documents that are remembered. */
const REMEMBERED = 10_000;

/** Tells a document over which GeoNode falls from a GeoNode that is away, so that neither costs other documents anything. */
export interface Suspicion {
  /** What a document takes of a batch at least, 0 to 1: one that was in a request that fell has few beside it the next time. */
  shareOf(dataset: string): number;
  /** A request with these got through. */
  cleared(datasets: readonly string[]): void;
  /**
   * What they are to be told: BatchDivisible where GeoNode is well and one of several may be to blame; an error of its own
   * for one that fell alone; for all of them, with `down`, where GeoNode is not well. Any other error is given back as it is.
   */
  judge(error: unknown, datasets: readonly string[], signal: AbortSignal): Promise<unknown>;
}

/** @param isWell asks GeoNode for something that has nothing to do with documents; an error of it means no */
export function createSuspicion(isWell: (signal: AbortSignal) => Promise<boolean>): Suspicion {
  /** How often each was in a request that fell, since it last got through. */
  const falls = new Map<string, number>();
  let onEnd = 0;

  const remember = (dataset: string, times: number): void => {
    const [oldest] = falls.keys();
    if (oldest !== undefined && falls.size >= REMEMBERED) falls.delete(oldest);
    falls.set(dataset, times);
  };

  return {
    shareOf: (dataset) => SHARES[Math.min(falls.get(dataset) ?? 0, 2)] ?? 1,
    cleared(datasets) {
      onEnd = 0;
      for (const dataset of datasets) falls.delete(dataset);
    },
    async judge(error, datasets, signal) {
      const code = FELL.find((one) => error instanceof GeonodeError && error.code === one);
      if (!(error instanceof GeonodeError) || code === undefined) return error;
      const { message, subject, retryAfterMs } = error;
      const away = new GeonodeError(code, message, { subject, retryAfterMs, cause: error, down: true });
      if (onEnd > BLAMED_ON_END) return away;
      const well = await isWell(signal).catch(() => false);
      if (signal.aborted) return error;
      if (!well) {
        for (const dataset of datasets) remember(dataset, (falls.get(dataset) ?? 0) + 1);
        return away;
      }
      const [dataset] = datasets;
      if (dataset === undefined || datasets.length > 1) return new BatchDivisible(error);
      // of one that is known to fall, another fall tells nothing of GeoNode
      if (falls.get(dataset) !== GUILTY) onEnd += 1;
      if (onEnd > BLAMED_ON_END) return away;
      remember(dataset, GUILTY);
      const blamed = `${message}; it is well otherwise, so it is this dataset over which it falls`;
      return new GeonodeError(code, blamed, { subject: dataset, retryAfterMs, cause: error });
    },
  };
}
