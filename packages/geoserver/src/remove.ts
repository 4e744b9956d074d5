import type { Log } from '@geosluice/jobs';
import type { Http } from './http.ts';
import { deleteStore } from './publish.ts';
import { getStore, type Look } from './rest.ts';
import { ownerMark } from './store-body.ts';
import { removeStyle } from './style.ts';

export interface RemoveRequest {
  workspace: string;
  /** Of store and layer. */
  name: string;
  /** With `isOurs`: a store that is not the dataset's is left alone. */
  dataset: string;
  isOurs(url: string): boolean;
  signal: AbortSignal;
  log: Log;
}

/**
 * Deletes the store with its coverage and layer, and the workspace style that is named like the layer unless another
 * layer uses it. What is gone already is success; the object stays where it is.
 * @returns what there was to do
 */
export async function remove(http: Http, request: RemoveRequest): Promise<'removed' | 'absent' | 'not-ours'> {
  const look: Look = { workspace: request.workspace, name: request.name, signal: request.signal };
  const layer = `${request.workspace}:${request.name}`;
  const store = await getStore(http, look);
  if (store === null) {
    // an earlier attempt may have come this far and no further
    await removeStyle(http, look, false);
    return 'absent';
  }
  if (store.description !== ownerMark(request.dataset) && !request.isOurs(store.url ?? '')) {
    request.log.warn({ layer, url: store.url }, 'Layer:Remove:NotOurs');
    return 'not-ours';
  }
  const deleted = await deleteStore(http, look);
  await removeStyle(http, look, false);
  request.log.info({ layer }, 'Layer:Remove:Done');
  return deleted ? 'removed' : 'absent';
}
