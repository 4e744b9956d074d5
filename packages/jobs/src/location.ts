import { hash } from 'node:crypto';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { z } from 'zod';
import { Reject } from './errors.ts';

/**
 * Where a file lies. Keys are kept as they are, never as URL objects (which change `..`, `#`, `?`, `%2F` and `+`).
 */
export const locationSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('s3'),
    bucket: z.string().min(1).max(255),
    key: z.string().max(1024),
    versionId: z.string().optional(),
  }),
  z.strictObject({ kind: z.literal('file'), path: z.string().min(1).startsWith('/') }),
  z.strictObject({ kind: z.literal('https'), url: z.url({ protocol: /^https?$/ }) }),
]);
export type Location = z.infer<typeof locationSchema>;
export type S3Location = Extract<Location, { kind: 's3' }>;
export type FileLocation = Extract<Location, { kind: 'file' }>;
export type HttpsLocation = Extract<Location, { kind: 'https' }>;

/**
 * Reads a source uri. An `s3://bucket/key` uri holds the key raw (nothing is percent-decoded, as in the AWS CLI);
 * a `file:///` uri is percent-encoded as RFC 8089 says; an https uri is kept as the URL standard writes it.
 * @throws Reject INVALID_OPTIONS where the text is none of them
 */
export function parseLocation(uri: string): Location {
  if (uri.startsWith('s3://')) {
    const rest = uri.slice('s3://'.length);
    const slash = rest.indexOf('/');
    const bucket = slash < 0 ? rest : rest.slice(0, slash);
    if (bucket === '')
      throw new Reject('INVALID_OPTIONS', `source "${uri}" names no bucket; write s3://bucket/key`, { subject: uri });
    return { kind: 's3', bucket, key: slash < 0 ? '' : rest.slice(slash + 1) };
  }
  if (uri.startsWith('file:///')) return { kind: 'file', path: fileURLToPath(uri) };
  if (/^https?:\/\//.test(uri) && URL.canParse(uri)) return { kind: 'https', url: new URL(uri).href };
  throw new Reject('INVALID_OPTIONS', `source "${uri}" is none of s3://bucket/key, file:///path, https://host/path`, {
    subject: uri,
  });
}

/** The canonical uri of a location: the identity of a dataset. The object's version is not part of it. */
export function formatLocation(location: Location): string {
  if (location.kind === 's3') return `s3://${location.bucket}/${location.key}`;
  // a trailing slash is kept by pathToFileURL
  if (location.kind === 'file') return pathToFileURL(location.path).href;
  return location.url;
}

/** As formatLocation, but fit for logs and messages: no query string and no credentials of an https uri. */
export function describeLocation(location: Location): string {
  if (location.kind !== 'https') return formatLocation(location);
  const url = new URL(location.url);
  return `${url.protocol}//${url.host}${url.pathname}`;
}

/** The last segment of the path, as it is (not decoded for s3, decoded for https where it can be). */
export function baseNameOf(location: Location): string {
  const path =
    location.kind === 's3'
      ? location.key
      : location.kind === 'file'
        ? location.path
        : decodePath(new URL(location.url).pathname);
  return path.slice(path.lastIndexOf('/') + 1);
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567';

/** `length` characters of [a-z2-7] that stand for the text (5 bits of SHA-256 a character). */
export function shortHash(text: string, length: number): string {
  const digest = hash('sha256', text, 'buffer');
  let out = '';
  for (let bit = 0; out.length < length; bit += 5) {
    const byte = bit >> 3;
    const pair = ((digest[byte] ?? 0) << 8) | (digest[byte + 1] ?? 0);
    out += BASE32[(pair >> (11 - (bit & 7))) & 31];
  }
  return out;
}

/** The id of a dataset: the same source uri always has the same one. `d` and 20 characters (100 bits). */
export function datasetIdOf(location: Location): string {
  return `d${shortHash(formatLocation(location), 20)}`;
}

/** The id of the dataset that one content of a file becomes where a rule keeps each. @param raster the raster part of its version */
export function versionIdOf(location: Location, raster: string): string {
  return `d${shortHash(`${formatLocation(location)}\u0000${raster}`, 20)}`;
}

export const datasetIdSchema = z.string().regex(/^d[a-z2-7]{20}$/, 'a dataset id is d and 20 characters of a-z2-7');
