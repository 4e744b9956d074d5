import { GatewayProblem } from './problem.ts';

/** How long the gateway waits for Redis before it says that it is away. */
export interface Patience {
  /** For one look or one change. */
  quick<T>(call: () => Promise<T>): Promise<T>;
  /** For what writes many jobs: first a quick look whether Redis is there. */
  long<T>(call: () => Promise<T>): Promise<T>;
}

export function createPatience(
  ping: () => Promise<boolean>,
  { quickMs, longMs }: { quickMs: number; longMs: number },
): Patience {
  return {
    quick: (call) => within(quickMs, call),
    async long(call) {
      if (!(await within(quickMs, ping))) throw away();
      return await within(longMs, call);
    },
  };
}

/** @throws GatewayProblem REDIS_AWAY where the call takes longer; what it still does is not undone */
async function within<T>(ms: number, call: () => Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(away()), ms);
  try {
    return await Promise.race([call(), promise]);
  } finally {
    clearTimeout(timer);
  }
}

function away(): GatewayProblem {
  return new GatewayProblem('REDIS_AWAY', 'Redis does not answer in time; try again soon.', {
    counterpart: 'redis',
    down: true,
  });
}
