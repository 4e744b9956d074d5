/** Median and spread of a few measurements. */
export interface Spread {
  median: number;
  least: number;
  most: number;
  count: number;
}

/** @throws RangeError without values */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const [least, most] = [sorted[0], sorted.at(-1)];
  if (least === undefined || most === undefined) throw new RangeError('no values');
  const upper = sorted[sorted.length >> 1] ?? least;
  const lower = sorted[(sorted.length - 1) >> 1] ?? upper;
  return { median: (lower + upper) / 2, least, most, count: sorted.length };
}
