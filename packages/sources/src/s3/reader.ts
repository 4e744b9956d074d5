import { describeLocation, type Fingerprint, type RangeReader, type S3Location } from '@geosluice/jobs';
import { discard, fill } from '../body.ts';
import { eitherSignal, withDeadline } from '../deadline.ts';
import { SourceError } from '../errors.ts';
import { checkRange, readContentRange } from '../range.ts';
import { getObject, type S3Access } from './access.ts';
import { asS3BodyError } from './errors.ts';
import { bareEtag } from './keys.ts';

/** Reads ranges of one content of one object: If-Match on every request, and what comes back is compared as well. */
export function openS3(
  access: S3Access,
  location: S3Location,
  fingerprint: Fingerprint,
  opened: AbortSignal,
): RangeReader {
  const subject = describeLocation(location);
  const { size, etag } = fingerprint;
  return {
    size,
    async readInto(offset, target, signal) {
      if (checkRange(offset, target.byteLength, size, subject) === 0) return;
      const last = offset + target.byteLength - 1;
      const either = eitherSignal(opened, signal);
      try {
        await withDeadline(either.signal, access.timeoutMs, subject, async (deadline) => {
          const answer = await getObject(access, location, fingerprint, { first: offset, last }, deadline.signal);
          // for stores that take the condition and do not look at it
          const other = etag !== undefined && answer.ETag !== undefined && bareEtag(answer.ETag) !== etag;
          const range = readContentRange(answer.ContentRange);
          if (other || (range !== null && range.total !== size)) {
            discard(answer.Body);
            throw new SourceError('SOURCE_CHANGED', `${subject} changed while it was read`, {
              subject,
              counterpart: 's3',
            });
          }
          if (range === null ? size !== target.byteLength : range.first !== offset || range.last !== last) {
            discard(answer.Body);
            const message = `${subject} answered another range than the one asked for`;
            throw new SourceError('SOURCE_NOT_RANGED', message, { subject, counterpart: 's3' });
          }
          deadline.extend();
          try {
            await fill(answer.Body, target, deadline, subject);
          } catch (error) {
            throw asS3BodyError(error, subject);
          }
        });
      } finally {
        either.release();
      }
    },
  };
}
