/** One run: so many layers published from the first job to the last map. */
export interface Run {
  by: 'bare' | 'ours';
  /** Layers whose writes were under way at once by bare requests; datasets there were before ours. */
  variant: number;
  layers: number;
  seconds: number;
  /** Milliseconds that a layer took, of half of them and of 99 in a hundred. */
  p50: number;
  p99: number;
  /** Of each node, the primary first. */
  requests: number[];
  /** CPU seconds of our process for these layers; null where it was not ours. */
  cpu: number | null;
  /** CPU seconds of our process from its start until it was ready; null where it was not ours. */
  start: number | null;
}

/** @param took milliseconds of each layer */
export function latencyOf(took: readonly number[]): Pick<Run, 'p50' | 'p99'> {
  return { p50: rankOf(took, 0.5), p99: rankOf(took, 0.99) };
}

/** The least value that so large a share of all is not above. @throws RangeError without values */
export function rankOf(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const found = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  if (found === undefined) throw new RangeError('no values');
  return found;
}
