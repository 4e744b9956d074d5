/**
 * Lets the runs of one worker go side by side, but one over which a worker died before alone: if it is deadly, it takes
 * no neighbour with it, so that only its own deaths are counted against a job.
 */
export interface Isolation {
  /** Resolves when the run may begin, in the order of asking. @returns ends its turn */
  enter(alone: boolean): Promise<() => void>;
}

export function createIsolation(): Isolation {
  const waiting: Array<{ alone: boolean; go: () => void }> = [];
  let together = 0;
  let taken = false;

  const next = (): void => {
    for (let first = waiting[0]; first !== undefined; first = waiting[0]) {
      if (taken || (first.alone && together > 0)) return;
      waiting.shift();
      if (first.alone) taken = true;
      else together += 1;
      first.go();
    }
  };

  return {
    enter(alone) {
      const { promise, resolve } = Promise.withResolvers<() => void>();
      const leave = (): void => {
        if (alone) taken = false;
        else together -= 1;
        next();
      };
      waiting.push({ alone, go: () => resolve(leave) });
      next();
      return promise;
    },
  };
}
