import type { Log } from '@geosluice/jobs';
import type { FrontProxy } from './authenticate.ts';

export interface KeptFrontProxy {
  /** What was read last; null before the first time. */
  current(): FrontProxy | null;
  /** Somebody was refused: perhaps the authority was replaced, so it is read again, though not at every stranger. */
  doubt(): void;
  close(): void;
}

export interface KeepOptions {
  read(signal: AbortSignal): Promise<FrontProxy>;
  /** Called with what is new. */
  changed(proxy: FrontProxy): void;
  log: Log;
  /** Milliseconds between two readings; 60,000. */
  everyMs?: number;
  /** Milliseconds between two readings where it is not known yet, or somebody was refused; 5,000. */
  atLeastMs?: number;
}

/** Reads how the API server proves who it is, again and again: its authority is replaced now and then. */
export function keepFrontProxy(options: KeepOptions): KeptFrontProxy {
  const { read, changed, log, everyMs = 60_000, atLeastMs = 5_000 } = options;
  const closing = new AbortController();
  let current: FrontProxy | null = null;
  let reading = false;
  let readAt = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;
  let dueAt = Number.POSITIVE_INFINITY;

  const plan = (ms: number): void => {
    const at = performance.now() + ms;
    if (closing.signal.aborted || at >= dueAt) return;
    clearTimeout(timer);
    dueAt = at;
    timer = setTimeout(look, ms).unref();
  };
  const look = async (): Promise<void> => {
    dueAt = Number.POSITIVE_INFINITY;
    reading = true;
    try {
      const proxy = await read(closing.signal);
      const isNew = JSON.stringify(proxy) !== JSON.stringify(current);
      current = proxy;
      if (isNew) {
        log.info({ allowedNames: proxy.allowedNames }, 'FrontProxy:Read:Done');
        changed(proxy);
      }
    } catch (error) {
      // what held until now goes on to hold: the API server may be away for a while
      if (!closing.signal.aborted) log.warn({ error: (error as Error).message }, 'FrontProxy:Read:Failed');
    } finally {
      reading = false;
      readAt = performance.now();
      plan(current === null ? atLeastMs : everyMs);
    }
  };
  plan(0);
  return {
    current: () => current,
    doubt() {
      if (!reading) plan(Math.max(0, readAt + atLeastMs - performance.now()));
    },
    close() {
      closing.abort();
      clearTimeout(timer);
    },
  };
}
