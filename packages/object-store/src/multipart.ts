import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListPartsCommand,
} from '@aws-sdk/client-s3';
import { crc32FromBase64, crc32ToBase64 } from '@geosluice/s3-wire';
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
import type { ListedPart } from './plan.ts';

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
    context.client.send(
      new CreateMultipartUploadCommand({
        Bucket: target.bucket,
        Key: target.key,
        ContentType: attributes.contentType,
        Metadata: attributes.metadata,
        ...(checksum === 'none' ? {} : { ChecksumAlgorithm: 'CRC32' }),
        ...(checksum === 'full' ? { ChecksumType: 'FULL_OBJECT' } : {}),
      }),
      sending(signal, SMALL_REQUEST_MS),
    );
  return attempt(uriOf(target), signal, async () => {
    const answer = await create(wanted).catch((error: unknown) => {
      if (wanted === 'none' || !isUnsupported(error)) throw error;
      return create('none');
    });
    if (answer.UploadId === undefined)
      throw trouble('STORE_ERROR', 'the store gave no UploadId', { subject: uriOf(target) });
    const checksum =
      answer.ChecksumType === 'FULL_OBJECT' ? 'full' : answer.ChecksumAlgorithm === 'CRC32' ? 'parts' : 'none';
    return { ...target, uploadId: answer.UploadId, checksum: wanted === 'none' ? 'none' : checksum };
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

/** Joins the parts into an object. Throws the SDK's errors. */
export async function completeUpload(
  context: StoreContext,
  upload: OpenUpload,
  parts: readonly FinishedPart[],
  whole: { size: number; crc32: number | null },
  options: { ifNoneMatch: boolean; bare?: boolean; signal?: AbortSignal | undefined },
): Promise<void> {
  const full = upload.checksum === 'full' && whole.crc32 !== null;
  const conditions = {
    MpuObjectSize: whole.size,
    ...(options.ifNoneMatch ? { IfNoneMatch: '*' } : {}),
    ...(full ? { ChecksumType: 'FULL_OBJECT' as const, ChecksumCRC32: crc32ToBase64(whole.crc32 ?? 0) } : {}),
  };
  const Parts = parts.map(({ number, etag, crc32 }) => ({
    PartNumber: number,
    ETag: quotedEtag(etag),
    ...(upload.checksum === 'none' || crc32 === null ? {} : { ChecksumCRC32: crc32ToBase64(crc32) }),
  }));
  await context.client.send(
    new CompleteMultipartUploadCommand({
      ...ids(upload),
      ...(options.bare === true ? {} : conditions),
      MultipartUpload: { Parts },
    }),
    sending(options.signal),
  );
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
