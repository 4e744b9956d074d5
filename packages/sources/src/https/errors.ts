import { GeosluiceError } from '@geosluice/jobs';
import { SourceError } from '../errors.ts';
import { retryAfterOf } from '../retry-after.ts';

/** Says what a connection that failed means. */
export function asWebError(error: unknown, subject: string, doing: string): unknown {
  if (error instanceof GeosluiceError) return error;
  // a guarded lookup's verdict may come wrapped
  if (error instanceof Error && error.cause instanceof GeosluiceError) return error.cause;
  const { code = '', name = '' } = (error ?? {}) as { code?: string; name?: string };
  const details = { subject, cause: error };
  if (/TIMEOUT|ETIMEDOUT/.test(code)) {
    return new SourceError('SOURCE_TIMEOUT', `${doing} ${subject}: no answer in time (${code})`, details);
  }
  if (/^(ECONNRESET|UND_ERR_SOCKET|UND_ERR_RES_CONTENT_LENGTH_MISMATCH|ERR_STREAM_PREMATURE_CLOSE)$/.test(code)) {
    return new SourceError('SOURCE_CUT_SHORT', `${doing} ${subject}: the connection ended early (${code})`, details);
  }
  if (code === 'UND_ERR_HEADERS_OVERFLOW' || code.startsWith('HPE_')) {
    return new SourceError('SOURCE_UNREADABLE', `${doing} ${subject}: this is not HTTP (${code})`, details);
  }
  return new SourceError('SOURCE_AWAY', `${doing} ${subject}: no connection (${code === '' ? name : code})`, details);
}

/** Says what a status means; null where it is a success. */
export function statusError(
  status: number,
  headers: Readonly<Record<string, string | string[] | undefined>>,
  subject: string,
  doing: string,
): SourceError | null {
  if (status >= 200 && status < 300) return null;
  const told = (hint: string): string => `${doing} ${subject}: ${hint} (${status})`;
  if (status === 404 || status === 410) return new SourceError('SOURCE_GONE', told('it is not there'), { subject });
  if (status === 401 || status === 403 || status === 407) {
    return new SourceError('SOURCE_FORBIDDEN', told('the server refuses it'), { subject });
  }
  if (status === 412 || status === 416) {
    return new SourceError('SOURCE_CHANGED', told('it changed since it was looked at'), { subject });
  }
  if (status === 408 || status === 425 || status === 429 || status >= 500) {
    const header = headers['retry-after'];
    const retryAfterMs = retryAfterOf(typeof header === 'string' ? header : undefined);
    return new SourceError('SOURCE_BUSY', told('the server cannot answer now'), { subject, retryAfterMs });
  }
  return new SourceError('SOURCE_UNREADABLE', told('the server refuses the request'), { subject });
}
