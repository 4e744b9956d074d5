import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { UploadMemory } from '@geosluice/jobs';
import { z } from 'zod';

const document = z.record(z.string(), z.string());

/** UploadIds of unfinished uploads in one small file, so that the same command run again goes on where it was. */
export function createFileMemory(path: string): UploadMemory {
  const read = async (): Promise<Record<string, string>> => {
    try {
      return document.parse(JSON.parse(await readFile(path, 'utf8')));
    } catch {
      // without it an upload begins anew; nothing is lost
      return {};
    }
  };
  // one change after another, or two uploads of this process would forget each other's
  let last: Promise<void> = Promise.resolve();
  const change = (edit: (uploads: Record<string, string>) => Record<string, string>): Promise<void> => {
    last = last.then(async () => {
      const uploads = edit(await read());
      await mkdir(dirname(path), { recursive: true });
      await writeFile(`${path}.new`, JSON.stringify(uploads), { mode: 0o600 });
      await rename(`${path}.new`, path);
    });
    return last;
  };
  return {
    recall: async (target) => (await read())[target] ?? null,
    remember: (target, uploadId) => change((uploads) => ({ ...uploads, [target]: uploadId })),
    forget: (target) => change(({ [target]: _, ...others }) => others),
  };
}
