import { setTimeout as wait } from 'node:timers/promises';

const POLL_MS = 50;

/**
 * Asks again and again until an answer comes that is not null, undefined or false.
 * @throws Error naming what was waited for, with what `describe` says then and the last error of a look
 */
export async function until<T>(
  what: string,
  look: () => Promise<T | null | undefined | false> | T | null | undefined | false,
  options: { withinMs?: number; describe?: () => Promise<string> | string } = {},
): Promise<T> {
  const { withinMs = 30_000, describe = () => '' } = options;
  const deadline = performance.now() + withinMs;
  for (let last: unknown; ; ) {
    try {
      const found = await look();
      if (found !== null && found !== undefined && found !== false) return found;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (performance.now() > deadline) {
      throw new Error(`not within ${withinMs} ms: ${what}. ${await describe()}`, { cause: last });
    }
    await wait(POLL_MS);
  }
}
