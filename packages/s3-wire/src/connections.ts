import { type Connection, type Origin, openConnection } from './connection.ts';

/** Servers close what idles for a few seconds or a minute; what idled longer is not tried. */
const MAX_IDLE_MS = 30_000;

/** Kept connections, as many at a time as allowed in all; who comes first is served first. */
export class Connections {
  readonly #most: number;
  readonly #idle = new Map<string, Array<{ connection: Connection; since: number }>>();
  readonly #waiting: Array<() => void> = [];
  #open = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** @param fresh not one that was used before, which its peer may have closed */
  async take(origin: Origin, fresh: boolean, signal: AbortSignal | undefined): Promise<Connection> {
    await this.#turn(signal);
    try {
      const kept = fresh ? undefined : this.#kept(keyOf(origin));
      return kept ?? (await openConnection(origin, signal));
    } catch (error) {
      this.#leave();
      throw error;
    }
  }

  give(origin: Origin, connection: Connection): void {
    if (connection.reusable) {
      const key = keyOf(origin);
      const list = this.#idle.get(key) ?? [];
      list.push({ connection, since: performance.now() });
      this.#idle.set(key, list);
      connection.rest();
    } else connection.close();
    this.#leave();
  }

  close(): void {
    for (const list of this.#idle.values()) for (const { connection } of list) connection.close();
    this.#idle.clear();
  }

  /** The one used last: it is the least likely to be closed by its peer. */
  #kept(key: string): Connection | undefined {
    const list = this.#idle.get(key) ?? [];
    for (let last = list.pop(); last !== undefined; last = list.pop()) {
      if (last.connection.reusable && performance.now() - last.since < MAX_IDLE_MS) return last.connection;
      last.connection.close();
    }
    return undefined;
  }

  async #turn(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    if (this.#open < this.#most) {
      this.#open += 1;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const turn = (): void => {
        signal?.removeEventListener('abort', leave);
        resolve();
      };
      const leave = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(turn), 1);
        reject(signal?.reason);
      };
      signal?.addEventListener('abort', leave, { once: true });
      this.#waiting.push(turn);
    });
  }

  /** The place goes on to who waits longest. */
  #leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#open -= 1;
    else next();
  }
}

function keyOf({ secure, host, port }: Origin): string {
  return `${secure ? 'https' : 'http'}://${host}:${port}`;
}
