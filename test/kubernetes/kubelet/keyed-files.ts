import { chmod, chown, mkdir, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** One file of a volume made of keys: a ConfigMap's, a Secret's, a token. */
export interface KeyedFile {
  path: string;
  content: Buffer | string;
  mode: number;
}

/**
 * Writes a volume the way Kubernetes does: the files in a dated folder, `..data` that points to it, and links through
 * `..data`. A later write changes all files at once.
 */
export async function writeKeyedFiles(
  folder: string,
  files: readonly KeyedFile[],
  group: number | null,
  version: string,
): Promise<void> {
  const dated = `..${version}`;
  await mkdir(join(folder, dated), { recursive: true });
  for (const { path, content, mode } of files) {
    const target = join(folder, dated, path);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, content);
    await chmod(target, group === null ? mode : mode | 0o440);
    if (group !== null) await chown(target, 0, group);
  }
  const before = await readlink(join(folder, '..data')).catch(() => null);
  await rm(join(folder, '..data.new'), { force: true });
  await symlink(dated, join(folder, '..data.new'));
  await rename(join(folder, '..data.new'), join(folder, '..data'));
  for (const name of new Set(files.map(({ path }) => path.split('/')[0] ?? path))) {
    await symlink(join('..data', name), join(folder, name)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
  if (before !== null && before !== dated) await rm(join(folder, before), { recursive: true, force: true });
}
