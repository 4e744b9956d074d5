import type { ApiKey } from './gateway.ts';

/** The entries of GEOSLUICE_KEYS, `name:scope+scope:sha256`, whose form the configuration has checked. */
export function readKeys(entries: readonly string[]): ApiKey[] {
  return entries.map((entry) => {
    const [name = '', scopes = '', sha256 = ''] = entry.split(':');
    return { name, scopes: scopes.split('+') as ApiKey['scopes'], sha256 };
  });
}
