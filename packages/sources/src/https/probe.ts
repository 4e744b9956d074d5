import type { Fingerprint } from '@geosluice/jobs';
import { discard } from '../body.ts';
import { SourceError } from '../errors.ts';
import { readContentRange } from '../range.ts';
import { bareEtag } from '../s3/keys.ts';
import { statusError } from './errors.ts';
import { type Answer, redactUrl, type Web } from './web.ts';

/** What a server says of a file without sending it. */
export interface Probe {
  /** Null where it does not say. */
  length: number | null;
  /** Its size is 0 where the length is not known. */
  fingerprint: Fingerprint;
  contentType: string;
}

type Headers = Answer['headers'];

/** By HEAD; by a GET of the first byte where HEAD is refused or says no length that can be believed. */
export async function probe(web: Web, url: URL, signal: AbortSignal): Promise<Probe> {
  const head = await web.ask('HEAD', url, {}, signal);
  discard(head.body);
  const length = lengthOf(head.headers);
  // some frameworks say 0 of every HEAD
  if (head.status === 200 && length !== null && length > 0) return describeAnswer(head.headers, length);
  if (head.status === 404 || head.status === 410 || head.status === 429 || head.status >= 500) {
    if (head.status !== 501) throw statusError(head.status, head.headers, redactUrl(url), 'looking at');
  }
  return (await probeRange(web, url, signal)).probe;
}

/** By a GET of the first byte: also tells whether ranges are to be had. */
export async function probeRange(web: Web, url: URL, signal: AbortSignal): Promise<{ probe: Probe; ranged: boolean }> {
  const answer = await web.ask('GET', url, { range: 'bytes=0-0' }, signal);
  discard(answer.body);
  const { status, headers } = answer;
  if (status === 416) {
    // there is no first byte
    return { probe: describeAnswer(headers, 0), ranged: true };
  }
  const error = statusError(status, headers, redactUrl(url), 'looking at');
  if (error !== null) throw error;
  if (status === 206) {
    const range = readContentRange(headerOf(headers, 'content-range'));
    const ranged = range !== null && range.first === 0 && range.last === 0;
    return { probe: describeAnswer(headers, range?.total ?? null), ranged };
  }
  return { probe: describeAnswer(headers, lengthOf(headers)), ranged: false };
}

export function lengthOf(headers: Headers): number | null {
  const text = headerOf(headers, 'content-length');
  return /^\d{1,15}$/.test(text) ? Number(text) : null;
}

export function headerOf(headers: Headers, name: string): string {
  const value = headers[name];
  return typeof value === 'string' ? value.trim() : '';
}

export function describeAnswer(headers: Headers, length: number | null): Probe {
  const etag = bareEtag(headerOf(headers, 'etag'));
  const modified = new Date(headerOf(headers, 'last-modified'));
  return {
    length,
    contentType: headerOf(headers, 'content-type').toLowerCase(),
    fingerprint: {
      size: length ?? 0,
      ...(etag === undefined ? {} : { etag }),
      ...(Number.isNaN(modified.getTime()) ? {} : { modified: modified.toISOString() }),
    },
  };
}

/** Headers that make a server refuse what is not the content that was seen. Weak ETags are no good for that. */
export function pinHeaders({ etag, modified }: Fingerprint): Record<string, string> {
  if (etag !== undefined && !etag.startsWith('W/')) return { 'if-match': `"${etag}"` };
  return modified === undefined ? {} : { 'if-unmodified-since': new Date(modified).toUTCString() };
}

/** For servers that take conditions and do not look at them. @throws SourceError SOURCE_CHANGED */
export function checkPinned(headers: Headers, pin: Fingerprint, total: number | null, subject: string): void {
  const now = describeAnswer(headers, total).fingerprint;
  // one server may call the same ETag weak for a HEAD and strong for a GET
  const bare = (etag: string | undefined): string | undefined => etag?.replace(/^W\//, '');
  const [before, after] = [bare(pin.etag), bare(now.etag)];
  const other =
    // 0 is also what is said of a length that was not known
    (total !== null && pin.size !== 0 && pin.size !== total) ||
    (before !== undefined && after !== undefined && before !== after) ||
    (before === undefined && pin.modified !== undefined && now.modified !== undefined && pin.modified !== now.modified);
  if (other) throw new SourceError('SOURCE_CHANGED', `${subject} changed since it was looked at`, { subject });
}
