import { ListObjectsV2Command, type ListObjectsV2CommandOutput, type S3Client } from '@aws-sdk/client-s3';
import { describeLocation, type S3Location } from '@geosluice/jobs';
import { withDeadline } from '../deadline.ts';
import { SourceError } from '../errors.ts';
import { asS3Error } from './errors.ts';
import { bareEtag, decodeListedKey } from './keys.ts';

/** One object as a listing shows it. */
export interface Listed {
  key: string;
  /** Base name. */
  name: string;
  size: number;
  etag: string | undefined;
  modified: string | undefined;
}

export interface KeyPage {
  objects: Listed[];
  prefixes: string[];
  /** Token of the next page, null at the end. */
  token: string | null;
}

export interface KeyQuery {
  client: S3Client;
  bucket: string;
  prefix: string;
  from: { token: string } | { after: string } | undefined;
  pageSize: number;
  timeoutMs: number;
  signal: AbortSignal;
}

/** One page of one level of a bucket, with keys as they are. */
export async function listKeys(query: KeyQuery): Promise<KeyPage> {
  const { client, bucket, prefix, from } = query;
  const location: S3Location = { kind: 's3', bucket, key: prefix };
  const subject = describeLocation(location);
  const answer = await withDeadline(query.signal, query.timeoutMs, subject, async ({ signal }) => {
    try {
      return await client.send(
        new ListObjectsV2Command({
          Bucket: bucket,
          Prefix: prefix,
          Delimiter: '/',
          // XML cannot hold every character of a key
          EncodingType: 'url',
          MaxKeys: query.pageSize,
          ...(from === undefined
            ? {}
            : 'token' in from
              ? { ContinuationToken: from.token }
              : { StartAfter: from.after }),
        }),
        { abortSignal: signal },
      );
    } catch (error) {
      throw asS3Error(error, subject, 'listing');
    }
  });
  return readPage(answer, subject);
}

/** @throws SourceError SOURCE_UNREADABLE where the answer is no listing: half of one must not look like an empty prefix */
export function readPage(answer: Omit<ListObjectsV2CommandOutput, '$metadata'>, subject: string): KeyPage {
  const isListing = answer.IsTruncated !== undefined || answer.KeyCount !== undefined;
  if (!isListing || (answer.IsTruncated === true && (answer.NextContinuationToken ?? '') === '')) {
    const hint = isListing ? 'says that there is more and not how to get it' : 'is no listing';
    throw new SourceError('SOURCE_UNREADABLE', `listing ${subject}: the answer ${hint}`, {
      subject,
      counterpart: 's3',
    });
  }
  const decode = (text: string): string => decodeListedKey(text, answer.EncodingType);
  const objects: Listed[] = [];
  for (const { Key, Size, ETag, LastModified } of answer.Contents ?? []) {
    if (Key === undefined) continue;
    const key = decode(Key);
    const name = key.slice(key.lastIndexOf('/') + 1);
    objects.push({ key, name, size: Size ?? 0, etag: bareEtag(ETag), modified: LastModified?.toISOString() });
  }
  return {
    objects,
    prefixes: (answer.CommonPrefixes ?? []).flatMap(({ Prefix }) => (Prefix === undefined ? [] : [decode(Prefix)])),
    token: answer.IsTruncated === true ? (answer.NextContinuationToken ?? null) : null,
  };
}
