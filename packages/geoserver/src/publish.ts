import type { Log, PublishedLayer, RasterFacts, StoredObject } from '@geosluice/jobs';
import type { CoverageState, StoreState } from './answers.ts';
import {
  type CoverageWish,
  changedCoverageDocument,
  type MetadataLink,
  newCoverageDocument,
  ordered,
  showsObject,
} from './coverage-body.ts';
import { type Created, createOrConfirm } from './create.ts';
import { GeoServerError } from './errors.ts';
import type { Http } from './http.ts';
import { refusalError } from './refusals.ts';
import { getCoverage, getCoverageAnywhere, getDefaultStyle, getStore, json, type Look, paths, send } from './rest.ts';
import {
  datasetOfMark,
  decideStore,
  nativeNameOf,
  type StoreType,
  storeDocument,
  type WantedStore,
  wantedStore,
} from './store-body.ts';
import { applyStyle, PLAIN, type Style } from './style.ts';
import type { Workspaces } from './workspaces.ts';

export interface PublishRequest {
  workspace: string;
  /** Of store, coverage and layer. */
  name: string;
  storeType: StoreType;
  object: Pick<StoredObject, 'bucket' | 'key'>;
  facts: RasterFacts;
  title: string;
  abstract: string;
  keywords: readonly string[];
  metadataLinks?: readonly MetadataLink[];
  /** To be the layer's default; null: GeoServer's own does, where people chose no other. Left as it is where absent. */
  style?: Style | null;
  /** Id of the dataset: written into the store's description, so that people and later looks see whose it is. */
  dataset: string;
  /** True for a store url that belongs to the dataset, e.g. an older version's; the wanted url always does. */
  isOurs(url: string): boolean;
  /** Nothing was published under this name as far as is known: it is made without a look. */
  fresh?: boolean | undefined;
  /** A node that stayed behind, to be brought in line by the same writes; the primary where absent. */
  node?: string | undefined;
  signal: AbortSignal;
  log: Log;
}

/** What was seen to be there, so that not every publish asks for it. */
export interface Known {
  workspaces: Workspaces;
  /** Shared styles, by `workspace:name`. */
  styles: Set<string>;
}

/**
 * Makes the object a layer, or confirms that it is one: repeating it changes nothing, and an older version's layer is
 * moved. The layer is taken by the primary when this returns; `drawn` tells when every node shows it.
 * @throws GeoServerError NAME_TAKEN, GEOSERVER_REFUSED, NO_GEOREFERENCE, CRS_UNKNOWN, INVALID_OPTIONS: reject; all others: retry
 */
export async function publish(
  http: Http,
  { workspaces, styles }: Known,
  request: PublishRequest,
): Promise<PublishedLayer> {
  const { workspace, name, signal, log } = request;
  const look: Look = { workspace, name, signal };
  const layer = `${workspace}:${name}`;
  const store = wantedStore(name, request.storeType, request.object, request.dataset, http.settings);
  const wish: CoverageWish = {
    name,
    nativeName: nativeNameOf(request.object.key),
    title: request.title,
    abstract: request.abstract,
    keywords: request.keywords,
    metadataLinks: request.metadataLinks ?? [],
    facts: request.facts,
  };

  const storeState = await settleStore(http, workspaces, request, store);
  const before = storeState === 'created' ? null : await coverageOfLayer(http, look);
  // null here: made just now, with all of our fields
  const coverage = before ?? (await createCoverage(http, wish, look));
  const document = coverage === null ? null : changedCoverageDocument(coverage, wish, storeState === 'moved');
  if (document !== null) {
    await putCoverage(http, document, look);
    await confirmMove(http, wish, look, log);
  }
  const isNew = storeState === 'created' && coverage === null;
  if (request.style !== undefined) await applyStyle(http, request.style ?? PLAIN, look, { seen: styles, isNew });
  const what = coverage === null ? 'created' : document === null ? 'confirmed' : 'changed';
  log.info({ layer, store: storeState, coverage: what }, 'Layer:Publish:Done');
  return {
    workspace,
    store: name,
    name,
    storeType: request.storeType,
    srs: request.facts.srs,
    nativeBbox: request.facts.nativeBbox,
    wgs84Bbox: request.facts.wgs84Bbox,
    wms: `${http.settings.publicUrl}/${encodeURIComponent(workspace)}/${encodeURIComponent(name)}/wms`,
    style: request.style?.kind === 'own' ? request.style.name : null,
  };
}

type Settled = 'created' | 'confirmed' | 'moved';

async function settleStore(
  http: Http,
  workspaces: Workspaces,
  request: PublishRequest,
  wanted: WantedStore,
): Promise<Settled> {
  const look: Look = { workspace: request.workspace, name: request.name, signal: request.signal };
  // what nobody made yet need not be looked for: GeoServer says so where it is there after all
  const first = request.fresh === true ? await createStore(http, workspaces, look, wanted) : null;
  if (first?.made) return 'created';
  const current = first === null ? await getStore(http, look) : first.found;
  const settled = await bringInLine(http, request, wanted, current);
  if (settled !== 'absent') return settled;
  const created = await createStore(http, workspaces, look, wanted);
  if (created.made) return 'created';
  const again = await bringInLine(http, request, wanted, created.found);
  if (again !== 'absent') return again;
  throw taken(`${look.workspace}:${look.name}`, 'another store took this name');
}

