import type { UploadMemory } from '@geosluice/jobs';
import { foreign, type ObjectLocation, type StoreContext, uriOf } from './context.ts';
import {
  abortUpload,
  createUpload,
  type ListWindow,
  listParts,
  type OpenUpload,
  type UploadChecksum,
} from './multipart.ts';
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
  /** Bytes a part of an upload that begins now. */
  partSize: number;
  checksum: UploadChecksum;
  signal: AbortSignal;
}

export interface Session {
  upload: OpenUpload;
  /** Bytes a part: those of the upload that goes on, whatever was asked for. */
  partSize: number;
  /** Parts the store has already. */
  kept: Map<number, ListedPart>;
}

/** Goes on with the upload the memory knows, where it is of this content and the store still has it; else begins one. */
export async function openSession(context: StoreContext, request: SessionRequest): Promise<Session> {
  const { target, memory, signal, partSize } = request;
  const subject = uriOf(target);
  const found = await findSession(context, request);
  if (found.kind === 'open') {
    for (const { size } of found.session.kept.values()) context.counts.resumed += size;
    context.log.info({ target: subject, parts: found.session.kept.size }, 'Upload:Resume:Done');
    return found.session;
  }
  if (found.uploadId !== null) await abortUpload(context, { ...target, uploadId: found.uploadId }, signal);
  if (found.kind === 'other') await foreign(memory.forget(subject));
  const begun = performance.now();
  const upload = await createUpload(context, target, request, request.checksum, signal);
  context.budget.answered(performance.now() - begun);
  const { uploadId, checksum } = upload;
  const note: Remembered = { v: 1, content: request.mark, partSize, checksum, uploadId };
  await foreign(memory.remember(subject, JSON.stringify(note)));
  return { upload, partSize, kept: new Map() };
}

type Found =
  | { kind: 'open'; session: Session }
  | { kind: 'none'; uploadId: null }
  /** Of another content, of another plan, unknown to the store, or not to be understood. */
  | { kind: 'other'; uploadId: string | null };

/**
 * What the memory and the store know of an upload of this content.
 * @param window of the parts that matter; all where absent
 */
export async function findSession(
  context: StoreContext,
  request: Pick<SessionRequest, 'target' | 'memory' | 'mark' | 'size' | 'signal'>,
  window: ListWindow = {},
): Promise<Found> {
  const { target, memory, signal } = request;
  const text = (await foreign(memory.recall(uriOf(target)))) ?? null;
  if (text === null) return { kind: 'none', uploadId: null };
  const remembered = readRemembered(text);
  if (remembered === null) return { kind: 'other', uploadId: null };
  const { uploadId, checksum, partSize } = remembered;
  const upload: OpenUpload = { ...target, uploadId, checksum };
  const listed = remembered.content === request.mark ? await listParts(context, upload, signal, window) : null;
  const kept = listed === null ? null : decideResume(listed.values(), request.size, partSize);
  return kept === null ? { kind: 'other', uploadId } : { kind: 'open', session: { upload, partSize, kept } };
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
    if (!isPartSize(value.partSize) || !['full', 'parts', 'none'].includes(value.checksum ?? '')) return null;
    return value as Remembered;
  } catch {
    return null;
  }
}

function isPartSize(value: unknown): boolean {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0;
}
