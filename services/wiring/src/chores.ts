import type { Log } from '@geosluice/jobs';

export interface Chore {
  name: string;
  /** Milliseconds until the first time; as many as between two where absent. */
  firstMs?: number;
  everyMs: number;
  log: Log;
}

/** Work that several workers may do at once and that no job waits for. @param work gives how much there was to do */
export function nowAndThen(
  { name, firstMs, everyMs, log }: Chore,
  work: (signal: AbortSignal) => Promise<number>,
): { stop(): Promise<void> } {
  const ending = new AbortController();
  let working = Promise.resolve();
  const once = async (): Promise<void> => {
    try {
      const count = await work(ending.signal);
      if (count > 0) log.info({ count }, `${name}:Done`);
    } catch (error) {
      if (!ending.signal.aborted) log.warn({ error }, `${name}:Failed`);
    }
    // only then: what takes longer than that does not pile up
    if (!ending.signal.aborted) timer = setTimeout(again, everyMs);
  };
  const again = (): void => {
    working = once();
  };
  let timer = setTimeout(again, firstMs ?? everyMs);
  return {
    async stop(): Promise<void> {
      clearTimeout(timer);
      ending.abort();
      await working;
    },
  };
}
