import { Agent, request } from 'undici';
import { z } from 'zod';
import { BatchTooLarge } from './batcher.ts';
import { type BatchOptions, createBatchingRegistrar } from './batching-registrar.ts';
import { GeonodeError } from './errors.ts';
import { connectionError, statusError } from './http-failure.ts';
import type { Registrar } from './registrar.ts';

export interface HttpRegistrarOptions extends BatchOptions {
  /** The GeoNode's own url, e.g. `https://geonode.example.org`. */
  url: string;
  /** A user of GeoNode's staff, with its password or a bearer token. */
  user?: string | undefined;
  password?: string | undefined;
  token?: string | undefined;
  /** Milliseconds one request may take; a batch counts as one. Default 120,000. */
  timeoutMs?: number | undefined;
}

const MAX_ANSWER_BYTES = 4 * 1024 * 1024;
const answersSchema = z.object({ answers: z.array(z.unknown()) });
const MEMBERS = { register: 'registrations', unregister: 'unregistrations', lookup: 'lookups' } as const;

/** Registers over HTTP, through the endpoint that the Django app adds to GeoNode. */
export function createHttpRegistrar(options: HttpRegistrarOptions): Registrar {
  const base = `${options.url.replace(/\/+$/, '')}/api/geosluice/v1`;
  const timeoutMs = options.timeoutMs ?? 120_000;
  const agent = new Agent({ connections: 8, pipelining: 1, keepAliveTimeout: 4_000, connect: { timeout: 5_000 } });
  const authorization = authorizationOf(options);

  const ask = async (
    method: 'GET' | 'POST',
    path: string,
    body: string | null,
    signal: AbortSignal,
  ): Promise<unknown> => {
    const url = `${base}/${path}`;
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
      if (response.statusCode === 200) return parse(text, url);
      const retryAfter = Number(response.headers['retry-after']);
      const waitMs = Number.isFinite(retryAfter) && retryAfter > 0 ? Math.min(retryAfter, 3_600) * 1_000 : undefined;
      const error = statusError(response.statusCode, url, detailOf(text), waitMs);
      throw response.statusCode === 413 ? new BatchTooLarge(error) : error;
    } catch (error) {
      signal.throwIfAborted();
      throw error instanceof BatchTooLarge ? error : connectionError(error, url);
    }
  };

  return createBatchingRegistrar(
    {
      async send(action, documents, signal) {
        const body = JSON.stringify({ [MEMBERS[action]]: documents });
        const parsed = answersSchema.safeParse(await ask('POST', MEMBERS[action], body, signal));
        if (parsed.success) return parsed.data.answers;
        throw new GeonodeError('GEONODE_ANSWER', 'GeoNode gave no answers', { subject: base, cause: parsed.error });
      },
      health: (signal) => ask('GET', 'health', null, signal),
      close: () => agent.destroy(),
    },
    options,
  );
}

function authorizationOf({ user, password, token }: HttpRegistrarOptions): string {
  if (token !== undefined) return `Bearer ${token}`;
  return `Basic ${Buffer.from(`${user ?? ''}:${password ?? ''}`, 'utf8').toString('base64')}`;
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
