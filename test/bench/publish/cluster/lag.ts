/** Milliseconds until each node hears of a change: the primary makes it, a layer is seen on another node as measured, and one lags. */
export const LAG_MS = [0, 350, 2_000];

/** Of the columns of tables. */
export function nodeNamesOf({ nodes, real }: { nodes: readonly string[]; real: boolean }): string[] {
  if (real) return nodes.map((_, at) => (at === 0 ? 'primary' : `node ${at + 1}`));
  return LAG_MS.map((ms, at) => (at === 0 ? 'primary' : `node ${ms / 1000} s behind`));
}
