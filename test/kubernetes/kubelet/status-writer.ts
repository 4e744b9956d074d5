import { setTimeout as wait } from 'node:timers/promises';
import { isStatus, type KubernetesClient } from '../client.ts';
import type { Pod, PodStatus } from './types.ts';

export interface StatusWriter {
  /** There may be something new to write. Many in a row are written once. */
  changed(): void;
  /** Resolves when what is current is stored. */
  written(): Promise<void>;
  /** The object may go: nothing of it runs any more. */
  remove(): Promise<void>;
  /** Nothing is written any more. */
  close(): void;
}

/** Stores a pod's status, one request at a time, only where it differs from the last one. */
export function statusWriter(client: KubernetesClient, current: () => { pod: Pod; status: PodStatus }): StatusWriter {
  let wanted = false;
  let closed = false;
  let last = '';
  let writing: Promise<void> | null = null;

  const write = async (): Promise<void> => {
    // what changes in the same instant is told together
    await wait(5, undefined, { ref: false });
    while (wanted && !closed) {
      wanted = false;
      const { pod, status } = current();
      const text = JSON.stringify(status);
      if (text === last) continue;
      const { uid, name, namespace } = pod.metadata;
      try {
        const path = `/api/v1/namespaces/${namespace}/pods/${name}/status`;
        await client.patch(path, { metadata: { uid }, status }, 'strategic-merge');
        last = text;
      } catch (error) {
        // the pod is gone, or another one has its name
        if (isStatus(error, 404) || isStatus(error, 409)) return;
        wanted = true;
        await wait(500, undefined, { ref: false });
      }
    }
  };

  const changed = (): void => {
    wanted = true;
    writing ??= write().finally(() => {
      writing = null;
    });
  };
  return {
    changed,
    written: async () => {
      changed();
      while (writing !== null) await writing;
    },
    remove: async () => {
      const { metadata } = current().pod;
      const path = `/api/v1/namespaces/${metadata.namespace}/pods/${metadata.name}`;
      await client.delete(path, { gracePeriodSeconds: 0, preconditions: { uid: metadata.uid } }).catch((error) => {
        if (!isStatus(error, 409) && !closed) throw error;
      });
    },
    close: () => {
      closed = true;
    },
  };
}
