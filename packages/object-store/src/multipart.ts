import { AbortMultipartUploadCommand, ListPartsCommand } from '@aws-sdk/client-s3';
import { CRC32_HEADER, crc32FromBase64, crc32ToBase64, escapeText, textIn } from '@geosluice/s3-wire';
import { isUnsupported, readFault } from './classify.ts';
import {
  attempt,
  bareEtag,
  type ObjectLocation,
  quotedEtag,
  SMALL_REQUEST_MS,
  type StoreContext,
  sending,
  uriOf,
} from './context.ts';
import { trouble } from './errors.ts';
import { metadataHeaders } from './objects.ts';
import type { ListedPart } from './plan.ts';

const TYPE_HEADER = 'x-amz-checksum-type';

/**
 * What the store checks at completion: `full` the CRC-32 of the whole object, `parts` that of each part, `none` nothing
 * (it does not know checksums, or the parts are copied inside of it).
 */
export type UploadChecksum = 'full' | 'parts' | 'none';

export interface OpenUpload extends ObjectLocation {
  uploadId: string;
  checksum: UploadChecksum;
}

/** A part that is in the store, ready for completion. */
export interface FinishedPart {
  number: number;
  etag: string;
  crc32: number | null;
  length: number;
}

/** Begins a multipart upload, with as much checking as the store knows. */
export async function createUpload(
  context: StoreContext,
  target: ObjectLocation,
  attributes: { contentType: string; metadata: Record<string, string> },
  wanted: UploadChecksum,
  signal?: AbortSignal,
): Promise<OpenUpload> {
  const create = (checksum: UploadChecksum) =>
    context.wire.request({
      ...{ method: 'POST', bucket: target.bucket, key: target.key, query: { uploads: '' } },
      headers: {
        'content-type': attributes.contentType,
        ...metadataHeaders(attributes.metadata),
        ...(checksum === 'none' ? {} : { 'x-amz-checksum-algorithm': 'CRC32' }),
        ...(checksum === 'full' ? { [TYPE_HEADER]: 'FULL_OBJECT' } : {}),
      },
      ...{ answerMs: SMALL_REQUEST_MS, signal },
    });
  return attempt(uriOf(target), signal, async () => {
    const answer = await create(wanted).catch((error: unknown) => {
      if (wanted === 'none' || !isUnsupported(error)) throw error;
      return create('none');
    });
    const uploadId = textIn(answer.body.toString(), 'UploadId');
    if (uploadId === null) throw trouble('STORE_ERROR', 'the store gave no UploadId', { subject: uriOf(target) });
    const { [TYPE_HEADER]: type, 'x-amz-checksum-algorithm': algorithm } = answer.headers;
    const checksum = type === 'FULL_OBJECT' ? 'full' : algorithm === 'CRC32' ? 'parts' : 'none';
    return { ...target, uploadId, checksum: wanted === 'none' ? 'none' : checksum };
  });
}

/** Pages of 1,000 parts, with room for stores that page smaller. */
const MAX_PAGES = 200;
const PAGE = 1_000;

export interface ListWindow {
  /** Only parts with higher numbers; 0 where absent. */
  after?: number | undefined;
  /** Only parts up to this number. */
  until?: number | undefined;
  /** Ask for so few at first: what is looked for is likely among them. */
  firstPage?: number | undefined;
  /** Stop where a number is missing. */
  gapless?: boolean | undefined;
}

