import { z } from 'zod';
import { shortHash } from './location.ts';
import { type IngestOptions, resultOptions } from './options.ts';

/** What a store says of a file without reading it. `modified` is ISO 8601; `etag` is without its quotes. */
export const fingerprintSchema = z.strictObject({
  size: z.int().nonnegative(),
  etag: z.string().optional(),
  modified: z.string().optional(),
});
export type Fingerprint = z.infer<typeof fingerprintSchema>;

const NO_SIDECAR = '0';

/** The raster part of a version: from the ETag and size, else from size and modification time. */
export function rasterPart(fingerprint: Fingerprint): string {
  return shortHash(`${fingerprint.size} ${fingerprint.etag ?? fingerprint.modified ?? ''}`, 10);
}

/** The metadata part: from the sidecars' base names and fingerprints in any order; `0` where there is none. */
export function metadataPart(sidecars: ReadonlyArray<{ name: string; fingerprint: Fingerprint }>): string {
  if (sidecars.length === 0) return NO_SIDECAR;
  const lines = sidecars.map(({ name, fingerprint }) => `${name}\u0000${rasterPart(fingerprint)}`);
  return shortHash(lines.sort().join('\n'), 10);
}

/**
 * One content of a dataset: `<raster>-<metadata>`, and a third part where options change the result: eight characters for those
 * that object and layer follow from, eight for the others.
 */
export interface Version {
  raster: string;
  metadata: string;
  options: string;
}

export function versionOf(
  raster: Fingerprint,
  sidecars: ReadonlyArray<{ name: string; fingerprint: Fingerprint }>,
  options: IngestOptions,
): Version {
  return { raster: rasterPart(raster), metadata: metadataPart(sidecars), options: optionsPart(options) };
}

const OPTIONS_HALF = 8;
const WITHOUT_OPTIONS = shortHash('{}', OPTIONS_HALF);
/** By their object: a listing asks the same ones for each of its files. */
const OPTIONS_PARTS = new WeakMap<IngestOptions, string>();

/** The options part: from those that change the result; empty where none does. */
export function optionsPart(options: IngestOptions): string {
  const known = OPTIONS_PARTS.get(options);
  if (known !== undefined) return known;
  const { layer, rest } = resultOptions(options);
  const parts = [layer, rest].map((one) => shortHash(JSON.stringify(one), OPTIONS_HALF)).join('');
  const part = parts === WITHOUT_OPTIONS.repeat(2) ? '' : parts;
  OPTIONS_PARTS.set(options, part);
  return part;
}

/** Whether object and layer are the same for both: they differ at most in what GeoNode is told. */
export function sameLayer(one: Version, other: Version): boolean {
  const [a, b] = [one, other].map(({ options }) => options.slice(0, OPTIONS_HALF) || WITHOUT_OPTIONS);
  return one.raster === other.raster && a === b;
}

export function formatVersion(version: Version): string {
  const base = `${version.raster}-${version.metadata}`;
  return version.options === '' ? base : `${base}-${version.options}`;
}

export function parseVersion(text: string): Version {
  const [raster = '', metadata = NO_SIDECAR, options = ''] = text.split('-');
  return { raster, metadata, options };
}

export const versionSchema = z
  .string()
  .regex(/^[a-z2-7]{10}-(0|[a-z2-7]{10})(-[a-z2-7]{16})?$/, 'a version is <raster>-<metadata>[-<options>]');
