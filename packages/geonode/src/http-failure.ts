import { errors } from 'undici';
import { GeonodeError } from './errors.ts';

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

/** What a connection that gave no whole answer means; what is no failure of the connection is given back as it is. */
export function connectionError(error: unknown, url: string): unknown {
  if (error instanceof GeonodeError) return error;
  for (let cause: unknown = error, depth = 0; cause instanceof Error && depth < 5; cause = cause.cause, depth += 1) {
    const code = 'code' in cause ? String(cause.code) : '';
    if (REFUSED.has(code))
      return new GeonodeError('GEONODE_DOWN', `GeoNode cannot be reached at ${url}`, { cause: error, down: true });
    if (TIMED_OUT.has(code) || cause.name === 'TimeoutError')
      return new GeonodeError('GEONODE_TIMEOUT', `GeoNode gave no answer in time at ${url}`, { cause: error });
    if (DROPPED.has(code) || cause instanceof errors.HTTPParserError)
      return new GeonodeError('GEONODE_DROPPED', `GeoNode broke the connection at ${url}`, { cause: error });
    if (cause instanceof AggregateError && cause.errors.length > 0) return connectionError(cause.errors[0], url);
  }
  return error;
}

/** What a status other than 200 means. `retryAfterMs` comes from the header. */
export function statusError(status: number, url: string, detail: string, retryAfterMs?: number): GeonodeError {
  const details = { subject: url, retryAfterMs };
  const said = `GeoNode answers ${status} at ${url}${detail === '' ? '' : `: ${detail}`}`;
  if (status === 401 || status === 403)
    return new GeonodeError('GEONODE_UNAUTHORIZED', `${said}. The user must be a member of its staff.`, {
      ...details,
      down: true,
    });
  if (status === 404)
    return new GeonodeError('GEONODE_NO_APP', `${said}. Is geosluice_geonode installed there?`, {
      ...details,
      down: true,
    });
  // 405 is what a GeoNode in read-only mode answers to any POST
  if (status === 405 || status === 503) return new GeonodeError('GEONODE_DOWN', said, { ...details, down: true });
  // a proxy's words: what is behind it broke off, or was silent
  if (status === 502) return new GeonodeError('GEONODE_DROPPED', said, { ...details, down: true });
  if (status === 504) return new GeonodeError('GEONODE_TIMEOUT', said, { ...details, down: true });
  if (status === 429) return new GeonodeError('GEONODE_BUSY', said, details);
  if (status === 413)
    return new GeonodeError(
      'GEONODE_REFUSED',
      `${said}. Its document, with the sidecar, is larger than the proxy allows.`,
      {
        ...details,
        field: 'sidecar',
      },
    );
  if (status >= 500) return new GeonodeError('GEONODE_ERROR', said, details);
  return new GeonodeError('GEONODE_ANSWER', said, details);
}
