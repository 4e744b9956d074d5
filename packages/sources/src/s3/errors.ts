import { GeosluiceError } from '@geosluice/jobs';
import { SourceError, type SourceErrorCode } from '../errors.ts';
import { retryAfterOf } from '../retry-after.ts';

const CREDENTIALS = new Set([
  'AuthorizationHeaderMalformed',
  'CredentialsProviderError',
  'ExpiredToken',
  'ExpiredTokenException',
  'InvalidAccessKeyId',
  'InvalidClientTokenId',
  'InvalidToken',
  'SignatureDoesNotMatch',
  'TokenRefreshRequired',
  // versitygw, with status 404
  'XAdminUserNotFound',
]);
const NETWORK =
  /^(ECONN|ENOTFOUND|EAI_|EPIPE|EHOST|ENET|ETIMEDOUT|UND_ERR|CERT_|DEPTH_|UNABLE_|SELF_SIGNED|ERR_TLS)|^(TimeoutError|NetworkingError|AbortError)$/;

interface Raw {
  name?: string;
  code?: string;
  Code?: string;
  message?: string;
  $metadata?: { httpStatusCode?: number };
  $response?: { headers?: Record<string, string> };
  cause?: unknown;
}

/** Says what an error of the AWS SDK means, by the server's own code first and the status second. */
export function asS3Error(error: unknown, subject: string, doing: string): unknown {
  if (error instanceof GeosluiceError) return error;
  const raw = (error ?? {}) as Raw;
  const status = raw.$metadata?.httpStatusCode;
  // a HEAD has no body: its name is then NotFound, Unknown or the status
  const name = raw.Code ?? raw.name ?? 'Error';
  const { code, hint } = classify(name, status, raw.code);
  const told = raw.message === undefined || /^(Unknown|UnknownError)$/.test(raw.message) ? '' : `: ${raw.message}`;
  return new SourceError(
    code,
    `${doing} ${subject}: ${hint} (${name}${status === undefined ? '' : ` ${status}`}${told})`,
    {
      subject,
      cause: error,
      counterpart: 's3',
      down: code === 'SOURCE_AWAY' || code === 'SOURCE_CREDENTIALS' || code === 'SOURCE_CLOCK_SKEW',
      retryAfterMs: retryAfterOf(raw.$response?.headers?.['retry-after']),
    },
  );
}

/** What an error in the middle of a body means: the server answered, so it is not away. */
export function asS3BodyError(error: unknown, subject: string): unknown {
  const meant = asS3Error(error, subject, 'reading');
  if (!(meant instanceof SourceError) || meant.code !== 'SOURCE_AWAY') return meant;
  const { code = 'Error' } = (error ?? {}) as Raw;
  const message = `reading ${subject}: the connection ended early (${code})`;
  return new SourceError('SOURCE_CUT_SHORT', message, { subject, cause: error, counterpart: 's3' });
}

function classify(
  name: string,
  status: number | undefined,
  system: string | undefined,
): { code: SourceErrorCode; hint: string } {
  if (name === 'RequestTimeTooSkewed') {
    const hint = 'RequestTimeTooSkewed: the clocks of this machine and of S3 differ too much; set them by NTP';
    return { code: 'SOURCE_CLOCK_SKEW', hint };
  }
  if (CREDENTIALS.has(name)) {
    return { code: 'SOURCE_CREDENTIALS', hint: 'S3 does not accept the credentials; check the keys and their expiry' };
  }
  if (name === 'InvalidObjectState') {
    return { code: 'SOURCE_ARCHIVED', hint: 'the object lies in an archive tier; restore it' };
  }
  if (name === 'NoSuchBucket') return { code: 'SOURCE_GONE', hint: 'there is no such bucket' };
  if (status === 404 || status === 410 || name === 'NoSuchKey' || name === 'NoSuchVersion') {
    return { code: 'SOURCE_GONE', hint: 'the object is not there' };
  }
  // a delete marker
  if (status === 405) return { code: 'SOURCE_GONE', hint: 'the object was deleted' };
  if (status === 401 || status === 403) {
    return { code: 'SOURCE_FORBIDDEN', hint: 'access is denied; grant s3:ListBucket and s3:GetObject' };
  }
  if (status === 412 || status === 416) return { code: 'SOURCE_CHANGED', hint: 'the object changed meanwhile' };
  if (status === 429 || status === 409 || (status !== undefined && status >= 500 && status !== 501)) {
    return { code: 'SOURCE_BUSY', hint: 'S3 cannot answer now' };
  }
  if (status === 301 || status === 307) {
    return { code: 'SOURCE_UNREADABLE', hint: 'the bucket is in another region or behind another endpoint' };
  }
  if (status !== undefined && status >= 300) return { code: 'SOURCE_UNREADABLE', hint: 'S3 refuses the request' };
  if (NETWORK.test(system ?? '') || NETWORK.test(name)) return { code: 'SOURCE_AWAY', hint: 'S3 does not answer' };
  return { code: 'SOURCE_CUT_SHORT', hint: 'the answer could not be read to its end' };
}
