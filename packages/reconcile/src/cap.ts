/** Removals that are let through without a word of a person, whatever the share. */
const FREE = 10;

/**
 * Lets removals through only while they stay below a share of all there is: a system that lost its memory finds everything
 * else too much. So none is made before it is known how many there are.
 */
export interface Cap<T> {
  /** @returns those that are too many from now on: this one, and where it is the first of them all before it */
  ask(removal: T): readonly T[];
  /** All that was asked for, or none where it is too much. */
  allowed(): readonly T[];
  readonly asked: number;
  readonly most: number;
}

/** @param share of `total`, 0 to 1 */
export function createCap<T>(total: number, share: number): Cap<T> {
  const most = Math.max(FREE, Math.floor(total * share));
  let kept: T[] = [];
  let asked = 0;
  return {
    ask(removal) {
      asked += 1;
      kept.push(removal);
      if (asked <= most) return [];
      const held = kept;
      kept = [];
      return held;
    },
    allowed: () => kept,
    get asked() {
      return asked;
    },
    most,
  };
}
