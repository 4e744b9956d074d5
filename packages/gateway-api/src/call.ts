import { type Dispatcher, request } from 'undici';
import type { z } from 'zod';
import { GatewayError } from './error.ts';
import { problemSchema } from './problem.ts';

/** Where a gateway is and how to speak with it. */
export interface Line {
  /** Without a slash at its end. */
  base: string;
  key: string | null;
  dispatcher: Dispatcher;
  /** Milliseconds for a whole answer. */
  timeoutMs: number;
}

export interface Ask {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  path: string;
  query?: Record<string, string | number | boolean | undefined>;
  body?: unknown;
  headers?: Record<string, string>;
  signal: AbortSignal;
}

/** Largest answer, in bytes. */
const MAX_ANSWER = 64 * 1024 * 1024;

/**
 * One request and its checked answer.
 * @throws GatewayError with the code of the problem document, GATEWAY_UNREACHABLE, GATEWAY_ANSWER_INVALID
 * @throws the signal's reason where it was aborted
 */
export async function call<T>(line: Line, ask: Ask, schema: z.ZodType<T>): Promise<T> {
  const deadline = AbortSignal.timeout(line.timeoutMs);
  const answer = await send(line, { ...ask, signal: AbortSignal.any([ask.signal, deadline]) }, ask.signal);
  const text = await readText(line, answer, ask.signal);
  if (answer.statusCode >= 400) throw refusal(line, answer, text);
  const parsed = schema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  const where = parsed.error.issues[0]?.path.join('.') ?? '';
  throw new GatewayError(
    'GATEWAY_ANSWER_INVALID',
    `${line.base}${ask.path} gave an answer that is none of this API${where === '' ? '' : ` (at ${where})`}: is it a gateway of this version?`,
    { subject: line.base, status: answer.statusCode, cause: parsed.error },
  );
}

/** Sends, and gives the answer with its body unread. */
export async function send(line: Line, ask: Ask, theirs: AbortSignal): Promise<Dispatcher.ResponseData> {
  const { method, path, query = {}, body, headers = {}, signal } = ask;
  theirs.throwIfAborted();
  const asked = Object.entries(query).filter(([, value]) => value !== undefined);
  const search = new URLSearchParams(asked.map(([name, value]): [string, string] => [name, String(value)])).toString();
  try {
    return await request(`${line.base}${path}${search === '' ? '' : `?${search}`}`, {
      ...{ method, dispatcher: line.dispatcher, signal },
      headers: {
        accept: 'application/json, application/problem+json',
        ...(line.key === null ? {} : { authorization: `Bearer ${line.key}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch (error) {
    theirs.throwIfAborted();
    throw unreachable(line, error);
  }
}

export function unreachable(line: Line, cause: unknown): GatewayError {
  const message = `the gateway at ${line.base} does not answer: ${reasonOf(cause)}`;
  return new GatewayError('GATEWAY_UNREACHABLE', message, { subject: line.base, cause, down: true });
}

/** The error of an answer of 400 and more. */
export function refusal(line: Line, answer: Dispatcher.ResponseData, text: string): GatewayError {
  const status = answer.statusCode;
  const parsed = problemSchema.safeParse(parseJson(text));
  const retryAfterMs = readRetryAfter(answer.headers['retry-after']);
  if (!parsed.success) {
    const message = `${line.base} answered ${status} without saying why; does the url lead to the gateway?`;
    return new GatewayError(`GATEWAY_${status}`, message, { subject: line.base, status, retryAfterMs });
  }
  const { code, detail, errors = [] } = parsed.data;
  const fields = errors.map(({ field, message }) => (field === '' ? message : `${field}: ${message}`));
  const message = fields.length === 0 ? detail : `${detail} ${fields.join('; ')}`;
  return new GatewayError(code, message, { subject: line.base, status, problem: parsed.data, retryAfterMs });
}

export async function readText(line: Line, answer: Dispatcher.ResponseData, theirs: AbortSignal): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of answer.body as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > MAX_ANSWER) break;
      chunks.push(chunk);
    }
  } catch (error) {
    theirs.throwIfAborted();
    throw unreachable(line, error);
  }
  if (size <= MAX_ANSWER) return Buffer.concat(chunks).toString('utf8');
  throw new GatewayError('GATEWAY_ANSWER_INVALID', `${line.base} gave an answer of more than ${MAX_ANSWER} bytes`, {
    subject: line.base,
    status: answer.statusCode,
  });
}

function readRetryAfter(header: string | string[] | undefined): number | undefined {
  return typeof header === 'string' && /^\d{1,6}$/.test(header) ? Number(header) * 1000 : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // of a name with several addresses, each has its own error
  if (error instanceof AggregateError && error.message === '') return error.errors.map(reasonOf).join('; ');
  return error.message;
}
