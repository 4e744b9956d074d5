import { quantity } from './quantity.ts';
import type { Container, Pod, ResourceFieldRef } from './types.ts';

/** What a pod's spec can ask about the pod: the downward API. */
export interface PodFacts {
  pod: Pod;
  podIp: string;
  hostIp: string;
}

/** The value of a `fieldRef`. */
export function fieldValue({ pod, podIp, hostIp }: PodFacts, path: string): string {
  const { metadata, spec } = pod;
  const [, map, key] = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(path) ?? [];
  if (map !== undefined && key !== undefined) return metadata[map as 'labels' | 'annotations']?.[key] ?? '';
  switch (path) {
    case 'metadata.name':
      return metadata.name;
    case 'metadata.namespace':
      return metadata.namespace ?? '';
    case 'metadata.uid':
      return metadata.uid ?? '';
    case 'metadata.labels':
      return lines(metadata.labels);
    case 'metadata.annotations':
      return lines(metadata.annotations);
    case 'spec.nodeName':
      return spec.nodeName ?? '';
    case 'spec.serviceAccountName':
      return spec.serviceAccountName ?? '';
    case 'status.podIP':
    case 'status.podIPs':
      return podIp;
    case 'status.hostIP':
    case 'status.hostIPs':
      return hostIp;
    default:
      throw new Error(`the field ${path} is not known to this kubelet`);
  }
}

function lines(map: Record<string, string> = {}): string {
  return Object.entries(map)
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .join('\n');
}

/** What a node has, where a container asks for a limit it does not set. */
export const NODE_CAPACITY = { cpu: '64', memory: '64Gi', 'ephemeral-storage': '100Gi', pods: '250' };

/** The value of a `resourceFieldRef`: whole units of the divisor, rounded up. */
export function resourceValue(container: Container, { resource, divisor = '0' }: ResourceFieldRef): string {
  const [kind, name = ''] = resource.split(/\.(.*)/s);
  const own = container.resources?.[kind as 'limits' | 'requests']?.[name];
  const given = own ?? container.resources?.limits?.[name] ?? NODE_CAPACITY[name as keyof typeof NODE_CAPACITY];
  if (given === undefined) throw new Error(`the resource ${resource} is not known to this kubelet`);
  const unit = quantity(divisor) || 1;
  return `${Math.ceil(Number((quantity(given) / unit).toFixed(6)))}`;
}
