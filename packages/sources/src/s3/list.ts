import { describeLocation, type S3Location } from '@geosluice/jobs';
import type { S3Wire } from '@geosluice/s3-wire';
import { walkXml, XmlError } from '@geosluice/xml';
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
  wire: S3Wire;
  bucket: string;
  prefix: string;
  from: { token: string } | { after: string } | undefined;
  pageSize: number;
  timeoutMs: number;
  signal: AbortSignal;
}

/** One page of one level of a bucket, with keys as they are. */
export async function listKeys(query: KeyQuery): Promise<KeyPage> {
  const { wire, bucket, prefix, from } = query;
  const location: S3Location = { kind: 's3', bucket, key: prefix };
  const subject = describeLocation(location);
  const { body } = await withDeadline(query.signal, query.timeoutMs, subject, async ({ signal }) => {
    try {
      return await wire.request({
        ...{ method: 'GET', bucket, key: '', signal },
        query: {
          'list-type': '2',
          ...{ prefix, delimiter: '/' },
          // XML cannot hold every character of a key
          'encoding-type': 'url',
          'max-keys': `${query.pageSize}`,
          ...(from === undefined
            ? {}
            : 'token' in from
              ? { 'continuation-token': from.token }
              : { 'start-after': from.after }),
        },
      });
    } catch (error) {
      throw asS3Error(error, subject, 'listing');
    }
  });
  return readPage(body.toString(), subject);
}

/** Texts of one element's children by their names. */
type Texts = Record<string, string>;

/**
 * Reads an answer of ListObjectsV2; a listing of a million keys has a thousand of them, so no tree is made of it.
 * @throws SourceError SOURCE_UNREADABLE where the answer is no listing (half of one must not look like an empty prefix),
 *   SOURCE_CUT_SHORT where it is not whole
 */
export function readPage(document: string, subject: string): KeyPage {
  const objects: Texts[] = [];
  const prefixes: string[] = [];
  const page: Texts = {};
  let entry: Texts | null = null;
  try {
    walkXml(document, {
      open(local) {
        if (local === 'Contents' || local === 'CommonPrefixes') entry = {};
      },
      close(local, text) {
        if (entry === null) page[local] = text;
        else if (local !== 'Contents' && local !== 'CommonPrefixes') entry[local] = text;
        else {
          if (local === 'Contents') objects.push(entry);
          else if (entry.Prefix !== undefined) prefixes.push(entry.Prefix);
          entry = null;
        }
      },
    });
  } catch (cause) {
    if (!(cause instanceof XmlError)) throw cause;
    const message = `listing ${subject}: the answer could not be read to its end: ${cause.message}`;
    throw new SourceError('SOURCE_CUT_SHORT', message, { subject, cause, counterpart: 's3' });
  }
  const more = page.IsTruncated?.trim() === 'true';
  const token = page.NextContinuationToken ?? '';
  const isListing = page.IsTruncated !== undefined || page.KeyCount !== undefined;
  if (!isListing) throw unreadable(subject, 'is no listing');
  if (more && token === '') throw unreadable(subject, 'says that there is more and not how to get it');
  const decode = (text: string): string => decodeListedKey(text, page.EncodingType);
  return {
    objects: objects.flatMap((texts) => listedOf(texts, decode, subject)),
    prefixes: prefixes.map(decode),
    token: more ? token : null,
  };
}

function listedOf(
  { Key, Size = '0', ETag, LastModified }: Texts,
  decode: (text: string) => string,
  subject: string,
): Listed[] {
  if (Key === undefined) return [];
  const key = decode(Key);
  const size = Number(Size);
  if (!Number.isSafeInteger(size)) throw unreadable(subject, `says that ${key} has a size of "${Size.slice(0, 40)}"`);
  const name = key.slice(key.lastIndexOf('/') + 1);
  return [{ key, name, size, etag: bareEtag(ETag), modified: modifiedOf(LastModified) }];
}

const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** In the one form that fingerprints have, whatever fractions of seconds a server writes. */
function modifiedOf(text = ''): string | undefined {
  if (ISO.test(text)) return text;
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : new Date(time).toISOString();
}

function unreadable(subject: string, hint: string): SourceError {
  const message = `listing ${subject}: the answer ${hint}`;
  return new SourceError('SOURCE_UNREADABLE', message, { subject, counterpart: 's3' });
}
