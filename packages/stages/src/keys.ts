import type { Location, S3Location, Version } from '@geosluice/jobs';

/** The bucket GeoServer reads, and the prefix below which everything is ours. `prefix` has no slash at its ends. */
export interface Target {
  bucket: string;
  prefix: string;
}

/** Everything of one dataset lies below this prefix. */
export function datasetPrefix(target: Target, dataset: string): string {
  return `${target.prefix === '' ? '' : `${target.prefix}/`}${dataset}/`;
}

/** Everything of one content of a dataset. */
export function contentPrefix(target: Target, dataset: string, raster: string): string {
  return `${datasetPrefix(target, dataset)}${raster}/`;
}

/** `<prefix>/<dataset>/<raster part>/<name>.tif`: immutable, and of characters GeoServer takes as they are. */
export function rasterKey(target: Target, dataset: string, version: Version, name: string): S3Location {
  return { kind: 's3', bucket: target.bucket, key: `${contentPrefix(target, dataset, version.raster)}${name}.tif` };
}

/** Beside the object, named by its content: `<name>.<first 12 of its SHA-256><ending>`. */
export function besideKey(
  target: Target,
  dataset: string,
  version: Version,
  name: string,
  sha256: string,
  ending: string,
): S3Location {
  const key = `${contentPrefix(target, dataset, version.raster)}${name}.${sha256.slice(0, 12)}${ending}`;
  return { kind: 's3', bucket: target.bucket, key };
}

/** Where a body without length or ranges is put until it is inspected and uploaded. */
export function spoolKey(target: Target, dataset: string, version: Version): S3Location {
  return { kind: 's3', bucket: target.bucket, key: `${datasetPrefix(target, dataset)}spool/${version.raster}.tif` };
}

/** Keys that GeoServer's S3 readers take without any decoding (measured; see docs/architecture.md). */
export function isSafeKey(key: string): boolean {
  return (
    /^[A-Za-z0-9._/-]+\.tiff?$/.test(key) &&
    !key.includes('//') &&
    !key.startsWith('/') &&
    !/(^|\/)\.{1,2}(\/|$)/.test(key)
  );
}

/** What we wrote ourselves is never taken for a new file, whatever is asked for. */
export function isOutput(location: Location, target: Target): boolean {
  if (location.kind !== 's3' || location.bucket !== target.bucket || target.prefix === '') return false;
  return location.key.startsWith(`${target.prefix}/`);
}
