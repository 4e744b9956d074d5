import { isIgnoredName, isNeighbourName, isRasterName, type NameRules, splitExtension } from './names.ts';
import { type Reading, readingsOf } from './sidecars.ts';
import type { SidecarRole, Skipped } from './source.ts';

export interface Named {
  /** Base name. */
  name: string;
  size: number;
}

export interface Pair<T> {
  raster: T;
  sidecars: Array<{ role: SidecarRole; file: T }>;
}

export interface Paired<T> {
  pairs: Array<Pair<T>>;
  orphans: Array<{ role: SidecarRole; file: T }>;
  /** Neither raster nor sidecar nor known; those without an extension may be rasters by magic. */
  others: T[];
  skipped: Skipped;
}

export function nothingSkipped(): Skipped {
  return { 'folder-marker': 0, 'zero-byte': 0, ignored: 0, neighbour: 0, 'not-a-raster': 0 };
}

/**
 * Finds the rasters among the files of one folder and gives each its sidecars: `<stem><ending>` and `<name><ending>`,
 * endings (and the raster's extension in `<name>`) in any case, stems letter by letter, since S3 keys differ by case.
 * Rasters that share a stem (`a.tif`, `a.tiff`) share its `<stem>` sidecars; `<name>` ones belong to one of them.
 * @param also names that are rasters whatever their extension
 */
export function pairUp<T extends Named>(
  files: Iterable<T>,
  rules: NameRules,
  also: ReadonlySet<string> = new Set(),
): Paired<T> {
  const skipped = nothingSkipped();
  const pairs: Array<Pair<T>> = [];
  const byStem = new Map<string, Array<Pair<T>>>();
  const rest: T[] = [];
  for (const file of files) {
    const { name } = file;
    if (!also.has(name)) {
      if (isIgnoredName(name, rules)) {
        skipped.ignored += 1;
        continue;
      }
      if (!isRasterName(name, rules)) {
        rest.push(file);
        continue;
      }
    }
    if (file.size === 0) skipped['zero-byte'] += 1;
    const pair: Pair<T> = { raster: file, sidecars: [] };
    pairs.push(pair);
    const { stem } = splitExtension(name);
    const ofStem = byStem.get(stem);
    if (ofStem === undefined) byStem.set(stem, [pair]);
    else ofStem.push(pair);
  }
  const ranks = new Map<Pair<T>, Array<{ rank: number; reading: Reading; file: T }>>();
  const orphans: Paired<T>['orphans'] = [];
  const others: T[] = [];
  for (const file of rest) {
    const readings = readingsOf(file.name);
    let owned = false;
    for (const reading of readings) {
      for (const [pair, rank] of ownersOf(reading, byStem)) {
        ranks.set(pair, [...(ranks.get(pair) ?? []), { rank, reading, file }]);
        owned = true;
      }
    }
    const [reading] = readings;
    if (owned) continue;
    if (reading !== undefined) orphans.push({ role: readings.at(-1)?.role ?? reading.role, file });
    else if (isNeighbourName(file.name)) skipped.neighbour += 1;
    else others.push(file);
  }
  for (const [pair, found] of ranks) {
    found.sort((a, b) => a.rank - b.rank || Number(b.reading.plain) - Number(a.reading.plain) || compare(a, b));
    pair.sidecars = found.map(({ reading: { role }, file }) => ({ role, file }));
  }
  skipped['not-a-raster'] = others.length;
  return { pairs, orphans, others, skipped };
}

function compare(a: { file: Named }, b: { file: Named }): number {
  return a.file.name < b.file.name ? -1 : 1;
}

function ownersOf<T extends Named>(
  reading: Reading,
  byStem: ReadonlyMap<string, ReadonlyArray<Pair<T>>>,
): Array<[Pair<T>, number]> {
  const owners = new Map<Pair<T>, number>();
  for (const pair of byStem.get(reading.base) ?? []) owners.set(pair, reading.rank('stem'));
  const { stem, extension } = splitExtension(reading.base);
  const named = (extension === '' ? [] : (byStem.get(stem) ?? [])).filter(
    ({ raster }) => raster.name.slice(stem.length).toLowerCase() === extension.toLowerCase(),
  );
  const exact = named.filter(({ raster }) => raster.name === reading.base);
  for (const pair of exact.length > 0 ? exact : named) owners.set(pair, reading.rank('name'));
  return [...owners];
}
