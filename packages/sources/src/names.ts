import { globMatches } from './glob.ts';

/** What counts as a raster and what is passed over, by name. */
export interface NameRules {
  /** With their dots, lower case; compared without regard to case. */
  extensions: readonly string[];
  /** Patterns of `*` and `?` on base names, lower case; added to IGNORED_NAMES and IGNORED_FOLDERS. */
  ignore: readonly string[];
  /** Files without an extension are opened in listings to see whether they begin like a TIFF: a request each. */
  magic: boolean;
}

export const RASTER_EXTENSIONS = ['.tif', '.tiff', '.gtif', '.gtiff', '.geotiff', '.btf', '.tf8'] as const;

export const DEFAULT_RULES: NameRules = { extensions: RASTER_EXTENSIONS, ignore: [], magic: false };

/** Files on their way, of file managers and of tools: never a dataset, whatever their extension. */
export const IGNORED_NAMES = [
  '*.part',
  '*.partial',
  '*.tmp',
  '*.temp',
  '*.crdownload',
  '*.download',
  '*.filepart',
  '*.!ut',
  '*.swp',
  '*.lock',
  '*.lck',
  '*~',
  '~*',
  '._*',
  '.~*',
  '.nfs*',
  '.fuse_hidden*',
  '.goutputstream-*',
  '.ds_store',
  'thumbs.db',
  'desktop.ini',
  '*_$folder$',
] as const;

/** Folders that hold no deliveries. */
export const IGNORED_FOLDERS = [
  '__macosx',
  '.git',
  '.svn',
  '.trash*',
  '.snapshot',
  '.zfs',
  '@eadir',
  'lost+found',
  '$recycle.bin',
  'system volume information',
  '.ipynb_checkpoints',
  '_temporary',
] as const;

/** Known to lie beside rasters and of no use here. */
const NEIGHBOURS = [
  '*.rrd',
  '*.lyr',
  '*.lyrx',
  '*.vat.dbf',
  '*.cpg',
  '*.zip',
  '*.jp2',
  '*.vrt',
  '*.qml',
  '*.clr',
  '*.msk',
  '*.sha1',
  '*.sha512',
  'sha256sums',
  'md5sums',
  'manifest.json',
] as const;

function matchesAny(patterns: readonly string[], name: string): boolean {
  const lower = name.toLowerCase();
  return patterns.some((pattern) => globMatches(pattern, lower));
}

/** `SCENE.b1.TIF` is `SCENE.b1` and `.TIF`; a name without a dot, or with only a leading one, has no extension. */
export function splitExtension(name: string): { stem: string; extension: string } {
  const dot = name.lastIndexOf('.');
  return dot <= 0 ? { stem: name, extension: '' } : { stem: name.slice(0, dot), extension: name.slice(dot) };
}

export function isRasterName(name: string, rules: NameRules): boolean {
  const { extension } = splitExtension(name);
  // most are written in lower case
  return rules.extensions.includes(extension) || rules.extensions.includes(extension.toLowerCase());
}

export function isIgnoredName(name: string, rules: NameRules): boolean {
  return isOfTools(name.toLowerCase()) || matchesAny(rules.ignore, name);
}

const isOfTools = matcherOf(IGNORED_NAMES);

/** The patterns as tests that are cheap for names that fit none: what begins, ends or is like one needs no search. */
function matcherOf(patterns: readonly string[]): (name: string) => boolean {
  const plain = (text: string): boolean => !/[*?]/.test(text);
  const endings = patterns.filter((one) => one.startsWith('*') && plain(one.slice(1))).map((one) => one.slice(1));
  const beginnings = patterns
    .filter((one) => one.endsWith('*') && plain(one.slice(0, -1)))
    .map((one) => one.slice(0, -1));
  const names = new Set(patterns.filter(plain));
  const others = patterns.filter((one) => !plain(one) && !plain(one.slice(1)) && !plain(one.slice(0, -1)));
  return (name) =>
    names.has(name) ||
    endings.some((ending) => name.endsWith(ending)) ||
    beginnings.some((beginning) => name.startsWith(beginning)) ||
    others.some((pattern) => globMatches(pattern, name));
}

export function isIgnoredFolder(name: string, rules: NameRules): boolean {
  return matchesAny(IGNORED_FOLDERS, name) || matchesAny(rules.ignore, name);
}

/** Whether a key lies in one of the folders no listing goes into. */
export function isInIgnoredFolder(key: string, rules: NameRules): boolean {
  return key.split('/').some((name, index, names) => index < names.length - 1 && isIgnoredFolder(name, rules));
}

export function isNeighbourName(name: string): boolean {
  return matchesAny(NEIGHBOURS, name);
}
