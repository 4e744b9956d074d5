import { describeLocation, type Fingerprint, type RangeReader, type S3Location } from '@geosluice/jobs';
import { type Answer, crc32OfAnswer, WireError, type WireRequest } from '@geosluice/s3-wire';
import { eitherSignal } from '../deadline.ts';
import { SourceError } from '../errors.ts';
import { checkRange, readContentRange } from '../range.ts';
import type { S3Access } from './access.ts';
import { asS3BodyError, asS3Error } from './errors.ts';
import { bareEtag, quotedEtag } from './keys.ts';

/**
 * Reads ranges of one content of one object, straight into the buffers they are wanted in: If-Match on every request, and what
 * comes back is compared as well.
 */
export function openS3(
  access: S3Access,
  location: S3Location,
  fingerprint: Fingerprint,
  opened: AbortSignal,
): RangeReader {
  const subject = describeLocation(location);
  const { size, etag } = fingerprint;
  const { bucket, key, versionId } = location;

  const ask = async (
    request: Pick<WireRequest, 'method' | 'into' | 'headers'>,
    signal?: AbortSignal,
  ): Promise<Answer> => {
    const either = eitherSignal(opened, signal);
    try {
      return await access.wireFor(bucket).request({
        ...{ ...request, bucket, key, signal: either.signal },
        query: versionId === undefined ? {} : { versionId },
        headers: {
          'x-amz-checksum-mode': 'ENABLED',
          ...(etag === undefined ? {} : { 'if-match': quotedEtag(etag) }),
          ...request.headers,
        },
      });
    } catch (error) {
      if (either.signal.aborted) throw either.signal.reason;
      throw asReadingError(error, subject, request.headers?.range !== undefined);
    } finally {
      either.release();
    }
  };

  /** What came along with the whole object, so that nobody need ask again. */
  let vouched: number | null | undefined;

  return {
    size,
    async readInto(offset, target, signal) {
      if (checkRange(offset, target.byteLength, size, subject) === 0) return;
      const last = offset + target.byteLength - 1;
      const whole = target.byteLength === size;
      const { headers } = await ask(
        { method: 'GET', into: target, headers: whole ? {} : { range: `bytes=${offset}-${last}` } },
        signal,
      );
      // for stores that take the condition and do not look at it
      const other = etag !== undefined && headers.etag !== undefined && bareEtag(headers.etag) !== etag;
      const range = readContentRange(headers['content-range']);
      if (other || (range !== null && range.total !== size)) {
        const message = `${subject} changed while it was read`;
        throw new SourceError('SOURCE_CHANGED', message, { subject, counterpart: 's3' });
      }
      if (range === null ? size !== target.byteLength : range.first !== offset || range.last !== last) {
        throw notRanged(subject);
      }
      if (whole) vouched = crc32OfAnswer(headers);
    },
    async crc32(signal) {
      return vouched === undefined ? crc32OfAnswer((await ask({ method: 'HEAD' }, signal)).headers) : vouched;
    },
  };
}

function notRanged(subject: string, cause?: unknown): SourceError {
  const message = `${subject} answered another range than the one asked for`;
  return new SourceError('SOURCE_NOT_RANGED', message, { subject, counterpart: 's3', cause });
}

function asReadingError(error: unknown, subject: string, ranged: boolean): unknown {
  if (!(error instanceof Error)) return error;
  const { code } = error as { code?: string };
  if (error.name === 'TimeoutError') {
    const message = `reading ${subject}: ${error.message}`;
    return new SourceError('SOURCE_TIMEOUT', message, { subject, cause: error, counterpart: 's3' });
  }
  // 200: the whole object in place of a range
  if (error instanceof WireError && code === 'ERR_ANSWER' && ranged && error.status === 200)
    return notRanged(subject, error);
  // the server had answered: it is not away
  if (code === 'ECONNRESET' || code === 'ERR_ANSWER') return asS3BodyError(error, subject);
  return asS3Error(error, subject, 'reading');
}
