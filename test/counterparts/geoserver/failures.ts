import type { SeenRequest } from './node.ts';

export interface Failure {
  /** Which requests; all where absent. A string is looked for in `METHOD path?query`. */
  match?: string | RegExp | ((request: SeenRequest) => boolean);
  /** Only of this node; all where absent. */
  node?: number;
  /** A status with a body, no answer at all, or a connection that breaks. */
  answer: { status: number; body?: string; headers?: Record<string, string> } | 'hang' | 'drop';
  /** True: the work is done all the same, and only its answer is lost or replaced. */
  done?: boolean;
  /** How many requests it meets; endless where absent. */
  times?: number;
}

export interface FailureControl {
  /** @returns takes the failure back, and lets requests that hang end in a broken connection */
  fail(failure: Failure): () => void;
  /** Takes all of them back. */
  clear(): void;
}

export interface FailureSource extends FailureControl {
  /** The failure that meets a request, used up by one. */
  take(request: SeenRequest): { failure: Failure; released: Promise<void> } | null;
}

export function createFailures(): FailureSource {
  const list: Array<{ failure: Failure; left: number; released: Promise<void>; release: () => void }> = [];
  const remove = (entry: (typeof list)[number]) => {
    const index = list.indexOf(entry);
    if (index >= 0) list.splice(index, 1);
    entry.release();
  };
  const given: typeof list = [];
  return {
    fail(failure) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const entry = { failure, left: failure.times ?? Infinity, released: promise, release: resolve };
      list.push(entry);
      given.push(entry);
      return () => remove(entry);
    },
    clear() {
      for (const entry of given.splice(0)) remove(entry);
    },
    take(request) {
      const entry = list.find(
        ({ failure, left }) =>
          left > 0 && (failure.node === undefined || failure.node === request.node) && matches(failure, request),
      );
      if (entry === undefined) return null;
      entry.left -= 1;
      return entry;
    },
  };
}

function matches({ match }: Failure, request: SeenRequest): boolean {
  if (match === undefined) return true;
  if (typeof match === 'function') return match(request);
  const line = `${request.method} ${request.path}`;
  return typeof match === 'string' ? line.includes(match) : match.test(line);
}
