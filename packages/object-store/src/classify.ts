import { GeosluiceError } from '@geosluice/jobs';
import { WireError } from '@geosluice/s3-wire';
import { refusal, type StoreTrouble, trouble } from './errors.ts';

/** What of an SDK error matters here. */
export interface StoreFault {
  /** The store's code (`NoSuchUpload`), the SDK's name (`TimeoutError`) or the system's (`ECONNREFUSED`). */
  name: string;
  /** HTTP status; 0 where there was no answer. */
  status: number;
  message: string;
  retryAfterMs: number | undefined;
}

const UNREACHABLE = new Set(
  [
    'ECONNREFUSED ENOTFOUND EAI_AGAIN EHOSTUNREACH ENETUNREACH EHOSTDOWN CERT_HAS_EXPIRED DEPTH_ZERO_SELF_SIGNED_CERT',
    'SELF_SIGNED_CERT_IN_CHAIN UNABLE_TO_VERIFY_LEAF_SIGNATURE UNABLE_TO_GET_ISSUER_CERT_LOCALLY ERR_TLS_CERT_ALTNAME_INVALID',
  ]
    .join(' ')
    .split(' '),
);
const BROKEN = new Set('ECONNRESET EPIPE ETIMEDOUT ECONNABORTED TimeoutError ERR_STREAM_PREMATURE_CLOSE'.split(' '));
const BUSY = new Set(
  'SlowDown SlowDownRead SlowDownWrite Throttling ThrottlingException RequestLimitExceeded TooManyRequests'.split(' '),
);
const CREDENTIALS = new Set(
  [
    'InvalidAccessKeyId SignatureDoesNotMatch ExpiredToken InvalidToken TokenRefreshRequired InvalidSecurity',
    'AuthorizationHeaderMalformed XAdminUserNotFound CredentialsProviderError CredentialsError NotSignedUp AccountProblem',
  ]
    .join(' ')
    .split(' '),
);
const FULL = new Set('QuotaExceeded XMinioStorageFull InsufficientStorage XMinioAdminBucketQuotaExceeded'.split(' '));
const BUCKET = new Set(
  'NoSuchBucket PermanentRedirect IllegalLocationConstraintException InvalidBucketName'.split(' '),
);
// the object itself is what the store will never take
const REFUSED = new Set(
  [
    'EntityTooLarge KeyTooLongError InvalidObjectName XMinioInvalidObjectName XMinioObjectExistsAsDirectory',
    'XMinioParentIsObject ObjectParentIsFile ExistingObjectIsDirectory InvalidTag MetadataTooLarge MethodNotAllowed',
  ]
    .join(' ')
    .split(' '),
);

/** Reads an error of the SDK, of the wire or of Node; null for what is neither (a bug). */
export function readFault(error: unknown): StoreFault | null {
  if (!(error instanceof Error)) return null;
  const raw = error as Error & {
    code?: unknown;
    Code?: unknown;
    $metadata?: { httpStatusCode?: number };
    $response?: { statusCode?: number; headers?: Record<string, string> };
  };
  const status = raw.$metadata?.httpStatusCode ?? raw.$response?.statusCode ?? 0;
  const system = typeof raw.code === 'string' ? raw.code : undefined;
  const known = system !== undefined && (UNREACHABLE.has(system) || BROKEN.has(system));
  const name = known ? system : typeof raw.Code === 'string' ? raw.Code : raw.name;
  const answered = error instanceof WireError || raw.$metadata?.httpStatusCode !== undefined;
  if (
    !known &&
    !answered &&
    status === 0 &&
    !BROKEN.has(name) &&
    !CREDENTIALS.has(name) &&
    !/hang up/.test(raw.message)
  ) {
    return null;
  }
  const retryAfter = Number(raw.$response?.headers?.['retry-after']);
  return {
    name,
    status,
    message: raw.message,
    retryAfterMs: Number.isFinite(retryAfter) && retryAfter > 0 ? Math.min(retryAfter, 3600) * 1000 : undefined,
  };
}

/**
 * What an error of the store means. A store that is away or misconfigured (credentials, bucket, rights, room) is down: the
 * queue is held and nothing is lost. Only what is wrong with this very object is a rejection.
 * @returns one of ours, or the error as it is where it is a bug
 */
export function classify(error: unknown, subject: string): unknown {
  if (error instanceof GeosluiceError) return error;
  const fault = readFault(error);
  if (fault === null) return error;
  const { name, status } = fault;
  const because = fault.message === '' || fault.message === 'UnknownError' ? name : `${name}: ${fault.message}`;
  const retry = (code: StoreTrouble, sentence: string, down = false) =>
    trouble(code, `${sentence} (${because})`, { subject, cause: error, down, retryAfterMs: fault.retryAfterMs });

  if (UNREACHABLE.has(name)) return retry('STORE_UNREACHABLE', 'the object store cannot be reached', true);
  if (name === 'RequestTimeTooSkewed') {
    const advice = 'this machine’s clock differs from the object store’s by more than 15 minutes: set both by NTP';
    return retry('STORE_CLOCK', advice, true);
  }
  if (CREDENTIALS.has(name))
    return retry('STORE_CREDENTIALS', 'the object store does not accept the credentials', true);
  if (BUCKET.has(name))
    return retry('STORE_BUCKET', 'the bucket does not exist there: check its name and region', true);
  if (FULL.has(name) || status === 507) return retry('STORE_FULL', 'the object store has no room left', true);
  if (name === 'InvalidObjectState') {
    return refusal('SOURCE_ARCHIVED', `the object lies in an archive tier (${because})`, { subject, cause: error });
  }
  if (status === 403) return retry('STORE_FORBIDDEN', 'the credentials may not do this: grant access', true);
  if (BUSY.has(name) || status === 429) return retry('STORE_BUSY', 'the object store asks to slow down');
  if (status === 503) return retry('STORE_UNAVAILABLE', 'the object store is not available', true);
  if (REFUSED.has(name) || status === 413) {
    return refusal('STORE_REFUSED', `the object store refuses the object (${because})`, { subject, cause: error });
  }
  if (name === 'BadDigest' || name === 'XAmzContentChecksumMismatch') {
    return retry('UPLOAD_CORRUPTED', 'what arrived differs from what was sent');
  }
  if (name === 'NoSuchUpload') return retry('UPLOAD_VANISHED', 'the store does not know the upload any more');
  if (status === 404) return retry('OBJECT_MISSING', 'there is no such object');
  if (status === 412 || status === 416) return retry('OBJECT_CHANGED', 'the object is not the expected one');
  return retry('STORE_ERROR', 'the object store failed');
}

/** True where the store does not know a header or parameter that S3 knows. */
export function isUnsupported(error: unknown): boolean {
  const fault = readFault(error);
  if (fault === null) return false;
  if (fault.status === 501 || fault.name === 'NotImplemented') return true;
  return fault.status === 400 && ['InvalidArgument', 'InvalidRequest', 'UnsupportedArgument'].includes(fault.name);
}

export function hasStatus(error: unknown, ...statuses: number[]): boolean {
  return statuses.includes(readFault(error)?.status ?? -1);
}

/** True where a connection broke before an answer was read. */
export function isCut(error: unknown): boolean {
  const fault = readFault(error);
  return fault?.status === 0 && ['ECONNRESET', 'EPIPE', 'ECONNABORTED'].includes(fault.name);
}