/** What the store has of an upload; null where it does not know the upload any more. */
export async function listParts(
  context: StoreContext,
  upload: OpenUpload,
  signal?: AbortSignal,
  window: ListWindow = {},
): Promise<Map<number, ListedPart> | null> {
  const { after = 0, until = Number.POSITIVE_INFINITY, firstPage = PAGE, gapless = false } = window;
  return attempt(uriOf(upload), signal, async () => {
    const parts = new Map<number, ListedPart>();
    let marker = after;
    for (let page = 0; page < MAX_PAGES; page += 1) {
      const MaxParts = Math.min(PAGE, until - marker, page === 0 ? firstPage : PAGE);
      const answer = await context.client
        .send(
          new ListPartsCommand({
            ...ids(upload),
            MaxParts,
            ...(marker === 0 ? {} : { PartNumberMarker: `${marker}` }),
          }),
          sending(signal, SMALL_REQUEST_MS),
        )
        .catch((error: unknown) => {
          if (isVanished(error)) return null;
          throw error;
        });
      if (answer === null) return null;
      let last = marker;
      for (const part of answer.Parts ?? []) {
        const number = part.PartNumber ?? 0;
        last = Math.max(last, number);
        const crc32 = crc32FromBase64(part.ChecksumCRC32);
        const modified = part.LastModified?.getTime() ?? null;
        if (number > until) continue;
        parts.set(number, { number, size: part.Size ?? -1, etag: bareEtag(part.ETag), crc32, modified });
      }
      if (answer.IsTruncated !== true || last === marker || last >= until) return parts;
      if (gapless && parts.size < last - after) return parts;
      marker = last;
    }
    throw trouble('STORE_ERROR', 'the list of parts does not end', { subject: uriOf(upload) });
  });
}

/** Joins the parts into an object. Throws the wire's errors. */
export async function completeUpload(
  context: StoreContext,
  upload: OpenUpload,
  parts: readonly FinishedPart[],
  whole: { size: number; crc32: number | null },
  options: { ifNoneMatch: boolean; bare?: boolean; signal?: AbortSignal | undefined },
): Promise<void> {
  const full = upload.checksum === 'full' && whole.crc32 !== null;
  const conditions = {
    'x-amz-mp-object-size': `${whole.size}`,
    ...(options.ifNoneMatch ? { 'if-none-match': '*' } : {}),
    ...(full ? { [TYPE_HEADER]: 'FULL_OBJECT', [CRC32_HEADER]: crc32ToBase64(whole.crc32 ?? 0) } : {}),
  };
  await context.wire.request({
    ...{ method: 'POST', bucket: upload.bucket, key: upload.key, query: { uploadId: upload.uploadId } },
    headers: { 'content-type': 'application/xml', ...(options.bare === true ? {} : conditions) },
    body: Buffer.from(documentOf(parts, upload.checksum !== 'none')),
    ...{ answerMs: context.completeMs, signal: options.signal },
  });
}

/** What CompleteMultipartUpload is told of the parts. */
function documentOf(parts: readonly FinishedPart[], withChecksums: boolean): string {
  const lines = parts.map(({ number, etag, crc32 }) => {
    const checksum = withChecksums && crc32 !== null ? `<ChecksumCRC32>${crc32ToBase64(crc32)}</ChecksumCRC32>` : '';
    return `<Part><PartNumber>${number}</PartNumber><ETag>${escapeText(quotedEtag(etag))}</ETag>${checksum}</Part>`;
  });
  const xmlns = 'http://s3.amazonaws.com/doc/2006-03-01/';
  return `<CompleteMultipartUpload xmlns="${xmlns}">${lines.join('')}</CompleteMultipartUpload>`;
}

/** Gives the parts back. An upload the store does not know is aborted already. */
export async function abortUpload(
  context: StoreContext,
  upload: ObjectLocation & { uploadId: string },
  signal?: AbortSignal,
): Promise<void> {
  await attempt(uriOf(upload), signal, async () => {
    await context.client
      .send(new AbortMultipartUploadCommand(ids(upload)), sending(signal, SMALL_REQUEST_MS))
      .catch((error: unknown) => {
        if (!isVanished(error)) throw error;
      });
  });
}

/** True where the store does not know the upload (any more): completed, aborted, or never begun. */
export function isVanished(error: unknown): boolean {
  const fault = readFault(error);
  if (fault === null) return false;
  // versitygw says InvalidPart where an abort overtakes a part
  if (fault.name === 'NoSuchUpload' || fault.name === 'InvalidPart') return true;
  return fault.status === 404 && fault.name !== 'NoSuchBucket';
}

export function ids(upload: ObjectLocation & { uploadId: string }): { Bucket: string; Key: string; UploadId: string } {
  return { Bucket: upload.bucket, Key: upload.key, UploadId: upload.uploadId };
}
