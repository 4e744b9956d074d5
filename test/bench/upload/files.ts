import { randomFillSync } from 'node:crypto';
import { link, mkdir, open, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { type FileLoad, MIB } from './loads.ts';

/** The files of a load, in a folder that holds nothing else. */
export interface MadeFiles {
  folder: string;
  files: Array<{ name: string; path: string; size: number; modified: string; crc32: number }>;
}

const BLOCK = 64 * MIB;
/** Bytes at the begin of each MiB that no other MiB has. */
const FRESH = 4096;

/**
 * Makes the files of a load: random bytes, each MiB another.
 * @param made files of other loads, to be used again under other names
 */
export async function makeFiles(load: FileLoad, parent: string, made: readonly MadeFiles[] = []): Promise<MadeFiles> {
  const folder = join(parent, folderOf(load));
  await mkdir(folder, { recursive: true });
  const donor = made.find(({ files }) => files.length >= load.count && files[0]?.size === load.size);
  if (donor !== undefined) return { folder, files: await linked(donor.files.slice(0, load.count), folder) };
  const block = randomFillSync(Buffer.allocUnsafe(Math.min(BLOCK, load.size)));
  const files: MadeFiles['files'] = [];
  for (let index = 0; index < load.count; index += 1) {
    const name = `${String(index).padStart(5, '0')}.tif`;
    files.push({ name, ...(await makeFile(join(folder, name), load.size, block)) });
  }
  return { folder, files };
}

export function folderOf({ count, size }: FileLoad): string {
  return `${count}x${size}`;
}

async function linked(files: MadeFiles['files'], folder: string): Promise<MadeFiles['files']> {
  return await Promise.all(
    files.map(async (file) => {
      const path = join(folder, file.name);
      await link(file.path, path);
      return { ...file, path };
    }),
  );
}

async function makeFile(path: string, size: number, block: Buffer): Promise<Omit<MadeFiles['files'][number], 'name'>> {
  await using file = await open(path, 'w');
  let crc = 0;
  for (let offset = 0; offset < size; offset += block.byteLength) {
    const piece = block.subarray(0, Math.min(block.byteLength, size - offset));
    for (let at = 0; at < piece.byteLength; at += MIB)
      randomFillSync(piece, at, Math.min(FRESH, piece.byteLength - at));
    await file.write(piece);
    crc = crc32(piece, crc);
  }
  // what is still to be written to the disk would disturb what is measured
  await file.datasync();
  return { path, size, modified: await modifiedAt(path), crc32: crc };
}

/** As the sources write it. */
export async function modifiedAt(path: string): Promise<string> {
  const { mtimeNs } = await stat(path, { bigint: true });
  const seconds = new Date(Number(mtimeNs / 1_000_000n)).toISOString().slice(0, 19);
  return `${seconds}.${String(mtimeNs % 1_000_000_000n).padStart(9, '0')}Z`;
}

/** @throws Error where a folder's disk has not so many bytes left */
export async function checkRoom(folder: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize >= bytes) return;
  const [wanted, left] = [bytes, bavail * bsize].map((value) => `${(value / 1024 ** 3).toFixed(1)} GiB`);
  throw new Error(`${folder} has ${left} left, ${wanted} are needed; name another folder in GEOSLUICE_BENCH_FOLDER`);
}
