import { baseNameOf, type Location } from '@geosluice/jobs';

const MAX_NAME = 60;
/** `_` and eight characters of the dataset's id. */
const SUFFIX = 9;
/** Names that GeoServer or GeoNode give a meaning of their own. */
const RESERVED: ReadonlySet<string> = new Set([
  'null',
  'default',
  'none',
  'wms',
  'wcs',
  'wfs',
  'ows',
  'gwc',
  'rest',
  'web',
]);

/** The file's base name without its raster extension, as it is. */
export function stemOf(location: Location): string {
  return baseNameOf(location).replace(/\.(tiff?|gtiff?|geotiff?|btf|tf8)$/i, '');
}

/**
 * A layer name for a file: lower case ASCII letters, digits and `_`, beginning with a letter, at most 60 characters.
 * Accents are dropped, everything else becomes `_`; a name that is nothing but that gets `raster`.
 */
export function deriveLayerName(location: Location): string {
  const ascii = stemOf(location)
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .toLowerCase();
  const safe = ascii.replace(/[^a-z0-9]+/g, '_').replace(/^_+|_+$/g, '');
  const started = safe === '' ? 'raster' : /^[a-z]/.test(safe) ? safe : `r_${safe}`;
  const cut = started.slice(0, MAX_NAME).replace(/_+$/, '');
  return RESERVED.has(cut) ? `r_${cut}` : cut;
}

/** The name a dataset takes when another owns the plain one; the same dataset always gets the same. */
export function distinctLayerName(name: string, dataset: string): string {
  return `${name.slice(0, MAX_NAME - SUFFIX).replace(/_+$/, '')}_${dataset.slice(1, SUFFIX)}`;
}

/** The name of the nth content of a file that keeps each. */
export function numberedLayerName(name: string, number: number): string {
  const suffix = `_v${number}`;
  return `${name.slice(0, MAX_NAME - suffix.length).replace(/_+$/, '')}${suffix}`;
}

/** A readable title where no sidecar gives one: the file's stem with its separators as spaces. */
export function deriveTitle(location: Location): string {
  const words = stemOf(location)
    .normalize('NFC')
    .replace(/[_\s]+/g, ' ')
    .replace(/\p{C}/gu, '')
    .trim();
  return (words === '' ? 'Untitled raster' : words).slice(0, 255);
}
