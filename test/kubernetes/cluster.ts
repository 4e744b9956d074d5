import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { exists } from '../counterparts/cache.ts';
import { kubernetesTools, type Ran, runProgram } from '../counterparts/helm.ts';
import type { KubernetesClient } from './client.ts';
import { type ControlPlane, startControlPlane } from './control-plane.ts';
import type { ImageTable, LocalImage } from './kubelet/images.ts';
import { type Kubelet, startKubelet } from './kubelet/kubelet.ts';
import type { ExecResult } from './kubelet/process.ts';
import { startMetricsServer } from './metrics/metrics-server.ts';
import { type ClusterNetwork, makeNetwork } from './network/bridge.ts';
import { forward } from './network/proxy.ts';
import { type ServiceNetwork, serveServices } from './network/services.ts';

export interface ClusterOptions {
  /** What stands for an image on this machine: a table by the image's name, or a function. */
  images: Readonly<Record<string, LocalImage>> | ImageTable;
  /** How many, or their labels by name; one node where absent. */
  nodes?: number | Readonly<Record<string, Record<string, string>>>;
  /** Told what an image stands for, when it is first run. On the error stream where absent. */
  tell?: (line: string) => void;
}

export interface Cluster {
  readonly kubeconfig: string;
  /** As administrator. */
  readonly client: KubernetesClient;
  readonly controlPlane: ControlPlane;
  readonly kubelet: Kubelet;
  readonly network: ClusterNetwork;
  readonly services: ServiceNetwork;
  /** Where pods' files and logs are while the cluster runs. */
  readonly folders: readonly string[];
  kubectl(...args: string[]): Promise<Ran>;
  helm(...args: string[]): Promise<Ran>;
  /** Applies objects; a refusal is an exception. */
  apply(...objects: object[]): Promise<void>;
  /** A namespace; with `restricted`, only pods of that standard are let in. */
  createNamespace(name: string, options?: { restricted?: boolean }): Promise<void>;
  /** Runs a command in a container of a pod, the first one where no name is given. */
  exec(namespace: string, pod: string, command: readonly string[], container?: string): Promise<ExecResult>;
  logs(namespace: string, pod: string, container?: string): Promise<string>;
  /** Makes a port of this machine's loopback address reachable from pods. @returns the address and port they use */
  expose(port: number): string;
  stop(): Promise<void>;
}

