/** Writes that got no answer, by node, until it is known that they are over. */
export interface Silence {
  /** A write to the node got no answer. Resolves once it is over. */
  fell(node: string): Promise<void>;
  /** A read of the node's catalog begins; call what this gives once it has an answer. */
  listen(node: string): () => void;
}

/**
 * Reads of the catalog wait for the same lock as writes, in the order they came: one that is answered shows that all writes
 * sent before it are over.
 */
export function createSilence(): Silence {
  const silent = new Map<string, Set<() => void>>();
  return {
    fell(node) {
      const { promise, resolve } = Promise.withResolvers<void>();
      silent.set(node, (silent.get(node) ?? new Set()).add(resolve));
      return promise;
    },
    listen(node) {
      const before = [...(silent.get(node) ?? [])];
      return () => {
        for (const over of before) {
          silent.get(node)?.delete(over);
          over();
        }
      };
    },
  };
}
