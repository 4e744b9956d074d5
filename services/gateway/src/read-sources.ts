import type { FieldError } from '@geosluice/gateway-api';
import { describeLocation, formatLocation, type Location, locationSchema, parseLocation } from '@geosluice/jobs';
import { GatewayProblem } from './problem.ts';

/**
 * The locations of source uris, each once.
 * @param field name of the field in the request; of several, each with its number
 * @throws GatewayProblem FIELDS_INVALID, SOURCE_NOT_ALLOWED, naming every one that is wrong
 */
export function readSources(
  uris: readonly string[],
  field: string,
  allowed: (location: Location) => boolean,
): Location[] {
  const nameOf = (at: number): string => (field === 'sources' ? `sources.${at}` : field);
  const wrong: FieldError[] = [];
  const refused: FieldError[] = [];
  const found = new Map<string, Location>();
  for (const [at, uri] of uris.entries()) {
    const location = read(uri);
    if (typeof location === 'string') wrong.push({ in: 'body', field: nameOf(at), message: location });
    else if (!allowed(location)) {
      const message = `${describeLocation(location)} is not allowed; ${adviceFor(location)}`;
      refused.push({ in: 'body', field: nameOf(at), message });
    } else found.set(formatLocation(location), location);
  }
  const some = (errors: FieldError[]): { errors: FieldError[] } => ({ errors: errors.slice(0, 20) });
  if (wrong.length > 0) throw new GatewayProblem('FIELDS_INVALID', 'Correct the fields in errors.', some(wrong));
  if (refused.length > 0) {
    const what = refused.length === 1 ? 'One source may' : `${refused.length} sources may`;
    throw new GatewayProblem('SOURCE_NOT_ALLOWED', `${what} not be read here.`, some(refused));
  }
  return [...found.values()];
}

/** A location, or what would be right. */
function read(uri: string): Location | string {
  try {
    const parsed = locationSchema.safeParse(parseLocation(uri));
    if (!parsed.success) return parsed.error.issues.map(({ message }) => message).join('; ');
    const { data } = parsed;
    // S3 counts bytes, the schema characters
    if (data.kind === 's3' && Buffer.byteLength(data.key) > 1024) return 'a key has at most 1,024 bytes';
    return data;
  } catch {
    return 'write s3://bucket/key, s3://bucket/prefix/, https://host/path or file:///path';
  }
}

function adviceFor(location: Location): string {
  if (location.kind === 's3') return `add the bucket ${location.bucket} to the allowed buckets`;
  if (location.kind === 'file') return 'add its directory to the allowed roots';
  const { host, username, password } = new URL(location.url);
  if (username !== '' || password !== '') return 'an address must not hold a user name or a password';
  return `add ${host} to the allowed hosts`;
}
