import { stat } from 'node:fs/promises';
import { basename, dirname, sep } from 'node:path';
import {
  type FileLocation,
  type Location,
  Reject,
  rasterPart,
  type S3Location,
  type UploadMemory,
} from '@geosluice/jobs';
import type { Candidate, SourcePort, StorePort } from '@geosluice/stages';
import type { InboxPort } from './ports.ts';

export interface InboxConfig {
  /** Reads files below `root`. */
  files(root: string): SourcePort;
  store: StorePort;
  /** Prefix that the workers read; its key is empty or ends in `/`. */
  inbox: S3Location;
  /** Name of this machine. */
  machine: string;
  memory: UploadMemory;
}

/** Brings files that only this machine has into the inbox: sidecars first, so that they lie there when the raster does. */
export function createInbox({ files, store, inbox, machine, memory }: InboxConfig): InboxPort {
  return {
    async upload(path, { signal, onProgress }) {
      const info = await stat(path).catch((cause: NodeJS.ErrnoException) => {
        throw new Reject('SOURCE_GONE', `${path}: ${cause.code === 'ENOENT' ? 'no such file' : cause.message}`, {
          cause,
        });
      });
      const root = info.isDirectory() ? path : dirname(path);
      const source = files(root);
      const uploaded: Location[] = [];
      const candidates = info.isDirectory()
        ? below(source, path, signal)
        : [await source.look({ kind: 'file', path }, signal)];
      for await (const candidate of candidates) {
        for (const { location, fingerprint } of [...candidate.sidecars, candidate.raster]) {
          const file = location as FileLocation;
          const target = targetOf(inbox, machine, file);
          const reader = await source.open(location, fingerprint, signal);
          try {
            await store.upload({
              reader,
              target,
              contentId: rasterPart(fingerprint),
              memory,
              overwrite: true,
              signal,
              onProgress: (done, total) => onProgress(basename(target.key), done, total),
            });
          } finally {
            await reader.close?.();
          }
        }
        uploaded.push(targetOf(inbox, machine, candidate.raster.location as FileLocation));
      }
      if (uploaded.length === 0) throw new Reject('SOURCE_GONE', `${path} holds no raster`, { subject: path });
      return uploaded;
    },
  };
}

/** Bytes of a key at most (S3). */
const MAX_KEY_BYTES = 1024;

/**
 * `<inbox><machine>/<absolute path>`: the same file always has the same key, however it was typed, and no file of another
 * folder or machine ever replaces it.
 */
function targetOf(inbox: S3Location, machine: string, { path }: FileLocation): S3Location {
  const key = inbox.key + machine + path.split(sep).join('/');
  if (Buffer.byteLength(key) > MAX_KEY_BYTES) {
    throw new Reject('INVALID_OPTIONS', `${path} is too long a path for a key of ${MAX_KEY_BYTES} bytes`, {
      subject: path,
    });
  }
  return { ...inbox, key };
}

/** Every raster below a folder. */
async function* below(source: SourcePort, root: string, signal: AbortSignal): AsyncGenerator<Candidate> {
  const folders: Location[] = [{ kind: 'file', path: root.endsWith('/') ? root : `${root}/` }];
  for (let folder = folders.shift(); folder !== undefined; folder = folders.shift()) {
    for (let cursor: string | null = null, first = true; first || cursor !== null; first = false) {
      const page = await source.list(folder, { ...(cursor === null ? {} : { cursor }), signal });
      yield* page.candidates;
      folders.push(...page.prefixes);
      cursor = page.next;
    }
  }
}
