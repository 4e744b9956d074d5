import type { UploadMemory } from '@geosluice/jobs';
import { foreign, type ObjectLocation, type StoreContext, uriOf } from './context.ts';
import { abortUpload, createUpload, listParts, type OpenUpload, type UploadChecksum } from './multipart.ts';
import { decideResume, type ListedPart } from './plan.ts';

/** What the memory keeps of an unfinished upload, as JSON: which content it holds, in parts of which size. */
interface Remembered {
  v: 1;
  content: string;
  partSize: number;
  checksum: UploadChecksum;
  uploadId: string;
}

export interface SessionRequest {
  target: ObjectLocation;
  memory: UploadMemory;
  contentType: string;
  metadata: Record<string, string>;
  /** Ties the upload to one content: another content never continues it. */
  mark: string;
  size: number;
  partSize: number;
  checksum: UploadChecksum;
  signal: AbortSignal;
}

export interface Session {
  upload: OpenUpload;
  /** Parts the store has already. */
  kept: Map<number, ListedPart>;
}

/** Goes on with the upload the memory knows, where it is of this content and the store still has it; else begins one. */
export async function openSession(context: StoreContext, request: SessionRequest): Promise<Session> {
  const { target, memory, signal } = request;
  const subject = uriOf(target);
  const text = (await foreign(memory.recall(subject))) ?? null;
  const remembered = text === null ? null : readRemembered(text);
  if (remembered !== null) {
    const upload: OpenUpload = { ...target, uploadId: remembered.uploadId, checksum: remembered.checksum };
    const same = remembered.content === request.mark && remembered.partSize === request.partSize;
    const listed = same ? await listParts(context, upload, signal) : null;
    const kept = listed === null ? null : decideResume(listed.values(), request.size, request.partSize);
    if (kept !== null) {
      context.log.info({ target: subject, parts: kept.size }, 'Upload:Resume:Done');
      return { upload, kept };
    }
    await abortUpload(context, upload, signal);
  }
  if (text !== null) await foreign(memory.forget(subject));
  const upload = await createUpload(context, target, request, request.checksum, signal);
  const { uploadId, checksum } = upload;
  const note: Remembered = { v: 1, content: request.mark, partSize: request.partSize, checksum, uploadId };
  await foreign(memory.remember(subject, JSON.stringify(note)));
  return { upload, kept: new Map() };
}

/** Aborts what the memory knows of a target, and forgets it. */
export async function dropSession(
  context: StoreContext,
  target: ObjectLocation,
  memory: UploadMemory,
  signal?: AbortSignal,
): Promise<void> {
  const text = (await foreign(memory.recall(uriOf(target)))) ?? null;
  if (text === null) return;
  const remembered = readRemembered(text);
  if (remembered !== null) await abortUpload(context, { ...target, uploadId: remembered.uploadId }, signal);
  await foreign(memory.forget(uriOf(target)));
}

function readRemembered(text: string): Remembered | null {
  try {
    const value = JSON.parse(text) as Partial<Remembered> | null;
    if (value?.v !== 1 || typeof value.uploadId !== 'string' || typeof value.content !== 'string') return null;
    if (typeof value.partSize !== 'number' || !['full', 'parts', 'none'].includes(value.checksum ?? '')) return null;
    return value as Remembered;
  } catch {
    return null;
  }
}
