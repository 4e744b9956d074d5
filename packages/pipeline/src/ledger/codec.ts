import { isDeepStrictEqual } from 'node:util';
import { formatLocation, type LedgerEntry, type Location, parseLocation } from '@geosluice/jobs';
import { pack, unpack } from './pack.ts';
import { readPlace } from './place.ts';

/** Fields of the hash that hold JSON, packed where it is long; the others are text, `generation` a number. */
const JSON_FIELDS: ReadonlySet<string> = new Set([
  ...['location', 'options', 'facts', 'object', 'layer', 'geonode', 'reason', 'warnings', 'job'],
]);
const TEXT_FIELDS: ReadonlySet<string> = new Set([
  ...['uri', 'ingestion', 'state', 'version', 'takenBy', 'workspace', 'name', 'title', 'metadataState'],
  ...['publishedVersion', 'inPlaceRaster', 'lastError', 'updatedAt'],
]);

/** What the hash holds besides the entry: for the pipeline's own use. */
export interface EntryExtras {
  /** How a removal under way ends. */
  removal: 'delete' | 'unpublish' | null;
  /** The job in the failed set that made it dead. */
  failed: FailedJob | null;
}

export interface FailedJob {
  stage: string;
  id: string;
}

/** @param hash as HGETALL gives it; null where there is none */
export function decodeEntry(dataset: string, hash: Record<string, string>): LedgerEntry | null {
  const { uri, state, generation, createdMs } = hash;
  if (uri === undefined || state === undefined) return null;
  const entry: Record<string, unknown> = {
    ...{ dataset, generation: Number(generation), createdAt: new Date(Number(createdMs)).toISOString() },
  };
  for (const [field, value] of Object.entries(hash)) {
    if (value === '' && field === 'job') continue;
    if (JSON_FIELDS.has(field)) entry[field] = unpack(value);
    else if (TEXT_FIELDS.has(field)) entry[field] = value;
    else if (field === 'claim') entry.places = value.split(' ').map(readPlace);
  }
  entry.location ??= parseLocation(uri);
  return entry as unknown as LedgerEntry;
}

/** What an entry keeps of its location besides the uri: nothing, for nearly all. */
export function encodeLocation(location: Location): string {
  return isDeepStrictEqual(parseLocation(formatLocation(location)), location) ? '' : pack(JSON.stringify(location));
}

export function decodeExtras({ removal, failed }: Record<string, string | null | undefined>): EntryExtras {
  return {
    removal: removal === 'delete' || removal === 'unpublish' ? removal : null,
    failed: readFailed(failed)[0] ?? null,
  };
}

export function readFailed(text: string | null | undefined): FailedJob[] {
  return text === null || text === undefined || text === '' ? [] : (JSON.parse(text) as FailedJob[]);
}

/** The fields of a patch as the hash keeps them; `state` is the script's to decide. */
export function encodePatch(patch: Partial<LedgerEntry>): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const [field, value] of Object.entries(patch)) {
    if (field === 'state' || value === undefined) continue;
    if (JSON_FIELDS.has(field)) fields[field] = pack(JSON.stringify(value));
    else if (TEXT_FIELDS.has(field)) fields[field] = String(value);
  }
  return fields;
}
