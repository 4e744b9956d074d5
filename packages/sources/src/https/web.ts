import { describeLocation } from '@geosluice/jobs';
import { Agent, request } from 'undici';
import { type Body, discard } from '../body.ts';
import { SourceError } from '../errors.ts';
import { asWebError } from './errors.ts';
import { findHostRule, type HostRule } from './hosts.ts';
import { guardedLookup } from './lookup.ts';

const MAX_REDIRECTS = 3;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: Body;
  /** Where it came from in the end. */
  url: URL;
}

export interface WebOptions {
  rules: readonly HostRule[];
  /** Milliseconds for a connection, for the headers of an answer, and between two pieces of a body. */
  timeoutMs: number;
  /** Connections a host. */
  connections: number;
  /** Certificates to trust besides the system's, PEM. */
  ca?: string | undefined;
}

export interface Web {
  /**
   * One request, redirects followed, every hop checked against the allow-list. Any status is an answer.
   * @throws SourceError SOURCE_NOT_ALLOWED, SOURCE_AWAY, SOURCE_TIMEOUT, SOURCE_UNREADABLE
   */
  ask(
    method: 'HEAD' | 'GET',
    url: URL,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<Answer>;
  close(): Promise<void>;
}

export function redactUrl(url: URL): string {
  return describeLocation({ kind: 'https', url: url.href });
}

export function openWeb({ rules, timeoutMs, connections, ca }: WebOptions): Web {
  const agent = new Agent({
    connections,
    // one range a connection: a slow body must not hold up the next
    pipelining: 1,
    allowH2: false,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    maxHeaderSize: 64 * 1024,
    connect: { timeout: timeoutMs, lookup: guardedLookup(rules), ...(ca === undefined ? {} : { ca }) },
  });
  const ask: Web['ask'] = async (method, start, headers, signal) => {
    let url = start;
    for (let hop = 0; ; hop += 1) {
      checkUrl(url, rules);
      const answer = await once(agent, method, url, headers, signal);
      const target = answer.headers.location;
      if (!REDIRECTS.has(answer.status) || typeof target !== 'string') return answer;
      discard(answer.body);
      const subject = redactUrl(start);
      if (hop >= MAX_REDIRECTS) {
        throw new SourceError('SOURCE_UNREADABLE', `${subject} redirects more than ${MAX_REDIRECTS} times`, {
          subject,
        });
      }
      if (!URL.canParse(target, url.href)) {
        throw new SourceError('SOURCE_UNREADABLE', `${subject} redirects to what is no address`, { subject });
      }
      url = new URL(target, url);
    }
  };
  return { ask, close: () => agent.destroy() };
}

function checkUrl(url: URL, rules: readonly HostRule[]): void {
  const subject = url.protocol === 'http:' || url.protocol === 'https:' ? redactUrl(url) : url.protocol;
  if (url.username !== '' || url.password !== '') {
    const message = `${subject}: an address must not hold a user name or password`;
    throw new SourceError('SOURCE_NOT_ALLOWED', message, { subject });
  }
  if (findHostRule(rules, url) === null) {
    throw new SourceError('SOURCE_NOT_ALLOWED', `${subject} is not on a host that is allowed`, { subject });
  }
}

async function once(
  agent: Agent,
  method: 'HEAD' | 'GET',
  url: URL,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Answer> {
  signal.throwIfAborted();
  const subject = redactUrl(url);
  try {
    const answer = await request(url, {
      dispatcher: agent,
      method,
      // sizes and ranges must be those of the file
      headers: { 'accept-encoding': 'identity', 'user-agent': 'geosluice', ...headers },
      signal,
    });
    const encoding = answer.headers['content-encoding'];
    if (encoding !== undefined && encoding !== '' && encoding !== 'identity') {
      discard(answer.body);
      const message = `${subject} comes encoded (${String(encoding)}) though it was asked for as it is`;
      throw new SourceError('SOURCE_UNREADABLE', message, { subject });
    }
    return { status: answer.statusCode, headers: answer.headers, body: answer.body, url };
  } catch (error) {
    signal.throwIfAborted();
    throw asWebError(error, subject, 'reading');
  }
}
