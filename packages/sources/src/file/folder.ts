import { readdir, stat } from 'node:fs/promises';
import { describeLocation, type FileLocation, type Fingerprint } from '@geosluice/jobs';
import type { Named } from '../pairing.ts';
import { asFileError } from './errors.ts';
import { fileFingerprint } from './fingerprint.ts';
import { realPathBelow } from './roots.ts';

/** One file of a folder. `size` is 1 until its fingerprint is taken. */
export interface Entry extends Named {
  path: string;
}

export interface Folder {
  files: Entry[];
  /** Names of the folders in it; links to folders are not followed, since they may lead round in circles. */
  folders: string[];
  /** Neither, or of a name that is no UTF-8 and so cannot be said in a uri. */
  unusable: number;
}

/** What a folder holds, in order of names. */
export async function readFolder(location: FileLocation, roots: readonly string[]): Promise<Folder> {
  const subject = describeLocation(location);
  const real = await realPathBelow(location, roots, 'listing');
  const base = location.path.endsWith('/') ? location.path : `${location.path}/`;
  try {
    const folder: Folder = { files: [], folders: [], unusable: 0 };
    for (const entry of await readdir(real, { withFileTypes: true, encoding: 'buffer' })) {
      const name = entry.name.toString('utf8');
      if (!Buffer.from(name).equals(entry.name)) folder.unusable += 1;
      else if (entry.isDirectory()) folder.folders.push(name);
      else if (entry.isFile() || entry.isSymbolicLink()) folder.files.push({ name, path: `${base}${name}`, size: 1 });
      else folder.unusable += 1;
    }
    const byName = (a: string, b: string): number => (a < b ? -1 : 1);
    folder.files.sort((a, b) => byName(a.name, b.name));
    folder.folders.sort(byName);
    return folder;
  } catch (error) {
    throw asFileError(error, subject, 'listing');
  }
}

/** The fingerprint of a regular file, links followed within the roots; null where it is gone, no file or leads out. */
export async function fingerprintAt(path: string, roots: readonly string[]): Promise<Fingerprint | null> {
  const location: FileLocation = { kind: 'file', path };
  try {
    const stats = await stat(await realPathBelow(location, roots, 'looking at'), { bigint: true });
    return stats.isFile() ? fileFingerprint(stats) : null;
  } catch (error) {
    const { code } = asFileError(error, describeLocation(location), 'looking at') as { code?: string };
    if (code === 'SOURCE_GONE' || code === 'SOURCE_NOT_ALLOWED') return null;
    throw asFileError(error, describeLocation(location), 'looking at');
  }
}
