import type { Log, PublishedLayer, StoredObject } from '@geosluice/jobs';
import type { Http } from './http.ts';
import { namesIn } from './names-in.ts';
import { remove } from './remove.ts';
import { getDefaultStyle, getStore, paths } from './rest.ts';
import { datasetOfMark, storeUrl } from './store-body.ts';

/** A store and its layer in one workspace, of one name. */
export interface StorePlace {
  workspace: string;
  name: string;
}

/** What a node says of one store. */
export interface StoreSeen {
  url: string;
  /** Id of the dataset it was made for, null where geosluice did not make it. */
  dataset: string | null;
  enabled: boolean;
  /** Whether its layer is there: deleting one leaves its coverage. */
  complete: boolean;
  /** Name of the layer's default style, without the layer's own workspace. */
  style: string | null;
}

/**
 * What the nodes hold, each asked by itself: for comparing, never for publishing. Lists are read while they come, since
 * GeoServer gives them in one piece.
 */
export interface Inventory {
  /** The nodes there are now, the primary first. */
  nodes(signal: AbortSignal): Promise<readonly string[]>;
  /** Null where there is no such store. */
  store(node: string, at: StorePlace, signal: AbortSignal): Promise<StoreSeen | null>;
  /** The url a store of this layer has. */
  urlOf(layer: Pick<PublishedLayer, 'storeType'>, object: Pick<StoredObject, 'bucket' | 'key'>): string;
  workspaces(node: string, signal: AbortSignal): Promise<string[]>;
  /** Names of coverage stores, some hundred at a time. */
  names(node: string, workspace: string, signal: AbortSignal): AsyncIterable<string[]>;
  /** Takes a store of a dataset from this node, with its coverage and layer; one of another dataset is left alone. */
  remove(node: string, at: StorePlace & { dataset: string }, options: { signal: AbortSignal; log: Log }): Promise<void>;
}

export function createInventory(http: Http): Inventory {
  const names = (node: string, path: string, signal: AbortSignal): AsyncIterable<string[]> =>
    namesIn(http.read({ method: 'GET', path: `${path}.json`, node, timeoutMs: http.settings.readTimeoutMs, signal }));
  return {
    nodes: (signal) => http.nodes(signal),
    async store(node, { workspace, name }, signal) {
      const look = { workspace, name, node, signal };
      const store = await getStore(http, look);
      if (store === null) return null;
      const layer = await getDefaultStyle(http, look);
      return {
        ...{ url: store.url ?? '', dataset: datasetOfMark(store.description), enabled: store.enabled ?? true },
        ...{ complete: layer !== null, style: layer?.style ?? null },
      };
    },
    urlOf: ({ storeType }, object) => storeUrl(storeType, object, http.settings),
    async workspaces(node, signal) {
      const all: string[] = [];
      for await (const some of names(node, paths.workspaces, signal)) all.push(...some);
      return all;
    },
    names: (node, workspace, signal) => names(node, paths.stores(workspace), signal),
    async remove(node, place, options) {
      await remove(http.at(node), { ...place, ...options, isOurs: () => false });
    },
  };
}
