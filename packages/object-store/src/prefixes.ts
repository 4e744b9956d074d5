import {
  DeleteObjectsCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  type MultipartUpload,
} from '@aws-sdk/client-s3';
import { hasStatus } from './classify.ts';
import { attempt, SMALL_REQUEST_MS, type StoreContext, sending, uriOf } from './context.ts';
import { trouble } from './errors.ts';
import { abortUpload, listParts } from './multipart.ts';
import { deleteObject } from './objects.ts';

/** 1,000 keys a page: far above what one dataset or one sweep has. */
const MAX_PAGES = 10_000;

/**
 * Deletes every object below a prefix, page by page. A versioned bucket keeps the old versions.
 * @param prefix must end in `/`, so that `a/b` never takes `a/bc` along
 * @returns how many objects
 */
export async function deletePrefix(
  context: StoreContext,
  bucket: string,
  prefix: string,
  signal?: AbortSignal,
): Promise<number> {
  const subject = uriOf({ bucket, key: prefix });
  if (!/[^/]\/$/.test(prefix)) throw new RangeError(`a prefix to delete ends in one /, unlike "${prefix}"`);
  return attempt(subject, signal, async () => {
    let deleted = 0;
    for await (const keys of listKeys(context, bucket, prefix, signal)) {
      await deleteKeys(context, bucket, keys, signal);
      deleted += keys.length;
    }
    return deleted;
  });
}

/** Keys below a prefix, up to 1,000 a page, in the store's own order. */
export async function* listKeys(
  context: StoreContext,
  bucket: string,
  prefix: string,
  signal?: AbortSignal,
): AsyncGenerator<string[]> {
  const subject = uriOf({ bucket, key: prefix });
  let token: string | undefined;
  do {
    const answer = await attempt(subject, signal, () =>
      context.client.send(
        new ListObjectsV2Command({
          ...{ Bucket: bucket, Prefix: prefix },
          ...(token === undefined ? {} : { ContinuationToken: token }),
        }),
        sending(signal, SMALL_REQUEST_MS),
      ),
    );
    const keys = (answer.Contents ?? []).flatMap(({ Key }) => (Key?.startsWith(prefix) === true ? [Key] : []));
    if (keys.length > 0) yield keys;
    const next = answer.IsTruncated === true ? answer.NextContinuationToken : undefined;
    if (next !== undefined && next === token) throw trouble('STORE_ERROR', 'the listing does not get on', { subject });
    token = next;
  } while (token !== undefined);
}

async function deleteKeys(context: StoreContext, bucket: string, keys: string[], signal?: AbortSignal): Promise<void> {
  const answer = await context.client
    .send(
      new DeleteObjectsCommand({ Bucket: bucket, Delete: { Quiet: true, Objects: keys.map((Key) => ({ Key })) } }),
      sending(signal, 2 * SMALL_REQUEST_MS),
    )
    .catch((error: unknown) => {
      // stores without the bulk request, or that want a checksum of their own for it
      if (hasStatus(error, 400, 405, 501)) return null;
      throw error;
    });
  if (answer === null) {
    for (const key of keys) await deleteObject(context, { bucket, key }, { signal });
    return;
  }
  const [first] = answer.Errors ?? [];
  if (first !== undefined) {
    const subject = uriOf({ bucket, key: first.Key ?? '' });
    const down = first.Code === 'AccessDenied';
    const message = `${answer.Errors?.length} objects could not be deleted, the first: ${first.Code} ${first.Message}`;
    throw trouble(down ? 'STORE_FORBIDDEN' : 'STORE_ERROR', message, { subject, down });
  }
}

/**
 * Gives back the parts of uploads below a prefix that were begun long ago, never finished, and got no part since.
 * @param olderThanMs age by the store's clock against ours: leave hours of room
 * @returns how many uploads
 */
export async function abortStale(
  context: StoreContext,
  bucket: string,
  prefix: string,
  olderThanMs: number,
  options: { now?: (() => number) | undefined; signal?: AbortSignal | undefined } = {},
): Promise<number> {
  const before = (options.now ?? Date.now)() - olderThanMs;
  const { signal } = options;
  return attempt(uriOf({ bucket, key: prefix }), signal, async () => {
    let aborted = 0;
    for await (const { Key, UploadId, Initiated } of listUploads(context, bucket, prefix, signal)) {
      if (Key === undefined || UploadId === undefined || Initiated === undefined) continue;
      if (Initiated.getTime() >= before) continue;
      const upload = { bucket, key: Key, uploadId: UploadId, checksum: 'none' as const };
      // a huge file over a slow link may be begun long ago and still be on its way
      const parts = await listParts(context, upload, signal);
      if ([...(parts?.values() ?? [])].some(({ modified }) => (modified ?? 0) >= before)) continue;
      await abortUpload(context, upload, signal);
      context.log.info({ target: uriOf({ bucket, key: Key }) }, 'Upload:Abort:Stale');
      aborted += 1;
    }
    return aborted;
  });
}

async function* listUploads(
  context: StoreContext,
  bucket: string,
  prefix: string,
  signal?: AbortSignal,
): AsyncGenerator<MultipartUpload> {
  let found = 0;
  for await (const upload of pages(context, bucket, prefix, signal)) {
    found += 1;
    yield upload;
  }
  if (found > 0 || prefix === '') return;
  // MinIO lists nothing for a prefix that is not a whole key: ask for all and choose
  for await (const upload of pages(context, bucket, '', signal)) {
    if (upload.Key?.startsWith(prefix) === true) yield upload;
  }
}

async function* pages(
  context: StoreContext,
  bucket: string,
  prefix: string,
  signal?: AbortSignal,
): AsyncGenerator<MultipartUpload> {
  let markers: { KeyMarker?: string; UploadIdMarker?: string } = {};
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const answer = await context.client.send(
      new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: prefix, ...markers }),
      sending(signal, SMALL_REQUEST_MS),
    );
    yield* answer.Uploads ?? [];
    const { NextKeyMarker, NextUploadIdMarker } = answer;
    if (answer.IsTruncated !== true || NextKeyMarker === undefined || NextKeyMarker === '') return;
    markers = { KeyMarker: NextKeyMarker, ...(NextUploadIdMarker ? { UploadIdMarker: NextUploadIdMarker } : {}) };
  }
}
