import { resolve } from 'node:path';
import { type Location, parseLocation } from '@geosluice/jobs';

/** A source as typed: a uri the workers read themselves, or a path that only this machine has. */
export type Typed = { kind: 'uri'; uri: string; location: Location } | { kind: 'path'; path: string };

/** @throws Reject INVALID_OPTIONS where it is neither */
export function readSource(text: string, from: string): Typed {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return { kind: 'uri', uri: text, location: parseLocation(text) };
  return { kind: 'path', path: resolve(from, text) };
}
