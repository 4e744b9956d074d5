import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { isStatus, type KubernetesClient, KubernetesError, type KubernetesObject } from './client.ts';

export interface WatchHandlers<T> {
  /** A new object or a newer state of one. */
  changed(object: T): void;
  /** With the last state that was seen. */
  deleted?(object: T): void;
}

export interface Watched<T> {
  /** By `namespace/name`, or the name alone. */
  readonly objects: ReadonlyMap<string, T>;
  stop(): void;
}

export function keyOf({ metadata: { namespace, name } }: KubernetesObject): string {
  return namespace === undefined ? name : `${namespace}/${name}`;
}

/** Lists a collection, then keeps it current by a watch, listing anew where the watch is lost. Resolves after the first list. */
export async function watchCollection<T extends KubernetesObject>(
  client: KubernetesClient,
  path: string,
  handlers: WatchHandlers<T>,
): Promise<Watched<T>> {
  const objects = new Map<string, T>();
  const stopped = new AbortController();
  const separator = path.includes('?') ? '&' : '?';

  const put = (object: T): void => {
    const key = keyOf(object);
    const known = objects.get(key);
    if (known?.metadata.resourceVersion === object.metadata.resourceVersion) return;
    // a deletion and a creation under the same name were missed
    if (known !== undefined && known.metadata.uid !== object.metadata.uid) handlers.deleted?.(known);
    objects.set(key, object);
    handlers.changed(object);
  };
  const drop = (object: T): void => {
    objects.delete(keyOf(object));
    handlers.deleted?.(object);
  };

  const list = async (): Promise<string> => {
    const { items, metadata } = await client.list<T>(path);
    const present = new Set(items.map(keyOf));
    for (const object of [...objects.values()]) if (!present.has(keyOf(object))) drop(object);
    for (const object of items) put(object);
    return metadata.resourceVersion;
  };

  /** @returns the version to go on from */
  const follow = async (from: string): Promise<string> => {
    let version = from;
    const query = `${separator}watch=true&allowWatchBookmarks=true&timeoutSeconds=600&resourceVersion=${version}`;
    const stream = await client.open(path + query, stopped.signal);
    for await (const line of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })) {
      const { type, object } = JSON.parse(line) as { type: string; object: T };
      if (type === 'ERROR') throw new KubernetesError('WATCH', path, 410, line);
      version = object.metadata.resourceVersion ?? version;
      if (type === 'ADDED' || type === 'MODIFIED') put(object);
      if (type === 'DELETED') drop(object);
    }
    return version;
  };

  const keepFollowing = async (from: string): Promise<void> => {
    let version: string | null = from;
    while (!stopped.signal.aborted) {
      try {
        version = await follow(version ?? (await list()));
      } catch (error) {
        if (stopped.signal.aborted) return;
        if (isStatus(error, 410)) version = null;
        await wait(200, undefined, { ref: false });
      }
    }
  };

  void keepFollowing(await list());
  return { objects, stop: () => stopped.abort() };
}
