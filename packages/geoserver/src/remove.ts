import type { Log } from '@geosluice/jobs';
import type { Http } from './http.ts';
import { deleteStore } from './publish.ts';
import { refusalError } from './refusals.ts';
import { getCoverageAnywhere, getLayer, getStore, type Look, paths, send } from './rest.ts';
import { ownerMark } from './store-body.ts';
import { removeStyle } from './style.ts';

export interface RemoveRequest {
  workspace: string;
  /** Of store and layer. */
  name: string;
  /** With `isOurs`: a store that is not the dataset's is left alone. */
  dataset: string;
  isOurs(url: string): boolean;
  /** A node that stayed behind, to be sent the same deletes; the primary where absent. */
  node?: string | undefined;
  signal: AbortSignal;
  log: Log;
}

/**
 * Deletes the store with its coverage and layer, and the workspace style that is named like the layer unless another
 * layer uses it. What is gone already is success; the object stays where it is. The layer is gone from the primary when this
 * returns; `gone` tells when it is from every node.
 * @returns what there was to do
 */
export async function remove(http: Http, request: RemoveRequest): Promise<'removed' | 'absent' | 'not-ours'> {
  const look: Look = { workspace: request.workspace, name: request.name, signal: request.signal };
  const layer = `${request.workspace}:${request.name}`;
  const left = await leftOf(http, look, request);
  if (left === 'not-ours') {
    request.log.warn({ layer }, 'Layer:Remove:NotOurs');
    return left;
  }
  const deleted = left !== null && (await deleteLeft(http, left, look));
  // an earlier attempt may have come this far and no further
  await removeStyle(http, look, false);
  if (!deleted) return 'absent';
  request.log.info({ layer }, 'Layer:Remove:Done');
  return 'removed';
}

/** What there is of a layer: its store with all in it, or what was in that, where a node heard of its end by half. */
export type Left = 'store' | 'coverage' | 'layer';

/** @returns null where there is nothing; a layer of that name in another store is another's */
export async function leftOf(
  http: Http,
  look: Look,
  { dataset, isOurs }: Pick<RemoveRequest, 'dataset' | 'isOurs'>,
): Promise<Left | 'not-ours' | null> {
  const store = await getStore(http, look);
  if (store !== null) return store.description === ownerMark(dataset) || isOurs(store.url ?? '') ? 'store' : 'not-ours';
  const coverage = await getCoverageAnywhere(http, look);
  if (coverage !== null) return coverage.store?.name === `${look.workspace}:${look.name}` ? 'coverage' : null;
  return (await getLayer(http, look))?.type === 'RASTER' ? 'layer' : null;
}

/** A store takes all in it along, a coverage its layer. 404 is success. */
async function deleteLeft(http: Http, left: Left, look: Look): Promise<boolean> {
  if (left === 'store') return await deleteStore(http, look);
  const { workspace, name, signal } = look;
  const path =
    left === 'coverage' ? `${paths.coverage(workspace, name, name)}?recurse=true` : paths.layer(workspace, name);
  const answer = await send(http, 'DELETE', path, signal);
  if (answer.status === 200) return true;
  if (answer.status === 404) return false;
  const still = left === 'coverage' ? await getCoverageAnywhere(http, look) : await getLayer(http, look);
  if (still === null) return true;
  throw refusalError(`delete the ${left} whose store is gone`, answer, `${workspace}:${name}`);
}
