/** GeoServer's one catalog lock: writers alone, readers together, in the order they came. */
export interface CatalogLock {
  read<T>(work: () => Promise<T>): Promise<T>;
  write<T>(work: () => Promise<T>): Promise<T>;
  /** How many hold it or wait for it. */
  readonly waiting: number;
}

export function createLock(): CatalogLock {
  let readers = 0;
  let writing = false;
  const queue: Array<{ kind: 'read' | 'write'; start: () => void }> = [];

  const next = () => {
    for (let first = queue[0]; first !== undefined; first = queue[0]) {
      if (writing || (first.kind === 'write' && readers > 0)) return;
      queue.shift();
      if (first.kind === 'write') writing = true;
      else readers += 1;
      first.start();
    }
  };
  const run = async <T>(kind: 'read' | 'write', work: () => Promise<T>): Promise<T> => {
    await new Promise<void>((start) => {
      queue.push({ kind, start });
      next();
    });
    try {
      return await work();
    } finally {
      if (kind === 'write') writing = false;
      else readers -= 1;
      next();
    }
  };
  return {
    read: (work) => run('read', work),
    write: (work) => run('write', work),
    get waiting() {
      return queue.length + readers + (writing ? 1 : 0);
    },
  };
}
