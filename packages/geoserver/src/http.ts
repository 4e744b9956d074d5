import { Agent, errors, request } from 'undici';
import type { Settings } from './config.ts';
import { GeoServerError } from './errors.ts';
import { createNodes } from './nodes.ts';
import { createSilence } from './silence.ts';
import { isOverloaded, isSilent } from './write-gate.ts';

export interface Ask {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Below the node's url, e.g. `/rest/workspaces.json`; names in it are encoded already. */
  path: string;
  /** The primary where absent. */
  node?: string;
  body?: { type: string; content: string };
  timeoutMs: number;
  /** Bytes of the answer that are read at most; more is an error. 16 MiB. */
  maxBytes?: number;
  signal: AbortSignal;
}

export interface Answer {
  status: number;
  /** Media type without parameters, lower case; empty where there is none. */
  type: string;
  bytes: Buffer;
  text: string;
  /** Milliseconds, from a Retry-After header in seconds. */
  retryAfterMs: number | undefined;
  node: string;
}

export interface Http {
  readonly settings: Settings;
  /** The same, with another node as the one that is asked where none is named. Closed with this one. */
  at(node: string): Http;
  /** The nodes there are now, the primary first. */
  nodes(signal: AbortSignal): Promise<readonly string[]>;
  /**
   * Any status is an answer.
   * @throws GeoServerError GEOSERVER_DOWN, GEOSERVER_TIMEOUT, GEOSERVER_DROPPED, GEOSERVER_ANSWER (too large)
   */
  ask(ask: Ask): Promise<Answer>;
  /**
   * The bytes of a large answer as they come; asked once.
   * @throws GeoServerError as `ask`, and GEOSERVER_ANSWER where the status is not 200
   */
  read(ask: Ask): AsyncIterable<Buffer>;
  close(): Promise<void>;
}

/** One pool for all nodes. GeoServer closes idle connections by itself: ours end earlier, and a stale one is retried. */
export function createHttp(settings: Settings): Http {
  const agent = new Agent({
    connections: 16,
    pipelining: 1,
    keepAliveTimeout: 4_000,
    keepAliveMaxTimeout: 10_000,
    connect: { timeout: 5_000 },
  });
  const authorization = `Basic ${Buffer.from(`${settings.user}:${settings.password}`, 'utf8').toString('base64')}`;

  const open = (ask: Ask, node: string): ReturnType<typeof request> =>
    request(`${node}${ask.path}`, {
      dispatcher: agent,
      method: ask.method,
      headers: { authorization, ...(ask.body === undefined ? {} : { 'content-type': ask.body.type }) },
      body: ask.body?.content ?? null,
      headersTimeout: ask.timeoutMs,
      bodyTimeout: ask.timeoutMs,
      signal: AbortSignal.any([ask.signal, AbortSignal.timeout(ask.timeoutMs)]),
    });
  const once = async (ask: Ask, node: string): Promise<Answer> => {
    const response = await open(ask, node);
    const bytes = await readBounded(response.body, ask.maxBytes ?? 16 * 1024 * 1024, node);
    const retryAfter = Number(response.headers['retry-after']);
    return {
      status: response.statusCode,
      type: (String(response.headers['content-type'] ?? '').split(';')[0] ?? '').trim().toLowerCase(),
      bytes,
      text: bytes.toString('utf8'),
      retryAfterMs: Number.isFinite(retryAfter) && retryAfter > 0 ? Math.min(retryAfter, 3_600) * 1_000 : undefined,
      node,
    };
  };

  const retried = async (ask: Ask, node: string): Promise<Answer> => {
    for (let attempt = 1; ; attempt += 1) {
      ask.signal.throwIfAborted();
      try {
        return await once(ask, node);
      } catch (error) {
        ask.signal.throwIfAborted();
        const failure = decideFailure(error);
        // a POST may have been done: its caller looks first
        if (failure === 'dropped' && ask.method !== 'POST' && attempt < 3) continue;
        throw failureError(failure, error, ask, node);
      }
    }
  };
  const read = async function* (ask: Ask, node: string): AsyncGenerator<Buffer> {
    try {
      const { statusCode, body } = await open(ask, node);
      if (statusCode !== 200) {
        await body.dump();
        throw new GeoServerError('GEOSERVER_ANSWER', `${ask.path} on ${node} answers ${statusCode}`, { node });
      }
      yield* body as AsyncIterable<Buffer>;
    } catch (error) {
      ask.signal.throwIfAborted();
      throw failureError(decideFailure(error), error, ask, node);
    }
  };
  const silence = createSilence();
  const look = async (ask: Ask, node: string): Promise<Answer> => {
    // version and maps answer whatever the lock does
    const heard = ask.path.startsWith('/rest/workspaces') ? silence.listen(node) : null;
    const answer = await retried(ask, node);
    if (answer.status === 200 || answer.status === 404) heard?.();
    return answer;
  };
  const nodes = createNodes(settings);
  const at = (url: string): Http => ({
    settings: { ...settings, url },
    at,
    nodes,
    ask(ask) {
      const node = ask.node ?? url;
      if (ask.method === 'GET') return look(ask, node);
      return settings.writes(
        ask.signal,
        () => retried(ask, node),
        (ended) => ({ overloaded: isOverloaded(ended), over: isSilent(ended) ? silence.fell(node) : undefined }),
      );
    },
    read: (ask) => read(ask, ask.node ?? url),
    close: () => agent.destroy(),
  });
  return at(settings.url);
}

async function readBounded(body: AsyncIterable<Buffer>, maxBytes: number, node: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.length;
    if (length > maxBytes)
      throw new GeoServerError('GEOSERVER_ANSWER', `an answer of ${node} is larger than ${maxBytes} bytes`, { node });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

export type Failure = 'down' | 'timeout' | 'dropped' | 'other';

const REFUSED = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'UND_ERR_CONNECT_TIMEOUT',
]);
const TIMED_OUT = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'ETIMEDOUT']);
const DROPPED = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET', 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH']);

/** What a connection that gave no whole answer means. */
export function decideFailure(error: unknown): Failure {
  if (error instanceof GeoServerError) return 'other';
  for (let cause: unknown = error, depth = 0; cause instanceof Error && depth < 5; cause = cause.cause, depth += 1) {
    const code = 'code' in cause ? String(cause.code) : '';
    if (REFUSED.has(code)) return 'down';
    if (TIMED_OUT.has(code) || cause.name === 'TimeoutError') return 'timeout';
    if (DROPPED.has(code) || cause instanceof errors.HTTPParserError) return 'dropped';
    if (cause instanceof AggregateError && cause.errors.length > 0) return decideFailure(cause.errors[0]);
  }
  return 'other';
}

function failureError(failure: Failure, cause: unknown, ask: Ask, node: string): unknown {
  const what = `${ask.method} ${ask.path.split('?')[0]} on ${node}`;
  const details = { node, cause };
  switch (failure) {
    case 'down':
      return new GeoServerError('GEOSERVER_DOWN', `GeoServer cannot be reached: ${what}`, { ...details, down: true });
    case 'timeout':
      return new GeoServerError('GEOSERVER_TIMEOUT', `GeoServer gave no answer within ${ask.timeoutMs} ms: ${what}`, {
        ...details,
        down: true,
      });
    case 'dropped':
      return new GeoServerError('GEOSERVER_DROPPED', `GeoServer broke the connection: ${what}`, details);
    case 'other':
      return cause;
  }
}
