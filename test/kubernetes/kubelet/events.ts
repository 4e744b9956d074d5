import type { KubernetesClient } from '../client.ts';
import type { Pod } from './types.ts';

/** Tells what `kubectl describe pod` shows. An event that cannot be stored is no failure. */
export function tellEvent(client: KubernetesClient, pod: Pod, reason: string, message: string, warning = true): void {
  const { name, namespace = 'default', uid } = pod.metadata;
  const time = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
  const event = {
    metadata: { generateName: `${name}.`, namespace },
    involvedObject: { apiVersion: 'v1', kind: 'Pod', name, namespace, uid },
    reason,
    message: message.slice(0, 1000),
    type: warning ? 'Warning' : 'Normal',
    source: { component: 'kubelet' },
    firstTimestamp: time,
    lastTimestamp: time,
    count: 1,
  };
  client.create(`/api/v1/namespaces/${namespace}/events`, event).catch(() => {});
}
