import { join } from 'node:path';
import type { Certificates } from '../certificates.ts';
import type { KubernetesClient } from '../client.ts';
import type { ClusterNetwork } from '../network/bridge.ts';
import type { Service } from '../network/types.ts';
import { keyOf, watchCollection } from '../watch.ts';
import { provideClaims } from './claims.ts';
import { configSource } from './config-source.ts';
import type { ConfigSource } from './env.ts';
import type { ImageTable } from './images.ts';
import { startLogsServer } from './logs-server.ts';
import { registerNode } from './node.ts';
import { type PodLife, podLife } from './pod.ts';
import type { Pod } from './types.ts';

/** What every pod of this kubelet uses. */
export interface KubeletContext {
  client: KubernetesClient;
  source: ConfigSource;
  images: ImageTable;
  network: ClusterNetwork;
  /** The host as pods see it. */
  hostIp: string;
  /** Where pods' names are answered. */
  gateway: string;
  services(): Service[];
  /** On disk and in memory. */
  folder: string;
  memoryFolder: string;
}

export interface KubeletOptions {
  client: KubernetesClient;
  certificates: Certificates;
  images: ImageTable;
  network: ClusterNetwork;
  services(): Service[];
  folder: string;
  memoryFolder: string;
  nodes: readonly { name: string; labels?: Record<string, string> }[];
}

export interface Kubelet {
  /** Pods on this machine, by `namespace/name`. */
  readonly pods: ReadonlyMap<string, PodLife>;
  readonly nodes: readonly string[];
  /** Ends all pods at once, without a word to the API server. */
  stop(): Promise<void>;
}

/** Registers nodes and runs the pods that are bound to them as processes of this machine. */
export async function startKubelet(options: KubeletOptions): Promise<Kubelet> {
  const { client, network, folder, certificates } = options;
  const stopping = new AbortController();
  const context: KubeletContext = {
    ...options,
    source: configSource(client),
    hostIp: network.gateway,
    gateway: network.gateway,
  };
  const pods = new Map<string, PodLife>();
  const nodes = new Set(options.nodes.map(({ name }) => name));
  const logs = await startLogsServer(network.gateway, certificates, (namespace, name) =>
    pods.get(`${namespace}/${name}`),
  );
  const claims = await provideClaims(client, join(folder, 'claims'));
  const watch = await watchCollection<Pod>(client, '/api/v1/pods', {
    changed: (pod) => {
      if (!nodes.has(pod.spec.nodeName ?? '')) return;
      const known = pods.get(keyOf(pod));
      const life = known ?? podLife(pod, context);
      pods.set(keyOf(pod), life);
      life.update(pod);
    },
    deleted: (pod) => {
      const life = pods.get(keyOf(pod));
      pods.delete(keyOf(pod));
      void life?.forget();
    },
  });
  for (const node of options.nodes) {
    await registerNode(client, { ...node, address: network.gateway, port: logs.port }, stopping.signal);
  }
  return {
    pods,
    nodes: [...nodes],
    stop: async () => {
      stopping.abort();
      watch.stop();
      await Promise.all([...pods.values()].map((life) => life.forget()));
      claims.stop();
      logs.stop();
    },
  };
}
