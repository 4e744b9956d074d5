import { setTimeout as wait } from 'node:timers/promises';
import type { S3Client } from '@aws-sdk/client-s3';
import { type Log, SILENT } from '@geosluice/jobs';
import { addressOf, type BucketAddress } from './address.ts';
import type { Answer } from './answer.ts';
import type { Patience } from './connection.ts';
import { Connections } from './connections.ts';
import { belated, refused, type WireError } from './error.ts';
import { sha256Of } from './payload.ts';
import { decideRetry, isBroken, type Retry, StaleConnection } from './retry.ts';
import { type Credentials, EMPTY_PAYLOAD, encodeKey, Signer, UNSIGNED_PAYLOAD, writeQuery } from './sign.ts';

export interface WireOptions {
  log?: Log | undefined;
  /** Connections at most; default 32. */
  maxSockets?: number | undefined;
  /** Tries of one request; default 5. */
  attempts?: number | undefined;
  /** Milliseconds; see Patience. Default 30,000. */
  stallMs?: number | undefined;
  /** Bytes a second below which a body is given up; default 1,024. */
  slowest?: number | undefined;
  /** Milliseconds from the last byte of a request to the end of its answer; default 120,000. */
  answerMs?: number | undefined;
  /** Sign the bytes of objects and parts too. Default false. */
  signPayload?: boolean | undefined;
  /** Holds up bytes of bodies to a rate; null lets them pass at once. */
  pace?: ((bytes: number) => Promise<void> | null) | undefined;
  /** Told each time the store asks to slow down. */
  onSlowDown?: (() => void) | undefined;
}

export interface WireRequest {
  method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE';
  bucket: string;
  /** Raw, never percent-encoded. */
  key: string;
  query?: Readonly<Record<string, string>> | undefined;
  /** By lower-case name. */
  headers?: Readonly<Record<string, string>> | undefined;
  /** Must not change until the request has ended. */
  body?: Uint8Array | undefined;
  /** The body of a 2xx is read in here, and must be exactly as long. */
  into?: Uint8Array | undefined;
  /** Milliseconds from the last byte of the request to the end of its answer, where it is another time than usual. */
  answerMs?: number | undefined;
  signal?: AbortSignal | undefined;
}

export interface WireStats {
  /** Bytes of objects and parts that were sent and answered with a 2xx. */
  sent: number;
  /** Bytes that were read into buffers. */
  received: number;
  retries: number;
  /** Answers that asked to slow down. */
  slowDowns: number;
}

/** The data plane of S3: requests with bodies in buffers, over kept sockets. */
export interface S3Wire {
  /**
   * Sends a request, again where that makes sense: 500, 503 and their like, broken and stalled connections, a clock that
   * differs (set right by the store's), credentials that expired (fetched anew).
   * @returns a 2xx answer
   * @throws WireError, an error of the credentials' provider, or the signal's reason
   */
  request(request: WireRequest): Promise<Answer>;
  stats(): WireStats;
  close(): void;
}

const SECOND = 1_000;
/** Clocks that differ by less are no reason to refuse a request: S3 takes a quarter of an hour. */
const DIFFERENT_MS = 300 * SECOND;
const IDLE: Patience = { stallMs: 30 * SECOND, slowest: 1024, answerMs: 120 * SECOND };

/** @param client whose endpoint, region, credentials and path style are used; it stays the caller's to destroy */
export function createS3Wire(client: S3Client, options: WireOptions = {}): S3Wire {
  return new Wire(client, options);
}

/** With what an attempt was made. */
interface Tried {
  credentials: Credentials | null;
  skew: number;
}

const NO_PACE = (): null => null;

class Wire implements S3Wire {
  readonly #client: S3Client;
  readonly #options: WireOptions;
  readonly #patience: Patience;
  readonly #log: Log;
  readonly #connections: Connections;
  readonly #addresses = new Map<string, Promise<BucketAddress>>();
  readonly #stats: WireStats = { sent: 0, received: 0, retries: 0, slowDowns: 0 };
  #signer: Promise<Signer> | null = null;
  /** Milliseconds the store's clock is ahead of ours, once it said so. */
  #skew = 0;
  /** Fetches credentials anew, once for all who met their end. */
  #renewal: { of: string; credentials: Promise<Credentials> } | null = null;

