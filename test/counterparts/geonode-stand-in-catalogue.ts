import {
  LOOKUP_SIZE,
  type LookupDocument,
  lookupDocumentSchema,
  type RegistrationDocument,
  registrationDocumentSchema,
  unregistrationDocumentSchema,
} from '@geosluice/geonode';
import type { z } from 'zod';
import { openJournal } from './journal.ts';

/** What the stand-in answers on the wire: the same as the Django app. */
export type StandInAnswer = Record<string, unknown>;

export interface StandInDataset {
  pk: number;
  uuid: string;
  document: RegistrationDocument;
  lastUpdated: string;
}

export interface StandInCatalogue {
  answer(action: 'register' | 'unregister' | 'lookup', document: unknown): StandInAnswer;
  list(): StandInDataset[];
  get(pk: number): StandInDataset | null;
}

const OWNERS = new Set(['admin']);
const CATEGORIES = new Set(['elevation', 'environment', 'imageryBaseMapsEarthCover', 'location', 'oceans']);

/** One dataset's place in the catalogue. */
interface Row {
  generation: number;
  digest: string;
  dataset: StandInDataset | null;
}

/**
 * The registration app's rules over memory: fencing, unchanged, one owner a layer name, refusals that name a field.
 * @param journalPath a file that it is read from at the start, and that each change is added to; none where absent
 */
export function createStandInCatalogue(pageOf: (pk: number) => string, journalPath?: string): StandInCatalogue {
  const rows = new Map<string, Row>();
  // no look for one is a walk over all
  const owners = new Map<string, string>();
  const byPk = new Map<number, StandInDataset>();
  let count = 0;

  const put = (id: string, row: Row): void => {
    const before = rows.get(id)?.dataset;
    if (before) owners.delete(layerOf(before));
    if (before && row.dataset === null) byPk.delete(before.pk);
    rows.set(id, row);
    if (row.dataset === null) return;
    owners.set(layerOf(row.dataset), id);
    byPk.set(row.dataset.pk, row.dataset);
    count = Math.max(count, row.dataset.pk);
  };
  const journal = openJournal<[id: string, row: Row]>(journalPath);
  for (const [id, row] of journal.lines) put(id, row);
  const keep = (id: string, row: Row): void => {
    put(id, row);
    journal.add([[id, row]]);
  };

  const named = ({ pk, uuid }: StandInDataset): StandInAnswer => ({ pk, uuid, url: pageOf(pk) });

  const register = (document: RegistrationDocument): StandInAnswer => {
    const refusal = refuse(document);
    if (refusal !== null) return refusal;
    const row = rows.get(document.dataset) ?? { generation: 0, digest: '', dataset: null };
    if (document.generation < row.generation)
      return { status: 'superseded', ...(row.dataset === null ? {} : named(row.dataset)) };
    const digest = JSON.stringify({ ...document, generation: 0, version: '' });
    if (row.dataset !== null && document.generation === row.generation && digest === row.digest)
      return { status: 'unchanged', ...named(row.dataset) };
    const owner = owners.get(layerOf({ document }));
    if (owner !== undefined && owner !== document.dataset)
      return error('NAME_TAKEN', 'layer.name', `${layerOf({ document })} belongs to dataset ${owner}`);
    const status = row.dataset === null ? 'created' : 'updated';
    const before = row.dataset ?? { pk: count + 1, uuid: crypto.randomUUID() };
    const dataset = { ...before, document, lastUpdated: new Date().toISOString() };
    keep(document.dataset, { generation: document.generation, digest, dataset });
    return { status, ...named(dataset) };
  };

  const unregister = ({ dataset, generation }: { dataset: string; generation: number }): StandInAnswer => {
    const row = rows.get(dataset);
    if (row !== undefined && generation < row.generation) return { status: 'superseded' };
    keep(dataset, { generation, digest: '', dataset: null });
    return { status: row?.dataset ? 'removed' : 'absent' };
  };

  // keys come in the order of their first registration, which is that of their numbers
  const list = (): StandInDataset[] => [...byPk.values()].reverse();

  const described = ([dataset, { generation, dataset: held }]: [string, Row], at: number): object[] => {
    if (held === null) return [];
    const { document } = held;
    const { layer, object, options, version, sourceUri, title } = document;
    const about = { dataset, generation, version, sourceUri, title, doubles: [], kept: { layer, object, options } };
    return [{ row: at + 1, ...about, ...named(held), alternate: layerOf(held) }];
  };

  const lookup = (query: LookupDocument): StandInAnswer => {
    const all = [...rows].flatMap(described) as Array<{ row: number; dataset: string }>;
    if ('datasets' in query) {
      const registrations = all.filter(({ dataset }) => query.datasets.includes(dataset));
      return { status: 'found', registrations, next: null };
    }
    const page = all.filter(({ row }) => row > query.after).slice(0, LOOKUP_SIZE);
    return { status: 'found', registrations: page, next: page.length === LOOKUP_SIZE ? page.at(-1)?.row : null };
  };

  return {
    answer(action, document) {
      if (action === 'lookup') return checked(lookupDocumentSchema, document, lookup);
      if (action === 'register') return checked(registrationDocumentSchema, document, register);
      return checked(unregistrationDocumentSchema, document, unregister);
    },
    list,
    get: (pk) => byPk.get(pk) ?? null,
  };
}

function layerOf({ document: { layer } }: Pick<StandInDataset, 'document'>): string {
  return `${layer.workspace}:${layer.name}`;
}

function checked<T>(schema: z.ZodType<T>, document: unknown, then: (document: T) => StandInAnswer): StandInAnswer {
  const parsed = schema.safeParse(document);
  if (parsed.success) return then(parsed.data);
  const issue = parsed.error.issues[0];
  return error('GEONODE_REFUSED', issue?.path.join('.') || 'document', issue?.message ?? 'is wrong');
}

function refuse({ owner, category }: RegistrationDocument): StandInAnswer | null {
  if (owner !== undefined && !OWNERS.has(owner))
    return error('GEONODE_REFUSED', 'owner', `names no active user of this GeoNode: ${owner}`);
  if (category !== undefined && !CATEGORIES.has(category))
    return error('GEONODE_REFUSED', 'category', 'is no ISO 19115 topic category of this GeoNode');
  return null;
}

function error(code: string, field: string, message: string): StandInAnswer {
  return { status: 'error', code, field, message: `${field}: ${message}`, retry: false };
}