/** A Kubernetes cluster on this machine: a real control plane, and pods that are real processes. */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const [folder, memoryFolder] = await Promise.all([scratch(tmpdir()), memoryScratch()]);
  const network = await makeNetwork([folder, memoryFolder]);
  const closers: (() => Promise<void> | void)[] = [() => network.remove()];
  const stop = async (): Promise<void> => {
    for (const close of closers.splice(0).toReversed()) await close();
  };
  try {
    const { gateway, serviceRange, serviceAddress } = network;
    const [controlPlane, tools] = await Promise.all([
      startControlPlane({ address: gateway, serviceRange, serviceAddress }),
      kubernetesTools(),
    ]);
    closers.push(() => controlPlane.stop());
    const { client, certificates, kubeconfig } = controlPlane;
    closers.push(() => client.close());
    const services = await serveServices(client, gateway);
    closers.push(() => services.stop());
    const kubelet = await startKubelet({
      client,
      certificates,
      images: toldTable(options),
      network,
      services: () => services.all(),
      folder,
      memoryFolder,
      nodes: nodesOf(options.nodes ?? 1),
    });
    closers.push(() => kubelet.stop());
    const metrics = await startMetricsServer(client, gateway, certificates, kubelet.pods);
    closers.push(() => metrics.stop());
    await settled(client);

    const env = {
      KUBECONFIG: kubeconfig,
      HELM_CACHE_HOME: join(folder, 'helm'),
      HELM_CONFIG_HOME: join(folder, 'helm'),
      HELM_DATA_HOME: join(folder, 'helm'),
    };
    const kubectl = (...args: string[]): Promise<Ran> => runProgram(tools.kubectl, args, { env });
    const lifeOf = (namespace: string, pod: string) => {
      const life = kubelet.pods.get(`${namespace}/${pod}`);
      if (life === undefined) throw new Error(`no pod ${namespace}/${pod} runs here`);
      return life;
    };
    return {
      ...{
        folders: [folder, memoryFolder],
        kubeconfig,
        client,
        controlPlane,
        kubelet,
        network,
        services,
        kubectl,
        stop,
      },
      helm: (...args) => runProgram(tools.helm, args, { env }),
      apply: async (...objects) => {
        const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects });
        const { code, stderr } = await runProgram(tools.kubectl, ['apply', '-f', '-'], { env, input: list });
        if (code !== 0) throw new Error(stderr);
      },
      createNamespace: async (name, { restricted = false } = {}) => {
        const labels = restricted ? { 'pod-security.kubernetes.io/enforce': 'restricted' } : {};
        await client.create('/api/v1/namespaces', { metadata: { name, labels } });
        await until(async () => {
          // pods are refused before their namespace has its account, and wait for its certificate
          const account = await client.find(`/api/v1/namespaces/${name}/serviceaccounts/default`);
          return (
            account !== null && (await client.find(`/api/v1/namespaces/${name}/configmaps/kube-root-ca.crt`)) !== null
          );
        });
      },
      exec: async (namespace, pod, command, container) => {
        const { containers } = lifeOf(namespace, pod);
        const life = containers.get(container ?? firstMain(lifeOf(namespace, pod).pod().spec.containers));
        const running = life?.process();
        if (running === undefined || running === null) throw new Error(`${namespace}/${pod} has no such container yet`);
        return running.exec(command, 60_000);
      },
      logs: async (namespace, pod, container) => {
        const args = ['logs', '-n', namespace, pod, ...(container === undefined ? [] : ['-c', container])];
        const { code, stdout, stderr } = await kubectl(...args);
        if (code !== 0) throw new Error(stderr);
        return stdout;
      },
      expose: (port) => {
        const way = forward(gateway, port);
        way.setTargets([{ address: '127.0.0.1', port }]);
        closers.push(() => way.stop());
        return `${gateway}:${port}`;
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function firstMain(containers: readonly { name: string }[]): string {
  return containers[0]?.name ?? '';
}

async function scratch(parent: string): Promise<string> {
  return mkdtemp(join(parent, 'geosluice-cluster-'));
}

async function memoryScratch(): Promise<string> {
  return scratch((await exists('/dev/shm')) ? '/dev/shm' : tmpdir());
}

function nodesOf(nodes: NonNullable<ClusterOptions['nodes']>): { name: string; labels?: Record<string, string> }[] {
  if (typeof nodes !== 'number') return Object.entries(nodes).map(([name, labels]) => ({ name, labels }));
  return Array.from({ length: nodes }, (_, index) => ({ name: `node-${index + 1}` }));
}

/** The table, which says once for each image what it stands for. */
function toldTable({ images, tell = (line) => process.stderr.write(`${line}\n`) }: ClusterOptions): ImageTable {
  const table: ImageTable = typeof images === 'function' ? images : (image) => images[image] ?? null;
  const told = new Set<string>();
  return async (image, container) => {
    const found = await table(image, container);
    if (!told.has(image)) {
      told.add(image);
      tell(`image ${image} → ${found === null ? 'none' : described(found)}`);
    }
    return found;
  };
}

function described({ entrypoint, args = [], is }: LocalImage): string {
  return `${[...entrypoint, ...args].join(' ')}${is === undefined ? '' : ` (${is})`}`;
}

/** What every namespace gets from the controllers is there, and the metrics API answers. */
async function settled(client: KubernetesClient): Promise<void> {
  await until(async () => {
    const api = await client.get<{ status?: { conditions?: { type: string; status: string }[] } }>(
      '/apis/apiregistration.k8s.io/v1/apiservices/v1beta1.metrics.k8s.io',
    );
    const available = api.status?.conditions?.some(({ type, status }) => type === 'Available' && status === 'True');
    return available === true && (await client.find('/api/v1/namespaces/default/serviceaccounts/default')) !== null;
  });
}

/** Asks until something holds. @throws Error after a minute */
export async function until(holds: () => Promise<boolean>, withinMs = 60_000): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`not within ${withinMs / 1000} s: ${holds.toString().slice(0, 500)}`);
    await wait(100);
  }
}
