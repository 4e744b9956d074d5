/** How far each node is behind the primary, learnt from layer to layer, so that none is asked long before it can know. */
export interface Lags {
  /** Milliseconds after the primary took a layer before a look at a node is worth it; 0 where nothing is known. */
  of(node: string): number;
  /** A node has drawn a layer so many milliseconds after the primary took it, and that was seen at so many looks. */
  saw(node: string, ms: number, looks: number): void;
}

/** @param longest milliseconds; a node that once took longer holds the next layer up no more than this */
export function createLags(longest: number): Lags {
  const known = new Map<string, number>();
  const of = (node: string): number => known.get(node) ?? 0;
  return {
    of,
    saw: (node, ms, looks) => void known.set(node, Math.min(longest, decideLag(of(node), ms, looks))),
  };
}

/** Of what is tried, how much is tried next where the first look was late enough. */
const EARLIER = 0.9;

/** Goes to where the last look but one came too early, and back little by little while the first look finds it drawn. */
export function decideLag(before: number, ms: number, looks: number): number {
  // below a few milliseconds there is nothing to wait for
  if (looks <= 1) return before < 5 ? 0 : before * EARLIER;
  return ms;
}
