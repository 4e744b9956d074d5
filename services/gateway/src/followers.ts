import { GatewayProblem } from './problem.ts';

/** The open event streams: counted, and ended together. */
export interface Followers {
  /**
   * Runs one stream; its signal aborts at shutdown.
   * @throws GatewayProblem TOO_MANY_FOLLOWERS, SHUTTING_DOWN
   */
  follow(run: (signal: AbortSignal) => Promise<void>): Promise<void>;
  /** Ends all of them and waits until they have. */
  end(): Promise<void>;
  readonly count: number;
}

export function createFollowers(max: number, changed: (count: number) => void = () => {}): Followers {
  const ending = new AbortController();
  const running = new Set<Promise<void>>();
  return {
    async follow(run) {
      const later = { headers: { 'retry-after': '5' } };
      if (ending.signal.aborted) throw new GatewayProblem('SHUTTING_DOWN', 'ask the next instance', later);
      if (running.size >= max) {
        throw new GatewayProblem(
          'TOO_MANY_FOLLOWERS',
          `at most ${max} follow the events of one gateway at once`,
          later,
        );
      }
      const one = run(ending.signal).finally(() => {
        running.delete(one);
        changed(running.size);
      });
      running.add(one);
      changed(running.size);
      await one;
    },
    async end() {
      ending.abort();
      await Promise.allSettled(running);
    },
    get count() {
      return running.size;
    },
  };
}
