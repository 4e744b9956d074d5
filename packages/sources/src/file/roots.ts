import { constants } from 'node:fs';
import { type FileHandle, lstat, open, realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import { describeLocation, type FileLocation } from '@geosluice/jobs';
import { SourceError } from '../errors.ts';
import { asFileError } from './errors.ts';

/** Whether a path lies at or below one of the roots, by its letters alone. */
export function isBelow(path: string, roots: readonly string[]): boolean {
  const absolute = resolve(path);
  return roots.some((root) => {
    const top = resolve(root);
    return absolute === top || absolute.startsWith(top === '/' ? top : `${top}/`);
  });
}

/**
 * The real path of a location, symbolic links followed.
 * @throws SourceError SOURCE_NOT_ALLOWED where it leads out of the roots, SOURCE_AWAY where its root is missing
 */
export async function realPathBelow(location: FileLocation, roots: readonly string[], doing: string): Promise<string> {
  const subject = describeLocation(location);
  const root = roots.find((candidate) => isBelow(location.path, [candidate]));
  if (root === undefined) throw outside(subject);
  let realRoot: string;
  try {
    realRoot = await realpath(root);
  } catch (cause) {
    // rather a mount that is away than a file that is gone
    throw new SourceError('SOURCE_AWAY', `${doing} ${subject}: the root ${root} is not there`, { subject, cause });
  }
  try {
    const real = await realpath(location.path);
    if (isBelow(real, [realRoot])) return real;
  } catch (error) {
    throw asFileError(error, subject, doing);
  }
  throw outside(subject);
}

/** Opens a regular file below the roots for reading; a link set on the way between check and opening is noticed. */
export async function openBelow(location: FileLocation, roots: readonly string[]): Promise<FileHandle> {
  const subject = describeLocation(location);
  const real = await realPathBelow(location, roots, 'opening');
  let handle: FileHandle | undefined;
  try {
    // a pipe would wait for its writer
    handle = await open(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const [opened, named, again] = await Promise.all([
      handle.stat({ bigint: true }),
      lstat(real, { bigint: true }),
      realPathBelow(location, roots, 'opening'),
    ]);
    if (!opened.isFile()) throw notAFile(subject, opened.isDirectory());
    if (again !== real || opened.ino !== named.ino || opened.dev !== named.dev) {
      throw new SourceError('SOURCE_CHANGED', `${subject} was replaced while it was opened`, { subject });
    }
    return handle;
  } catch (error) {
    await handle?.close();
    throw asFileError(error, subject, 'opening');
  }
}

export function notAFile(subject: string, isDirectory: boolean): SourceError {
  const hint = isDirectory ? 'is a directory; end the address with / to list it' : 'is no regular file';
  return new SourceError('INVALID_OPTIONS', `${subject} ${hint}`, { subject });
}

function outside(subject: string): SourceError {
  return new SourceError('SOURCE_NOT_ALLOWED', `${subject} leads out of the allowed roots`, { subject });
}
