import { lstat, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { baseNameOf, describeLocation, type FileLocation, type Fingerprint, type Location } from '@geosluice/jobs';
import { tooLarge } from '../body.ts';
import { SourceError } from '../errors.ts';
import { isRasterName, type NameRules } from '../names.ts';
import { pairUp } from '../pairing.ts';
import type { Candidate, Source, SourceStream } from '../source.ts';
import { asFileError } from './errors.ts';
import { fileFingerprint, sameFile } from './fingerprint.ts';
import { readFolder } from './folder.ts';
import { candidateOf, listFiles } from './listing.ts';
import { checkUnchanged, openFile } from './reader.ts';
import { notAFile, openBelow, realPathBelow } from './roots.ts';

export interface FileSourceOptions {
  /** Directories below which files may be read. */
  roots: readonly string[];
  rules: NameRules;
}

/** Files the workers have mounted. They may be seen half written, so they settle by two equal looks. */
export function fileSource({ roots, rules }: FileSourceOptions): Source {
  return {
    settles: 'two-looks',
    list: async (prefix, options) => listFiles(file(prefix), rules, roots, options),
    look: async (location, signal) => look(file(location), rules, roots, signal),
    rastersAt: async (location, signal) => rastersAt(file(location), rules, roots, signal),
    ranged: async () => true,
    open: async (location, fingerprint, signal) => openFile(file(location), fingerprint, roots, signal),
    read: async (location, fingerprint, { maxBytes, signal }) => {
      const subject = describeLocation(location);
      await using handle = await openBelow(file(location), roots);
      const seen = fileFingerprint(await handle.stat({ bigint: true }));
      const pin = fingerprint ?? seen;
      await checkUnchanged(handle, pin, subject);
      if (pin.size > maxBytes) throw tooLarge(subject, maxBytes);
      const bytes = new Uint8Array(pin.size);
      const reader = await openFile(file(location), pin, roots, signal);
      try {
        await reader.readInto(0, bytes, signal);
      } finally {
        await reader.close?.();
      }
      return bytes;
    },
    stream: async (location, signal) => stream(file(location), roots, signal),
    remove: async (location, fingerprint, signal) => remove(file(location), fingerprint, roots, signal),
    tag: async (location) => {
      const subject = describeLocation(location);
      const message = `${subject} cannot be tagged: files have no tags; use after: keep or after: delete`;
      throw new SourceError('INVALID_OPTIONS', message, { subject });
    },
  };
}

async function look(
  location: FileLocation,
  rules: NameRules,
  roots: readonly string[],
  signal: AbortSignal,
): Promise<Candidate> {
  signal.throwIfAborted();
  const subject = describeLocation(location);
  const real = await realPathBelow(location, roots, 'looking at');
  const stats = await lstat(real).catch((error: unknown) => {
    throw asFileError(error, subject, 'looking at');
  });
  if (!stats.isFile()) throw notAFile(subject, stats.isDirectory());
  const name = baseNameOf(location);
  const { files } = await readFolder({ kind: 'file', path: dirname(location.path) }, roots);
  const pair = pairUp(files, rules, new Set([name])).pairs.find(({ raster }) => raster.name === name);
  const candidate = pair === undefined ? null : await candidateOf(pair, roots);
  if (candidate === null) throw new SourceError('SOURCE_GONE', `${subject} is not there any more`, { subject });
  return { ...candidate, raster: { ...candidate.raster, location } };
}

async function rastersAt(
  location: FileLocation,
  rules: NameRules,
  roots: readonly string[],
  signal: AbortSignal,
): Promise<Location[]> {
  signal.throwIfAborted();
  const name = baseNameOf(location);
  if (isRasterName(name, rules)) {
    return pairUp([{ name, size: 1 }], rules).pairs.length === 0 ? [] : [location];
  }
  const { files } = await readFolder({ kind: 'file', path: dirname(location.path) }, roots);
  const others = files.filter((entry) => entry.name !== name);
  const sidecar = { name, path: location.path, size: 1 };
  return pairUp([sidecar, ...others], rules)
    .pairs.filter(({ sidecars }) => sidecars.some(({ file }) => file === sidecar))
    .map(({ raster }) => ({ kind: 'file', path: raster.path }));
}

async function stream(location: FileLocation, roots: readonly string[], signal: AbortSignal): Promise<SourceStream> {
  const subject = describeLocation(location);
  const handle = await openBelow(location, roots);
  const fingerprint = fileFingerprint(await handle.stat({ bigint: true }));
  async function* body(): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of handle.createReadStream({ autoClose: false, highWaterMark: 1 << 20, signal })) {
        yield chunk as Uint8Array;
      }
      await checkUnchanged(handle, fingerprint, subject);
    } catch (error) {
      signal.throwIfAborted();
      throw asFileError(error, subject, 'reading');
    } finally {
      await handle.close();
    }
  }
  return { body: body(), length: fingerprint.size, fingerprint };
}

/** Between the last look and the deletion lies one system call. */
async function remove(
  location: FileLocation,
  fingerprint: Fingerprint,
  roots: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted();
  const subject = describeLocation(location);
  try {
    const real = await realPathBelow(location, roots, 'deleting');
    if (!sameFile(fileFingerprint(await lstat(real, { bigint: true })), fingerprint)) {
      throw new SourceError('SOURCE_CHANGED', `${subject} changed since it was read; it is left alone`, { subject });
    }
    await unlink(real);
  } catch (error) {
    const meant = asFileError(error, subject, 'deleting');
    if (!(meant instanceof SourceError) || meant.code !== 'SOURCE_GONE') throw meant;
  }
}

function file(location: Location): FileLocation {
  if (location.kind === 'file') return location;
  const subject = describeLocation(location);
  throw new SourceError('INVALID_OPTIONS', `${subject} is not a file location`, { subject });
}
