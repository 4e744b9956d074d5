import { connect as connectTcp, type NetConnectOpts, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { type Answer, AnswerError, AnswerReader } from './answer.ts';
import { WireError } from './error.ts';

/** Where requests go: a connection is kept for each. */
export interface Origin {
  secure: boolean;
  host: string;
  port: number;
}

export interface Exchange {
  method: string;
  /** Request line and headers, to the empty line. */
  head: string;
  body?: Uint8Array | undefined;
  /** Where the body of a 2xx goes, in full. */
  into?: Uint8Array | undefined;
  signal?: AbortSignal | undefined;
  patience: Patience;
  /** Holds up what moves to a rate; null lets it pass at once. */
  pace(bytes: number): Promise<void> | null;
}

/** How long a request may take without getting on. */
export interface Patience {
  /** Milliseconds in which bytes must move, at `slowest` at least, while a body is under way. */
  stallMs: number;
  /** Bytes a second; a connection that brings less is given up. */
  slowest: number;
  /** Milliseconds from the last byte of the request to the end of an answer that has no body for us. */
  answerMs: number;
}

export interface Connection {
  /** True where it was used before: its peer may have closed it meanwhile. */
  readonly used: boolean;
  readonly closed: boolean;
  /** True where the last exchange brought nothing of an answer. */
  readonly silent: boolean;
  /** One request at a time. Rejects with WireError, or the signal's reason. */
  exchange(exchange: Exchange): Promise<Answer>;
  /** @returns whether another request may follow */
  readonly reusable: boolean;
  /** Idle connections do not keep the process alive. */
  rest(): void;
  close(): void;
}

const CONNECT_MS = 10_000;
/** Answers' heads and small bodies. */
const SCRATCH = 64 * 1024;
/** Written at a time: large enough to cost nothing, small enough to see that it moves. */
const SLICE = 1024 * 1024;
const SMALL_SLICE = 64 * 1024;
/** A slice that took longer is followed by small ones, so that a slow link is told from a dead one. */
const SLOW_SLICE_MS = 3_000;

/** @throws WireError where it cannot be reached within ten seconds */
export async function openConnection(origin: Origin, signal: AbortSignal | undefined): Promise<Connection> {
  const connection = new SocketConnection(origin);
  await connection.ready(signal);
  return connection;
}

class SocketConnection implements Connection {
  readonly #socket: Socket;
  readonly #secure: boolean;
  readonly #reader: AnswerReader;
  #exchanges = 0;
  #reusable = true;
  #failure: unknown = null;
  /** Told when the answer got on, or the socket failed. */
  #onChange: (() => void) | null = null;
  /** Holds up what is read, where objects are. */
  #pace: Exchange['pace'] | null = null;
  #watch: Watch | null = null;

  constructor(origin: Origin) {
    const scratch = Buffer.allocUnsafeSlow(SCRATCH);
    this.#reader = new AnswerReader(scratch);
    const options = {
      host: origin.host,
      port: origin.port,
      noDelay: true,
      keepAlive: true,
      onread: {
        buffer: () => this.#reader.next(),
        callback: (count: number, buffer: Uint8Array) => this.#read(count, buffer),
      },
    };
    // Node takes a function for the buffer, its types only a buffer
    const typed = options as unknown as NetConnectOpts;
    this.#socket = origin.secure
      ? connectTls({ ...(typed as ConnectionOptions), ...serverName(origin.host) })
      : connectTcp(typed);
    this.#socket.on('error', (error) => this.#fail(error));
    this.#socket.on('close', () => this.#fail(new WireError('ECONNRESET', 'the connection was closed')));
    this.#socket.on('end', () => {
      this.#reusable = false;
      if (this.#reader.end()) this.#onChange?.();
      else this.#fail(new WireError('ECONNRESET', 'the connection ended before the answer did'));
    });
    this.#secure = origin.secure;
  }

  get used(): boolean {
    return this.#exchanges > 1;
  }

  get closed(): boolean {
    return this.#failure !== null || this.#socket.destroyed;
  }

  get reusable(): boolean {
    return this.#reusable && !this.closed;
  }

  async ready(signal: AbortSignal | undefined): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const event = this.#secure ? 'secureConnect' : 'connect';
    const timer = setTimeout(() => reject(new WireError('ETIMEDOUT', 'no connection within 10 s')), CONNECT_MS);
    const onAbort = (): void => reject(signal?.reason);
    this.#onChange = () => {
      if (this.#failure !== null) reject(this.#failure);
    };
    this.#socket.once(event, resolve);
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      signal?.throwIfAborted();
      await promise;
    } catch (error) {
      this.close();
      throw error;
    } finally {
      clearTimeout(timer);
      this.#socket.removeListener(event, resolve);
      signal?.removeEventListener('abort', onAbort);
      this.#onChange = null;
    }
  }

  async exchange(exchange: Exchange): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const { signal, patience } = exchange;
    this.#exchanges += 1;
    this.#reader.expect(exchange.method, exchange.into ?? null);
    this.#pace = exchange.into === undefined ? null : exchange.pace;
    const watch = new Watch(patience, exchange.into !== undefined, (what) => {
      reject(new WireError('TimeoutError', what));
    });
    this.#watch = watch;
    this.#onChange = () => {
      if (this.#reader.done) resolve(this.#reader.answer());
      else if (this.#failure !== null) reject(this.#failure);
    };
    const onAbort = (): void => reject(signal?.reason);
    signal?.addEventListener('abort', onAbort, { once: true });
    this.#socket.ref();
    try {
      signal?.throwIfAborted();
      if (this.#failure !== null) throw this.#failure;
      this.#send(exchange, watch).catch(reject);
      const answer = await promise;
      if (!this.#reader.keepAlive || !watch.sent) this.#reusable = false;
      return answer;
    } catch (error) {
      // what is under way may still touch the buffers: not after this
      this.close();
      throw error;
    } finally {
      watch.end();
      signal?.removeEventListener('abort', onAbort);
      this.#onChange = null;
      this.#pace = null;
      this.#watch = null;
      // an answer that came before the request was out leaves a writer behind
      if (!this.reusable) this.close();
    }
  }

  get silent(): boolean {
    return !this.#reader.begun;
  }

  rest(): void {
    this.#socket.unref();
  }

  close(): void {
    this.#reusable = false;
    this.#socket.destroy();
  }

  async #send({ head, body, pace }: Exchange, watch: Watch): Promise<void> {
    if (body === undefined || body.byteLength === 0) {
      this.#socket.write(head, 'latin1');
      watch.out();
      return;
    }
    let slice = SLICE;
    for (let offset = 0; offset < body.byteLength; ) {
      const bytes = body.subarray(offset, offset + slice);
      const held = pace(bytes.byteLength);
      if (held !== null) await watch.while(held);
      const begun = performance.now();
      const written = Promise.withResolvers<void>();
      const done = (error?: Error | null): void => (error ? written.reject(error) : written.resolve());
      if (offset === 0) {
        // one packet for the head and the begin of the body
        this.#socket.cork();
        this.#socket.write(head, 'latin1');
        this.#socket.write(bytes, done);
        this.#socket.uncork();
      } else this.#socket.write(bytes, done);
      await written.promise;
      offset += bytes.byteLength;
      watch.moved(bytes.byteLength);
      if (this.#reader.done || this.closed) return;
      if (performance.now() - begun > SLOW_SLICE_MS) slice = SMALL_SLICE;
    }
    watch.out();
  }

  /** @returns false to read no further for now */
  #read(count: number, buffer: Uint8Array): boolean {
    if (this.#onChange === null || this.#reader.done) {
      // nobody asked: what an idle connection says is its farewell
      this.close();
      return false;
    }
    const watch = this.#watch;
    watch?.moved(count);
    try {
      this.#reader.take(buffer.subarray(0, count));
    } catch (error) {
      this.#fail(error instanceof AnswerError ? asWireError(error) : error);
      return false;
    }
    const held = this.#pace?.(count) ?? null;
    this.#onChange();
    // a whole answer is not held back: its connection goes on to the next request
    if (held === null || watch === null || this.#reader.done) return true;
    void watch.while(held).then(() => {
      if (!this.#socket.destroyed) this.#socket.resume();
    });
    return false;
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
    this.#onChange?.();
    this.close();
  }
}

function asWireError(error: AnswerError): WireError {
  const status = error.status === undefined ? {} : { status: error.status };
  return new WireError(error.code, error.message, { ...status, cause: error });
}

/** Watches that a request gets on, and tells when it does not. */
class Watch {
  readonly #patience: Patience;
  readonly #long: boolean;
  readonly #tell: (what: string) => void;
  #timer: NodeJS.Timeout;
  #moved = 0;
  #sent = false;
  #held = 0;

  /** @param long whether the answer's body may take its time, as long as it moves */
  constructor(patience: Patience, long: boolean, tell: (what: string) => void) {
    this.#patience = patience;
    this.#long = long;
    this.#tell = tell;
    this.#timer = setTimeout(() => this.#look(), patience.stallMs);
  }

  get sent(): boolean {
    return this.#sent;
  }

  moved(bytes: number): void {
    this.#moved += bytes;
  }

  /** The whole request is out. */
  out(): void {
    this.#sent = true;
    if (this.#long) return;
    const { answerMs } = this.#patience;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#tell(`no answer within ${answerMs / 1000} s`), answerMs);
  }

  /** Time in which we ourselves hold back does not count. */
  async while(held: Promise<void>): Promise<void> {
    this.#held += 1;
    try {
      await held;
    } finally {
      this.#held -= 1;
    }
  }

  end(): void {
    clearTimeout(this.#timer);
  }

  #look(): void {
    const { stallMs, slowest } = this.#patience;
    if (this.#held === 0 && this.#moved < (slowest * stallMs) / 1000) {
      const seconds = stallMs / 1000;
      this.#tell(`${this.#moved} bytes moved within ${seconds} s; less than ${slowest} bytes a second is given up`);
      return;
    }
    this.#moved = 0;
    this.#timer = setTimeout(() => this.#look(), stallMs);
  }
}

/** An address is no name a certificate can be asked for by. */
function serverName(host: string): { servername?: string } {
  return /^[\d.]+$|:/.test(host) ? {} : { servername: host };
}
