import {
  DeleteObjectCommand,
  GetObjectTaggingCommand,
  ListObjectVersionsCommand,
  PutObjectTaggingCommand,
} from '@aws-sdk/client-s3';
import { describeLocation, type Fingerprint, type S3Location } from '@geosluice/jobs';
import { withDeadline } from '../deadline.ts';
import { SourceError } from '../errors.ts';
import { address, headObject, type S3Access } from './access.ts';
import { asS3Error } from './errors.ts';
import { quotedEtag } from './keys.ts';

/**
 * Deletes an object unless it changed. In a bucket with versions that is a delete marker: taking the version away would
 * bring back the one before it. A version that came in between is uncovered again.
 */
export async function removeS3(
  access: S3Access,
  location: S3Location,
  fingerprint: Fingerprint,
  signal: AbortSignal,
): Promise<void> {
  const { versionId: _, ...current } = location;
  const here = await unchanged(access, current, fingerprint, signal);
  if (here === null) return;
  const marker = await call(access, current, 'deleting', signal, async (abortSignal) => {
    const client = access.clientFor(current.bucket);
    const target = { Bucket: current.bucket, Key: current.key };
    try {
      const { etag } = fingerprint;
      const condition = etag === undefined ? {} : { IfMatch: quotedEtag(etag) };
      return await client.send(new DeleteObjectCommand({ ...target, ...condition }), { abortSignal });
    } catch (error) {
      // stores that know no condition on a DELETE; the HEAD above has to do
      if ((error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode !== 501) throw error;
      return await client.send(new DeleteObjectCommand(target), { abortSignal });
    }
  });
  if (marker.DeleteMarker === true && marker.VersionId !== undefined && here.versionId !== undefined) {
    await uncoverNewer(access, current, here.versionId, marker.VersionId, signal);
  }
}

async function uncoverNewer(
  access: S3Access,
  location: S3Location,
  ours: string,
  marker: string,
  signal: AbortSignal,
): Promise<void> {
  const newest = await call(access, location, 'listing versions of', signal, async (abortSignal) => {
    const { Versions } = await access
      .clientFor(location.bucket)
      .send(new ListObjectVersionsCommand({ Bucket: location.bucket, Prefix: location.key, MaxKeys: 100 }), {
        abortSignal,
      });
    return Versions?.[0];
  });
  // other keys with the same prefix sort after this one
  if (newest?.VersionId === undefined || newest.VersionId === ours || newest.Key !== location.key) return;
  await call(access, location, 'uncovering', signal, (abortSignal) =>
    access
      .clientFor(location.bucket)
      .send(new DeleteObjectCommand({ ...address(location), VersionId: marker }), { abortSignal }),
  );
  throw changed(location);
}

/** Adds tags to those an object has, unless it changed. */
export async function tagS3(
  access: S3Access,
  location: S3Location,
  fingerprint: Fingerprint,
  tags: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<void> {
  const { versionId: _, ...current } = location;
  const here = await unchanged(access, current, fingerprint, signal);
  if (here === null) {
    const subject = describeLocation(location);
    throw new SourceError('SOURCE_GONE', `${subject} is gone; it cannot be tagged`, { subject, counterpart: 's3' });
  }
  await call(access, here, 'tagging', signal, async (abortSignal) => {
    const client = access.clientFor(here.bucket);
    const { TagSet = [] } = await client.send(new GetObjectTaggingCommand(address(here)), { abortSignal });
    const kept = TagSet.filter(({ Key }) => Key === undefined || !Object.hasOwn(tags, Key));
    const added = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
    const Tagging = { TagSet: [...kept, ...added] };
    await client.send(new PutObjectTaggingCommand({ ...address(here), Tagging }), { abortSignal });
  });
}

/** Where the object is now; null where it is gone. @throws SourceError SOURCE_CHANGED */
async function unchanged(
  access: S3Access,
  location: S3Location,
  fingerprint: Fingerprint,
  signal: AbortSignal,
): Promise<S3Location | null> {
  try {
    const head = await headObject(access, location, signal);
    const same =
      head.fingerprint.size === fingerprint.size &&
      (fingerprint.etag === undefined || head.fingerprint.etag === fingerprint.etag);
    if (!same) throw changed(location);
    return head.location;
  } catch (error) {
    if (error instanceof SourceError && error.code === 'SOURCE_GONE') return null;
    throw error;
  }
}

function changed(location: S3Location): SourceError {
  const subject = describeLocation(location);
  return new SourceError('SOURCE_CHANGED', `${subject} changed since it was read; it is left alone`, {
    subject,
    counterpart: 's3',
  });
}

function call<T>(
  access: S3Access,
  location: S3Location,
  doing: string,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const subject = describeLocation(location);
  return withDeadline(signal, access.timeoutMs, subject, async (deadline) => {
    try {
      return await work(deadline.signal);
    } catch (error) {
      throw asS3Error(error, subject, doing);
    }
  });
}
