import type { KubernetesClient } from '../client.ts';
import { NODE_CAPACITY } from './fields.ts';

const LEASES = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases';
const LEASE_SECONDS = 40;
const RENEW_MS = 10_000;

export interface NodeOptions {
  name: string;
  address: string;
  /** Where the kubelet's own API answers. */
  port: number;
  labels?: Record<string, string>;
}

/** Registers a ready node and keeps its lease fresh until the signal. */
export async function registerNode(client: KubernetesClient, options: NodeOptions, signal: AbortSignal): Promise<void> {
  const { name, address, port, labels = {} } = options;
  const time = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
  const ready = { type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status' };
  await client.create('/api/v1/nodes', {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      labels: { 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux', 'kubernetes.io/arch': 'amd64', ...labels },
    },
    status: {
      addresses: [
        { type: 'InternalIP', address },
        { type: 'Hostname', address: name },
      ],
      daemonEndpoints: { kubeletEndpoint: { Port: port } },
      capacity: NODE_CAPACITY,
      allocatable: NODE_CAPACITY,
      conditions: [{ ...ready, lastHeartbeatTime: time, lastTransitionTime: time }],
      nodeInfo: {
        kubeletVersion: 'v1.37.2',
        operatingSystem: 'linux',
        architecture: 'amd64',
        containerRuntimeVersion: 'processes://1',
      },
    },
  });
  // it is ready as it is registered; the taint of a new node would be taken off some seconds later
  await client.patch(`/api/v1/nodes/${name}`, { spec: { taints: null } });
  const lease = { holderIdentity: name, leaseDurationSeconds: LEASE_SECONDS };
  const renewed = (): object => ({ spec: { ...lease, renewTime: new Date().toISOString().replace('Z', '000Z') } });
  await client.create(LEASES, { metadata: { name, namespace: 'kube-node-lease' }, ...renewed() });
  const timer = setInterval(() => {
    client.patch(`${LEASES}/${name}`, renewed()).catch(() => {});
  }, RENEW_MS);
  timer.unref();
  signal.addEventListener('abort', () => clearInterval(timer));
}
