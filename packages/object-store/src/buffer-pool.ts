/** A loan of memory. `release` exactly once, when nothing reads or writes the bytes any more. */
export interface Loan {
  readonly bytes: Buffer;
  release(): void;
}

export interface BufferPool {
  /** `size` bytes, as soon as they fit; first come, first served. The content is whatever was there before. */
  acquire(size: number, signal?: AbortSignal): Promise<Loan>;
  /** Loans at a time, from now on; those out already stay out. */
  limit(loans: number): void;
  /** Gives memory that is not on loan back to the system. */
  trim(): void;
  /** Whether somebody waits for a loan, and how many are out. */
  readonly waiting: boolean;
  readonly loans: number;
  /** Bytes on loan, bytes kept in all, and the most that was ever kept. */
  stats(): { lent: number; kept: number; highest: number };
}

/**
 * Reused buffers within a bound of bytes and of loans, shared by everything a store uploads at a time. A single buffer larger
 * than the bound is lent when nothing else is: a huge part goes alone rather than never.
 */
export function createBufferPool(maxBytes: number, maxLoans = Number.POSITIVE_INFINITY): BufferPool {
  /** Whole buffers not on loan, by capacity; the least recently used first. */
  const idle: Buffer[] = [];
  const waiting: Array<{ size: number; grant: (loan: Loan) => void }> = [];
  let lent = 0;
  let kept = 0;
  let highest = 0;
  let loans = 0;
  let most = maxLoans;

  /** A buffer that fits without wasting more than half of it; else a new one, dropping idle ones to make room. */
  const take = (size: number): Buffer | null => {
    const found = idle.findIndex(({ byteLength }) => byteLength >= size && byteLength <= size * 2);
    if (found >= 0) return idle.splice(found, 1)[0]!;
    if (lent > 0 && lent + size > maxBytes) return null;
    while (idle.length > 0 && kept + size > maxBytes) kept -= idle.shift()!.byteLength;
    kept += size;
    highest = Math.max(highest, kept);
    return Buffer.allocUnsafeSlow(size);
  };

  const lend = (size: number): Loan | null => {
    if (loans >= most) return null;
    const buffer = take(size);
    if (buffer === null) return null;
    lent += buffer.byteLength;
    loans += 1;
    let out = true;
    return {
      bytes: buffer.subarray(0, size),
      release: () => {
        if (!out) return;
        out = false;
        loans -= 1;
        lent -= buffer.byteLength;
        if (kept > maxBytes) kept -= buffer.byteLength;
        else idle.push(buffer);
        serve();
      },
    };
  };

  const serve = (): void => {
    for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
      const loan = lend(next.size);
      if (loan === null) return;
      waiting.shift();
      next.grant(loan);
    }
  };

  return {
    acquire: (size, signal) => {
      if (signal?.aborted) return Promise.reject(signal.reason);
      const loan = waiting.length === 0 ? lend(size) : null;
      if (loan !== null) return Promise.resolve(loan);
      return new Promise((resolve, reject) => {
        const entry = {
          size,
          grant: (granted: Loan) => {
            signal?.removeEventListener('abort', leave);
            resolve(granted);
          },
        };
        const leave = (): void => {
          waiting.splice(waiting.indexOf(entry), 1);
          reject(signal?.reason);
          // who waited behind a large one may fit now
          serve();
        };
        signal?.addEventListener('abort', leave, { once: true });
        waiting.push(entry);
      });
    },
    limit: (wanted) => {
      most = wanted;
      serve();
    },
    trim: () => {
      for (const buffer of idle.splice(0)) kept -= buffer.byteLength;
    },
    get waiting() {
      return waiting.length > 0;
    },
    get loans() {
      return loans;
    },
    stats: () => ({ lent, kept, highest }),
  };
}
