/** How many parts may be in flight at a time, found out while running. */
export interface Parallelism {
  readonly allowed: number;
  /** A part is in the store. `busy`: whether another one waited for its place. */
  finished(part: { bytes: number; busy: boolean }): void;
  /** The store asked for fewer. */
  slowDown(): void;
}

export interface ParallelismOptions {
  least: number;
  most: number;
  /** Share of the memory this process may use that it uses, 0 to 1. */
  memoryUsed(): number;
  /** Share of the time since it was last asked in which this thread worked, 0 to 1. */
  threadUsed(): number;
  /** Told when the number changed. */
  onChange(allowed: number): void;
  /** Milliseconds that only go forward. */
  now(): number;
}

const FIRST = 4;
/** A rate is measured over a second at least, and over as many parts as are in flight. */
const WINDOW_MS = 1_000;
/** More in flight has to bring so much of what it would bring where nothing else binds: noise brings less, and takes memory. */
const WORTH = 0.4;
/** Windows until more is tried again after it brought nothing. */
const REST = 20;
/** Signs of one congestion come many at a time. */
const CONGESTION_MS = 1_000;
const PRESSED = 0.9;
/** A thread that works so much of its time has no use for more in flight. */
const OCCUPIED = 0.8;

/**
 * Climbs while throughput grows, steps back where it does not, and halves where the store asks for it or memory runs short
 * (additive increase, multiplicative decrease).
 */
export function createParallelism(options: ParallelismOptions): Parallelism {
  const { least, most, now } = options;
  let allowed = Math.max(least, Math.min(most, FIRST));
  let window = { since: now(), bytes: 0, parts: 0, busy: false };
  /** Bytes a second with `allowed` before the last step up; null where none was made. */
  let before: { rate: number; allowed: number } | null = null;
  let resting = 0;
  let slowedAt = Number.NEGATIVE_INFINITY;

  const set = (wanted: number): void => {
    const next = Math.max(least, Math.min(most, wanted));
    if (next === allowed) return;
    allowed = next;
    options.onChange(allowed);
  };
  const restart = (): void => {
    window = { since: now(), bytes: 0, parts: 0, busy: false };
  };
  const halve = (): void => {
    before = null;
    resting = REST;
    set(Math.floor(allowed / 2));
    restart();
  };
  const judge = (rate: number): void => {
    const occupied = options.threadUsed() > OCCUPIED;
    if (options.memoryUsed() > PRESSED) {
      halve();
      return;
    }
    if (before !== null && rate / before.rate - 1 < WORTH * (allowed / before.allowed - 1)) {
      set(before.allowed);
      before = null;
      resting = REST;
      return;
    }
    before = null;
    // where nothing waits, or we ourselves are what others wait for, more places change nothing
    if (!window.busy || allowed >= most || occupied) return;
    if (resting > 0) {
      resting -= 1;
      return;
    }
    before = { rate, allowed };
    set(allowed + Math.max(1, allowed >> 2));
  };

  return {
    get allowed() {
      return allowed;
    },
    finished({ bytes, busy }) {
      window.bytes += bytes;
      window.parts += 1;
      window.busy ||= busy;
      const elapsed = now() - window.since;
      if (elapsed < WINDOW_MS || window.parts < allowed) return;
      judge((window.bytes * 1000) / elapsed);
      restart();
    },
    slowDown() {
      if (now() - slowedAt < CONGESTION_MS) return;
      slowedAt = now();
      halve();
    },
  };
}
