import { Agent, request } from 'undici';
import { GeonodeError } from './errors.ts';
import { connectionError, statusError } from './http-failure.ts';

export interface HttpOptions {
  /** The GeoNode's own url, e.g. `https://geonode.example.org`. */
  url: string;
  /** A user of GeoNode's staff, with its password or a bearer token. */
  user?: string | undefined;
  password?: string | undefined;
  token?: string | undefined;
  /** Milliseconds one request may take. Default 120,000. */
  timeoutMs?: number | undefined;
}

export interface HttpAnswer {
  status: number;
  url: string;
  /** @throws GeonodeError GEONODE_ANSWER where it is no JSON */
  json(): unknown;
  /** What a status that is none of the expected means. */
  error(): GeonodeError;
}

/** One GeoNode, asked with one login over kept connections. */
export interface Http {
  /**
   * @param path below the url, e.g. `/api/v2/datasets/`
   * @param body sent as JSON; null for none
   * @throws GeonodeError GEONODE_* where there is no whole answer
   */
  ask(
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    body: string | null,
    signal: AbortSignal,
  ): Promise<HttpAnswer>;
  close(): Promise<void>;
}

const MAX_ANSWER_BYTES = 4 * 1024 * 1024;

export function createHttp(options: HttpOptions): Http {
  const base = options.url.replace(/\/+$/, '');
  const timeoutMs = options.timeoutMs ?? 120_000;
  const agent = new Agent({ connections: 8, pipelining: 1, keepAliveTimeout: 4_000, connect: { timeout: 5_000 } });
  const authorization = authorizationOf(options);
  return {
    async ask(method, path, body, signal) {
      const url = `${base}${path}`;
      try {
        const response = await request(url, {
          dispatcher: agent,
          method,
          headers: {
            authorization,
            accept: 'application/json',
            ...(body === null ? {} : { 'content-type': 'application/json' }),
          },
          body,
          headersTimeout: timeoutMs,
          bodyTimeout: timeoutMs,
          signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
        });
        const text = await readBounded(response.body, url);
        const { statusCode: status, headers } = response;
        return {
          status,
          url,
          json: () => parse(text, url),
          error: () => statusError(status, url, detailOf(text), waitOf(headers['retry-after'])),
        };
      } catch (error) {
        signal.throwIfAborted();
        throw connectionError(error, url);
      }
    },
    close: () => agent.destroy(),
  };
}

function authorizationOf({ user, password, token }: HttpOptions): string {
  if (token !== undefined) return `Bearer ${token}`;
  return `Basic ${Buffer.from(`${user ?? ''}:${password ?? ''}`, 'utf8').toString('base64')}`;
}

/** Milliseconds of a Retry-After in seconds. */
function waitOf(header: string | string[] | undefined): number | undefined {
  const seconds = Number(header);
  return Number.isFinite(seconds) && seconds > 0 ? Math.min(seconds, 3_600) * 1_000 : undefined;
}

async function readBounded(body: AsyncIterable<Buffer>, url: string): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.length;
    if (length > MAX_ANSWER_BYTES)
      throw new GeonodeError('GEONODE_ANSWER', `an answer is larger than ${MAX_ANSWER_BYTES} bytes`, { subject: url });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parse(text: string, url: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new GeonodeError('GEONODE_ANSWER', 'GeoNode answers with something that is no JSON', { subject: url, cause });
  }
}

/** The sentence in an error answer, where it is JSON; pages of HTML are not for logs. */
function detailOf(text: string): string {
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body !== 'object' || body === null) return '';
    if ('detail' in body) return String(body.detail).slice(0, 300);
    return 'errors' in body ? JSON.stringify(body.errors).slice(0, 300) : '';
  } catch {
    return '';
  }
}
