import { createBufferPool, type Loan } from './buffer-pool.ts';
import { createParallelism } from './parallelism.ts';
import { MIN_PART, partSizeFor } from './plan.ts';

export interface BudgetOptions {
  /** Bytes of buffers. */
  memoryBytes: number;
  /** Bytes a part that are aimed at; slow answers make it more, up to what memory allows. */
  partSize: number;
  leastInFlight: number;
  mostInFlight: number;
}

export interface BudgetStats {
  /** Bytes: on loan, kept in all, and the most that was ever kept. */
  buffers: { lent: number; kept: number; highest: number };
  partsInFlight: { allowed: number; active: number };
}

/** What all uploads of a store share: memory and places in flight. */
export interface Budget {
  /** A buffer, and with it a place in flight. */
  acquire(size: number, signal?: AbortSignal): Promise<Loan>;
  /** Bytes a part for an upload that begins now. */
  partSize(): number;
  /** A part is in the store, after so many milliseconds. */
  finished(bytes: number, ms: number): void;
  /** A request without bytes was answered after so many milliseconds. */
  answered(ms: number): void;
  slowDown(): void;
  stats(): BudgetStats;
}

/** Newer parts count as much as all before them after about five. */
const WEIGHT = 0.2;

export function createBudget(options: BudgetOptions): Budget {
  const { memoryBytes, leastInFlight, mostInFlight } = options;
  const bounds = { least: options.partSize, most: Math.max(options.partSize, Math.floor(memoryBytes / mostInFlight)) };
  const parallelism = createParallelism({
    least: leastInFlight,
    most: mostInFlight,
    memoryUsed,
    threadUsed: createThreadUsed(),
    onChange: (allowed) => {
      if (allowed < pool.loans) pool.trim();
      pool.limit(allowed);
    },
    now: () => performance.now(),
  });
  const pool = createBufferPool(memoryBytes, parallelism.allowed);
  let waitSeconds: number | undefined;
  let bytesPerSecond: number | undefined;
  return {
    acquire: (size, signal) => pool.acquire(size, signal),
    partSize: () =>
      partSizeFor(
        waitSeconds === undefined || bytesPerSecond === undefined ? null : { waitSeconds, bytesPerSecond },
        bounds,
      ),
    finished: (bytes, ms) => {
      // of a small file the way is mostly waiting
      if (bytes >= MIN_PART) bytesPerSecond = mix(bytesPerSecond, (bytes * 1000) / Math.max(1, ms));
      parallelism.finished({ bytes, busy: pool.waiting });
    },
    answered: (ms) => {
      waitSeconds = mix(waitSeconds, ms / 1000);
    },
    slowDown: () => parallelism.slowDown(),
    stats: () => ({
      buffers: pool.stats(),
      partsInFlight: { allowed: parallelism.allowed, active: pool.loans },
    }),
  };
}

function mix(before: number | undefined, now: number): number {
  return before === undefined ? now : before + WEIGHT * (now - before);
}

/** Of the time since the last call, what this thread's event loop did not spend waiting. */
function createThreadUsed(): () => number {
  let last = performance.eventLoopUtilization();
  return () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, last);
    last = now;
    return utilization;
  };
}

/** Of what the container or the machine gives this process. */
function memoryUsed(): number {
  const limit = process.constrainedMemory();
  return limit > 0 && Number.isSafeInteger(limit) ? process.memoryUsage.rss() / limit : 0;
}
