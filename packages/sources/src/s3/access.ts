import { GetObjectCommand, type GetObjectCommandOutput, HeadObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { describeLocation, type Fingerprint, type S3Location } from '@geosluice/jobs';
import type { S3Wire } from '@geosluice/s3-wire';
import type { Body } from '../body.ts';
import { withDeadline } from '../deadline.ts';
import { SourceError } from '../errors.ts';
import { asS3Error } from './errors.ts';
import { bareEtag, quotedEtag } from './keys.ts';

/** What every call of the adapter needs. */
export interface S3Access {
  clientFor(bucket: string): S3Client;
  /** The way of ranges and listings to that bucket. */
  wireFor(bucket: string): S3Wire;
  /** Milliseconds without a sign of life before a call is given up. */
  timeoutMs: number;
}

export interface Head {
  /** With the version where the bucket keeps versions. */
  location: S3Location;
  fingerprint: Fingerprint;
}

/** @throws SourceError SOURCE_GONE, SOURCE_FORBIDDEN; SOURCE_ARCHIVED where the object cannot be read as it lies */
export async function headObject(access: S3Access, location: S3Location, signal: AbortSignal): Promise<Head> {
  const subject = describeLocation(location);
  const head = await withDeadline(signal, access.timeoutMs, subject, async (deadline) => {
    try {
      return await access
        .clientFor(location.bucket)
        .send(new HeadObjectCommand(address(location)), { abortSignal: deadline.signal });
    } catch (error) {
      throw asS3Error(error, subject, 'looking at');
    }
  });
  if (isArchived(head)) {
    throw new SourceError('SOURCE_ARCHIVED', `${subject} lies in the archive tier ${head.StorageClass}; restore it`, {
      subject,
      counterpart: 's3',
    });
  }
  const { VersionId } = head;
  return {
    // 'null' names what was there before the bucket kept versions
    location: VersionId === undefined || VersionId === 'null' ? location : { ...location, versionId: VersionId },
    fingerprint: fingerprintOf(head.ContentLength ?? 0, head.ETag, head.LastModified),
  };
}

function isArchived(head: {
  StorageClass?: string | undefined;
  ArchiveStatus?: string | undefined;
  Restore?: string | undefined;
}): boolean {
  if (head.ArchiveStatus !== undefined) return true;
  if (head.StorageClass !== 'GLACIER' && head.StorageClass !== 'DEEP_ARCHIVE') return false;
  return head.Restore?.includes('ongoing-request="false"') !== true;
}

export function fingerprintOf(size: number, etag: string | undefined, modified: Date | undefined): Fingerprint {
  const bare = bareEtag(etag);
  return {
    size,
    ...(bare === undefined ? {} : { etag: bare }),
    ...(modified === undefined ? {} : { modified: modified.toISOString() }),
  };
}

export function address({ bucket, key, versionId }: S3Location): { Bucket: string; Key: string; VersionId?: string } {
  return { Bucket: bucket, Key: key, ...(versionId === undefined ? {} : { VersionId: versionId }) };
}

export type Got = Omit<GetObjectCommandOutput, 'Body'> & { Body: Body };

/** A GET, pinned to a fingerprint where one is given. The body is the caller's to read or discard. */
export async function getObject(
  access: S3Access,
  location: S3Location,
  pin: Fingerprint | undefined,
  range: { first: number; last: number } | undefined,
  signal: AbortSignal,
): Promise<Got> {
  const subject = describeLocation(location);
  const command = new GetObjectCommand({
    ...address(location),
    ...(pin?.etag === undefined ? {} : { IfMatch: quotedEtag(pin.etag) }),
    ...(range === undefined ? {} : { Range: `bytes=${range.first}-${range.last}` }),
  });
  let answer: GetObjectCommandOutput;
  try {
    answer = await access.clientFor(location.bucket).send(command, { abortSignal: signal });
  } catch (error) {
    throw asS3Error(error, subject, 'reading');
  }
  const { Body: body } = answer;
  if (body === undefined) {
    throw new SourceError('SOURCE_CUT_SHORT', `${subject} came without a body`, { subject, counterpart: 's3' });
  }
  return { ...answer, Body: body as unknown as Body };
}
