import type { FileHandle } from 'node:fs/promises';
import { describeLocation, type FileLocation, type Fingerprint, type RangeReader } from '@geosluice/jobs';
import { SourceError } from '../errors.ts';
import { checkRange } from '../range.ts';
import { asFileError } from './errors.ts';
import { fileFingerprint, sameFile } from './fingerprint.ts';
import { openBelow } from './roots.ts';

/** Reads ranges of one open file; size and modification time are compared when it is opened and after every read. */
export async function openFile(
  location: FileLocation,
  fingerprint: Fingerprint,
  roots: readonly string[],
  opened: AbortSignal,
): Promise<RangeReader> {
  const subject = describeLocation(location);
  opened.throwIfAborted();
  const handle = await openBelow(location, roots);
  try {
    await checkUnchanged(handle, fingerprint, subject);
  } catch (error) {
    await handle.close();
    throw error;
  }
  const { size } = fingerprint;
  return {
    size,
    async readInto(offset, target, signal) {
      let at = checkRange(offset, target.byteLength, size, subject) - target.byteLength;
      try {
        while (at < target.byteLength) {
          opened.throwIfAborted();
          signal?.throwIfAborted();
          const { bytesRead } = await handle.read(target, at, target.byteLength - at, offset + at);
          if (bytesRead === 0) break;
          at += bytesRead;
        }
      } catch (error) {
        throw asFileError(error, subject, 'reading');
      }
      await checkUnchanged(handle, fingerprint, subject);
      if (at < target.byteLength) {
        throw new SourceError('SOURCE_CUT_SHORT', `${subject} ends before its size says`, { subject });
      }
    },
    close: () => handle.close(),
  };
}

export async function checkUnchanged(handle: FileHandle, fingerprint: Fingerprint, subject: string): Promise<void> {
  let now: Fingerprint;
  try {
    now = fileFingerprint(await handle.stat({ bigint: true }));
  } catch (error) {
    throw asFileError(error, subject, 'reading');
  }
  if (!sameFile(now, fingerprint)) {
    throw new SourceError('SOURCE_CHANGED', `${subject} changed since it was looked at`, { subject });
  }
}