  constructor(client: S3Client, options: WireOptions) {
    this.#client = client;
    this.#options = options;
    this.#log = options.log ?? SILENT;
    this.#connections = new Connections(options.maxSockets ?? 32);
    this.#patience = {
      stallMs: options.stallMs ?? IDLE.stallMs,
      slowest: options.slowest ?? IDLE.slowest,
      answerMs: options.answerMs ?? IDLE.answerMs,
    };
  }

  async request(request: WireRequest): Promise<Answer> {
    const attempts = this.#options.attempts ?? 5;
    const amends = new Set<Retry['amend']>();
    for (let attempt = 1; ; ) {
      request.signal?.throwIfAborted();
      let tried: Tried = { credentials: null, skew: this.#skew };
      try {
        const answer = await this.#once(request, amends.has('connection'), (now) => {
          tried = now;
        });
        if (request.method === 'PUT') this.#stats.sent += request.body?.byteLength ?? 0;
        this.#stats.received += request.into?.byteLength ?? 0;
        return answer;
      } catch (error) {
        if (request.signal?.aborted) throw request.signal.reason;
        const retry = decideRetry(error, attempt);
        if (retry === null) throw error;
        if (retry.slowDown) {
          this.#stats.slowDowns += 1;
          this.#options.onSlowDown?.();
        }
        // what can be set right is tried at once, and each of it once
        const amended =
          retry.amend !== 'nothing' && !amends.has(retry.amend) && (await this.#amend(retry, error, tried));
        amends.add(retry.amend);
        if (!amended && (!retry.again || attempt >= attempts)) throw error;
        this.#stats.retries += 1;
        const { bucket, key } = request;
        this.#log.debug({ bucket, key, attempt, error: String(error) }, 'S3:Request:Again');
        if (amended) continue;
        attempt += 1;
        await wait(retry.afterMs, undefined, request.signal === undefined ? {} : { signal: request.signal }).catch(
          () => {},
        );
      }
    }
  }

  stats(): WireStats {
    return { ...this.#stats };
  }

  close(): void {
    this.#connections.close();
  }

  /** @returns whether it may work now */
  async #amend(retry: Retry, error: unknown, tried: Tried): Promise<boolean> {
    if (retry.amend === 'connection') return true;
    if (retry.amend === 'clock') {
      const { name, $response } = error as WireError;
      const theirs = Date.parse($response.headers.date ?? '');
      const differs = Math.abs(theirs - Date.now() - tried.skew) > DIFFERENT_MS;
      if (!Number.isFinite(theirs) || (name === 'Forbidden' && !differs)) return false;
      // another request may have set it right meanwhile
      if (this.#skew === tried.skew) this.#skew = theirs - Date.now();
      return true;
    }
    const { credentials } = tried;
    if (credentials === null) return false;
    const of = credentials.sessionToken ?? credentials.accessKeyId;
    if (this.#renewal?.of !== of) {
      this.#renewal = { of, credentials: this.#client.config.credentials({ forceRefresh: true }) };
    }
    const renewed = await this.#renewal.credentials.catch(() => {
      this.#renewal = null;
      return credentials;
    });
    return renewed.accessKeyId !== credentials.accessKeyId || renewed.sessionToken !== credentials.sessionToken;
  }

  async #once(request: WireRequest, fresh: boolean, tell: (tried: Tried) => void): Promise<Answer> {
    const { bucket, signal, body, answerMs = this.#patience.answerMs } = request;
    const address = await this.#addressOf(bucket);
    const credentials = await this.#client.config.credentials();
    tell({ credentials, skew: this.#skew });
    const head = await this.#headOf(request, address, credentials);
    const connection = await this.#connections.take(address.origin, fresh, signal);
    try {
      const answer = await connection.exchange({
        ...{
          method: request.method,
          head,
          body,
          into: request.into,
          signal,
          patience: { ...this.#patience, answerMs },
        },
        pace: this.#options.pace ?? NO_PACE,
      });
      const good = answer.status >= 200 && answer.status < 300;
      const failure = good ? (request.method === 'POST' ? belated(answer) : null) : refused(answer);
      if (failure !== null) throw failure;
      return answer;
    } catch (error) {
      const silent = connection.used && connection.silent && error instanceof Error && !signal?.aborted;
      if (silent && isBroken(error)) throw new StaleConnection(error);
      throw error;
    } finally {
      this.#connections.give(address.origin, connection);
    }
  }

  async #headOf(request: WireRequest, address: BucketAddress, credentials: Credentials): Promise<string> {
    const { method, query = {}, body } = request;
    const path = `${address.base}/${encodeKey(request.key)}`;
    this.#signer ??= this.#client.config.region().then((region) => new Signer(region));
    const headers: Record<string, string> = { ...request.headers, host: address.host };
    const length = body?.byteLength ?? (method === 'PUT' || method === 'POST' ? 0 : undefined);
    const signed = (await this.#signer).sign(
      { method, path, query, headers, payload: await this.#payloadOf(method, body) },
      credentials,
      new Date(Date.now() + this.#skew),
    );
    const text = writeQuery(query);
    const lines = [`${method} ${path}${text === '' ? '' : `?${text}`} HTTP/1.1`];
    for (const [name, value] of Object.entries(signed)) {
      // a line break in a value would begin a header of its own
      if (/[\r\n]/.test(value)) throw new TypeError(`the header ${name} has a line break`);
      lines.push(`${name}: ${value}`);
    }
    if (length !== undefined) lines.push(`content-length: ${length}`);
    return `${lines.join('\r\n')}\r\n\r\n`;
  }

  async #payloadOf(method: string, body: Uint8Array | undefined): Promise<string> {
    if (body === undefined || body.byteLength === 0) return EMPTY_PAYLOAD;
    // documents are small, and carry no checksum of their own
    return this.#options.signPayload === true || method === 'POST' ? await sha256Of(body) : UNSIGNED_PAYLOAD;
  }

  #addressOf(bucket: string): Promise<BucketAddress> {
    let address = this.#addresses.get(bucket);
    if (address === undefined) {
      address = addressOf(this.#client, bucket);
      address.catch(() => this.#addresses.delete(bucket));
      this.#addresses.set(bucket, address);
    }
    return address;
  }
}
