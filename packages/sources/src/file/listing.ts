import type { FileLocation } from '@geosluice/jobs';
import { SourceError } from '../errors.ts';
import { looksLikeTiff, MAGIC_BYTES } from '../magic.ts';
import { isIgnoredFolder, type NameRules, splitExtension } from '../names.ts';
import { type Pair, pairUp } from '../pairing.ts';
import type { Candidate, ListOptions, ListPage, Sidecar, SidecarRole } from '../source.ts';
import { type Entry, fingerprintAt, readFolder } from './folder.ts';
import { openBelow } from './roots.ts';

/** Rasters a page. */
const PAGE = 1000;
/** Looks at the file system in flight: libuv has four threads for them. */
const LOOKERS = 8;

/** Some rasters of one folder, in order of names; folders in it come with the first page. */
export async function listFiles(
  prefix: FileLocation,
  rules: NameRules,
  roots: readonly string[],
  options: ListOptions,
): Promise<ListPage> {
  const { signal } = options;
  const after = readCursor(options.cursor);
  const first = after === undefined;
  signal.throwIfAborted();
  const folder = await readFolder(prefix, roots);
  let paired = pairUp(folder.files, rules);
  if (rules.magic) {
    const unnamed = paired.others.filter(({ name }) => splitExtension(name).extension === '');
    const tiffs = await sniff(unnamed, roots, signal);
    if (tiffs.size > 0) paired = pairUp(folder.files, rules, tiffs);
  }
  const left = first ? paired.pairs : paired.pairs.filter(({ raster }) => raster.name > after);
  const page = left.slice(0, PAGE * (options.maxPages ?? 1));
  const candidates = await mapBounded(page, signal, (pair) => candidateOf(pair, roots));
  const found = candidates.filter((candidate) => candidate !== null);
  const skipped = { ...paired.skipped };
  // what is not of one page is counted once, with the first
  for (const reason of Object.keys(skipped) as Array<keyof typeof skipped>) if (!first) skipped[reason] = 0;
  skipped['zero-byte'] = found.filter(({ raster }) => raster.fingerprint.size === 0).length;
  const wanted = first ? folder.folders.filter((name) => !isIgnoredFolder(name, rules)) : [];
  if (first) {
    skipped.ignored += folder.folders.length - wanted.length;
    skipped['not-a-raster'] += folder.unusable;
  }
  const orphans = first
    ? await mapBounded(paired.orphans, signal, ({ role, file }) => sidecarOf(role, file, roots))
    : [];
  const base = prefix.path.endsWith('/') ? prefix.path : `${prefix.path}/`;
  return {
    candidates: found,
    prefixes: wanted.map((name) => ({ kind: 'file', path: `${base}${name}/` })),
    next: page.length < left.length ? writeCursor(page.at(-1)?.raster.name ?? '') : null,
    skipped,
    orphans: orphans.filter((orphan) => orphan !== null),
  };
}

/** Null where the raster went away, or is a link that leads out of the roots. */
export async function candidateOf(pair: Pair<Entry>, roots: readonly string[]): Promise<Candidate | null> {
  const { path } = pair.raster;
  const fingerprint = await fingerprintAt(path, roots);
  if (fingerprint === null) return null;
  const sidecars: Sidecar[] = [];
  for (const { role, file } of pair.sidecars) {
    const sidecar = await sidecarOf(role, file, roots);
    if (sidecar !== null) sidecars.push(sidecar);
  }
  return { raster: { location: { kind: 'file', path }, fingerprint }, sidecars, sized: true };
}

async function sidecarOf(role: SidecarRole, { name, path }: Entry, roots: readonly string[]): Promise<Sidecar | null> {
  const fingerprint = await fingerprintAt(path, roots);
  return fingerprint && { role, name, location: { kind: 'file', path }, fingerprint };
}

async function sniff(files: readonly Entry[], roots: readonly string[], signal: AbortSignal): Promise<Set<string>> {
  const names = await mapBounded(files, signal, async ({ name, path }) => {
    try {
      await using handle = await openBelow({ kind: 'file', path }, roots);
      const bytes = new Uint8Array(MAGIC_BYTES);
      await handle.read(bytes, 0, MAGIC_BYTES, 0);
      return looksLikeTiff(bytes) ? name : null;
    } catch (error) {
      if (error instanceof SourceError && error.means !== 'retry') return null;
      throw error;
    }
  });
  return new Set(names.filter((name) => name !== null));
}

async function mapBounded<T, R>(items: readonly T[], signal: AbortSignal, work: (item: T) => Promise<R>): Promise<R[]> {
  const results = new Array<R>(items.length);
  const entries = items.entries();
  const worker = async (): Promise<void> => {
    for (const [index, item] of entries) {
      signal.throwIfAborted();
      results[index] = await work(item);
    }
  };
  await Promise.all(Array.from({ length: LOOKERS }, worker));
  return results;
}

function writeCursor(name: string): string {
  return Buffer.from(name).toString('base64url');
}

function readCursor(cursor: string | undefined): string | undefined {
  return cursor === undefined ? undefined : Buffer.from(cursor, 'base64url').toString();
}