/** Makes a store that is there the wanted one. `absent`: it has to be made, now that nothing is in its place. */
async function bringInLine(
  http: Http,
  { workspace, name, signal, node, isOurs }: PublishRequest,
  wanted: WantedStore,
  current: StoreState | null,
): Promise<'confirmed' | 'moved' | 'absent'> {
  const look: Look = { workspace, name, signal };
  switch (decideStore(current, wanted, isOurs)) {
    case 'confirm':
      return 'confirmed';
    case 'taken': {
      // the primary has it: what another dataset of ours left there, a node that stayed behind was not told to forget
      if (node !== undefined && datasetOfMark(current?.description) !== null) {
        await deleteStore(http, look);
        return 'absent';
      }
      const layer = `${look.workspace}:${look.name}`;
      throw taken(layer, `a store that is not ours holds this name (${current?.url ?? 'no url'})`);
    }
    case 'move':
      await moveStore(http, wanted, look);
      return 'moved';
    case 'recreate':
      // the kind of a store cannot be changed; its layer is made anew at once
      await deleteStore(http, look);
      return 'absent';
    case 'create':
      return 'absent';
  }
}

async function createStore(
  http: Http,
  workspaces: Workspaces,
  look: Look,
  wanted: WantedStore,
): Promise<Created<StoreState>> {
  const { workspace, name, signal } = look;
  await workspaces.ensure(workspace, signal);
  try {
    return await createOrConfirm({
      what: 'create the store',
      layer: `${workspace}:${name}`,
      create: () => send(http, 'POST', paths.stores(workspace), signal, json(storeDocument(workspace, wanted))),
      look: () => getStore(http, look),
    });
  } catch (error) {
    // e.g. the workspace was deleted since we saw it: the next attempt looks afresh
    workspaces.forget(workspace);
    throw error;
  }
}

async function moveStore(http: Http, wanted: WantedStore, look: Look): Promise<void> {
  const body = { url: wanted.url, description: wanted.description, enabled: true };
  const path = paths.store(look.workspace, wanted.name);
  const answer = await send(http, 'PUT', path, look.signal, json({ coverageStore: body }));
  if (answer.status === 200) return;
  const layer = `${look.workspace}:${look.name}`;
  const found = await getStore(http, look);
  if (found?.url !== wanted.url) throw refusalError('move the store', answer, layer);
}

/**
 * The coverage whose layer is there too. One without is what is left where a person deleted the layer, or where a node was
 * told of it by half; no layer can be made for it, so it makes way for both.
 */
async function coverageOfLayer(http: Http, look: Look): Promise<CoverageState | null> {
  const found = await getCoverage(http, look);
  if (found === null || (await getDefaultStyle(http, look)) !== null) return found;
  const answer = await send(http, 'DELETE', paths.coverage(look.workspace, look.name, look.name), look.signal);
  if (answer.status === 200 || (await getCoverage(http, look)) === null) return null;
  throw refusalError('delete the coverage without a layer', answer, `${look.workspace}:${look.name}`);
}

async function createCoverage(http: Http, wish: CoverageWish, look: Look): Promise<CoverageState | null> {
  const layer = `${look.workspace}:${look.name}`;
  const created = await createOrConfirm({
    what: 'create the layer',
    layer,
    create: () =>
      send(http, 'POST', paths.coverages(look.workspace, look.name), look.signal, json(newCoverageDocument(wish))),
    look: async () => {
      const found = await getCoverage(http, look);
      if (found !== null) return found;
      const other = await getCoverageAnywhere(http, look);
      if (other !== null) throw taken(layer, `the layer belongs to another store (${other.store?.name ?? 'unknown'})`);
      return null;
    },
  });
  return created.made ? null : created.found;
}

async function putCoverage(http: Http, document: object, look: Look, query = ''): Promise<void> {
  const path = paths.coverage(look.workspace, look.name, look.name);
  const answer = await send(http, 'PUT', `${path}${query}`, look.signal, json(document));
  if (answer.status !== 200) throw refusalError('change the layer', answer, `${look.workspace}:${look.name}`);
}

/** Bounds stay an older object's unless GeoServer took ours: then it is asked to compute them from the new object. */
async function confirmMove(http: Http, wish: CoverageWish, look: Look, log: Log): Promise<void> {
  const now = await getCoverage(http, look);
  if (now !== null && showsObject(now, wish)) return;
  const layer = `${look.workspace}:${look.name}`;
  log.warn({ layer, wanted: ordered(wish.facts.nativeBbox), has: now?.nativeBoundingBox }, 'Layer:Bounds:Recalculate');
  await putCoverage(http, { coverage: { enabled: true } }, look, '?recalculate=nativebbox,latlonbbox');
}

/** 404 is success. */
export async function deleteStore(http: Http, look: Look): Promise<boolean> {
  // the object is the object store's to delete: nothing is purged
  const path = `${paths.store(look.workspace, look.name)}?recurse=true&purge=none`;
  const answer = await send(http, 'DELETE', path, look.signal);
  if (answer.status === 200) return true;
  if (answer.status === 404) return false;
  if ((await getStore(http, look)) === null) return true;
  throw refusalError('delete the store', answer, `${look.workspace}:${look.name}`);
}

function taken(layer: string, why: string): GeoServerError {
  return new GeoServerError('NAME_TAKEN', `${layer}: ${why}; choose another name or workspace`, { layer });
}
