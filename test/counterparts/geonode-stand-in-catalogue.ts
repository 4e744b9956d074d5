import {
  LOOKUP_SIZE,
  type LookupDocument,
  lookupDocumentSchema,
  type RegistrationDocument,
  registrationDocumentSchema,
  unregistrationDocumentSchema,
} from '@geosluice/geonode';
import type { z } from 'zod';

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

interface Row {
  generation: number;
  digest: string;
  dataset: StandInDataset | null;
}

/** The registration app's rules over memory: fencing, unchanged, one owner a layer name, refusals that name a field. */
export function createStandInCatalogue(pageOf: (pk: number) => string): StandInCatalogue {
  const rows = new Map<string, Row>();
  let count = 0;

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
    const { workspace, name } = document.layer;
    const taken = [...rows].find(([id, { dataset }]) => {
      const layer = dataset?.document.layer;
      return id !== document.dataset && layer?.workspace === workspace && layer.name === name;
    });
    if (taken !== undefined)
      return error('NAME_TAKEN', 'layer.name', `${workspace}:${name} belongs to dataset ${taken[0]}`);
    const status = row.dataset === null ? 'created' : 'updated';
    if (row.dataset === null) count += 1;
    const before = row.dataset ?? { pk: count, uuid: crypto.randomUUID() };
    const dataset = { ...before, document, lastUpdated: new Date().toISOString() };
    rows.set(document.dataset, { generation: document.generation, digest, dataset });
    return { status, ...named(dataset) };
  };

  const unregister = ({ dataset, generation }: { dataset: string; generation: number }): StandInAnswer => {
    const row = rows.get(dataset);
    if (row !== undefined && generation < row.generation) return { status: 'superseded' };
    rows.set(dataset, { generation, digest: '', dataset: null });
    return { status: row?.dataset ? 'removed' : 'absent' };
  };

  const list = (): StandInDataset[] =>
    [...rows.values()].flatMap(({ dataset }) => dataset ?? []).sort((a, b) => b.pk - a.pk);

  const described = ([dataset, { generation, dataset: held }]: [string, Row], at: number): object[] => {
    if (held === null) return [];
    const { document } = held;
    const { layer, object, options, version, sourceUri, title } = document;
    const about = { dataset, generation, version, sourceUri, title, doubles: [], kept: { layer, object, options } };
    return [{ row: at + 1, ...about, ...named(held), alternate: `${layer.workspace}:${layer.name}` }];
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
    get: (pk) => list().find((dataset) => dataset.pk === pk) ?? null,
  };
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
