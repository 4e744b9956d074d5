import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { Certificates } from '../certificates.ts';
import type { KubernetesClient } from '../client.ts';
import type { PodLife } from '../kubelet/pod.ts';
import { type Usage, usageOfTrees } from './usage.ts';

const GROUP_VERSION = 'metrics.k8s.io/v1beta1';
const ROOT = `/apis/${GROUP_VERSION}`;
const NAMESPACE = 'kube-system';
const NAME = 'metrics-server';
const SAMPLE_MS = 1_000;
/** The rate of CPU is taken over this many samples. */
const WINDOW = 3;

interface Sample {
  at: number;
  usage: Usage;
}

/** One container's last samples, and its pod. */
interface Series {
  life: PodLife;
  container: string;
  samples: Sample[];
}

/** Serves `metrics.k8s.io` (what `kubectl top` and CPU autoscaling read) from the real processes of the kubelet's pods. */
export async function startMetricsServer(
  client: KubernetesClient,
  address: string,
  { serving, frontProxyCa }: Certificates,
  pods: ReadonlyMap<string, PodLife>,
): Promise<{ stop(): void }> {
  const series = new Map<number, Series>();

  const sample = async (): Promise<void> => {
    const running = await runningContainers(pods);
    const usages = await usageOfTrees([...running.keys()]);
    const at = Date.now();
    for (const pid of series.keys()) if (!running.has(pid)) series.delete(pid);
    for (const [pid, { life, container }] of running) {
      const known = series.get(pid) ?? { life, container, samples: [] };
      const usage = usages.get(pid);
      if (usage !== undefined) known.samples = [...known.samples.slice(-WINDOW), { at, usage }];
      series.set(pid, known);
    }
  };
  let stopped = false;
  const keepSampling = async (): Promise<void> => {
    while (!stopped) {
      await sample().catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, SAMPLE_MS).unref());
    }
  };
  void keepSampling();

  const [cert, key, ca] = await Promise.all([serving.cert, serving.key, frontProxyCa].map((path) => readFile(path)));
  // only the API server has a certificate of the front proxy
  const tls = { cert, key, ca, requestCert: true, rejectUnauthorized: true };
  const server: Server = createServer(tls as object, (request, response) => {
    const url = new URL(request.url ?? '/', 'https://metrics');
    const answer = answerTo(url, [...series.values()]);
    response.writeHead(answer === null ? 404 : 200, { 'content-type': 'application/json' });
    response.end(
      JSON.stringify(answer ?? { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: 'NotFound', code: 404 }),
    );
  });
  server.listen(0, address);
  await once(server, 'listening');
  server.unref();
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('no port');
  await registerApi(client, address, bound.port);
  return {
    stop: () => {
      stopped = true;
      server.closeAllConnections();
      server.close();
    },
  };
}

async function runningContainers(
  pods: ReadonlyMap<string, PodLife>,
): Promise<Map<number, { life: PodLife; container: string }>> {
  const running = new Map<number, { life: PodLife; container: string }>();
  for (const life of pods.values()) {
    for (const [container, current] of life.containers) {
      const process = current.process();
      const pid = process?.running ? await process.pid() : null;
      if (pid !== null) running.set(pid, { life, container });
    }
  }
  return running;
}

function answerTo({ pathname, searchParams }: URL, series: readonly Series[]): object | null {
  if (pathname === ROOT) {
    const resource = (name: string, kind: string, namespaced: boolean) => ({
      name,
      singularName: '',
      namespaced,
      kind,
      verbs: ['get', 'list'],
    });
    const resources = [resource('pods', 'PodMetrics', true), resource('nodes', 'NodeMetrics', false)];
    return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: GROUP_VERSION, resources };
  }
  const [, namespace, name] =
    /^\/(?:namespaces\/([^/]+)\/)?pods(?:\/([^/]+))?$/.exec(pathname.slice(ROOT.length)) ?? [];
  if (pathname === `${ROOT}/nodes`) return listOf('NodeMetrics', nodeMetrics(series));
  if (!/\/pods(\/[^/]+)?$/.test(pathname)) return null;
  const matches = selector(searchParams.get('labelSelector') ?? '');
  const items = podMetrics(
    series.filter(({ life }) => {
      const { metadata } = life.pod();
      return (namespace === undefined || metadata.namespace === namespace) && matches(metadata.labels ?? {});
    }),
  );
  if (name === undefined) return listOf('PodMetrics', items);
  return items.find(({ metadata }) => metadata.name === name) ?? null;
}

function listOf(kind: string, items: object[]): object {
  return { kind: `${kind}List`, apiVersion: GROUP_VERSION, metadata: {}, items };
}

function podMetrics(series: readonly Series[]): { metadata: { name: string } }[] {
  const byPod = Map.groupBy(series, ({ life }) => life);
  return [...byPod].flatMap(([life, parts]) => {
    const { name, namespace = '', labels = {} } = life.pod().metadata;
    const containers = parts.flatMap((part) => {
      const use = used(part);
      return use === null ? [] : [{ name: part.container, usage: use }];
    });
    if (containers.length < parts.length) return [];
    const metadata = { name, namespace, labels };
    return [{ kind: 'PodMetrics', apiVersion: GROUP_VERSION, metadata, ...takenNow(), containers }];
  });
}

function nodeMetrics(series: readonly Series[]): object[] {
  const byNode = Map.groupBy(series, ({ life }) => life.pod().spec.nodeName ?? '');
  return [...byNode].map(([name, parts]) => {
    const rates = parts.flatMap((part) => rateOf(part) ?? []);
    const usage = quantities(
      rates.reduce((sum, { cores }) => sum + cores, 0),
      rates.reduce((sum, { bytes }) => sum + bytes, 0),
    );
    return { kind: 'NodeMetrics', apiVersion: GROUP_VERSION, metadata: { name }, ...takenNow(), usage };
  });
}

function takenNow(): { timestamp: string; window: string } {
  return { timestamp: new Date().toISOString().replace(/\.\d+Z$/, 'Z'), window: `${(WINDOW * SAMPLE_MS) / 1000}s` };
}

function used(series: Series): object | null {
  const rate = rateOf(series);
  return rate === null ? null : quantities(rate.cores, rate.bytes);
}

/** Null until there are two samples. */
function rateOf({ samples }: Series): { cores: number; bytes: number } | null {
  const [first, last] = [samples[0], samples.at(-1)];
  if (first === undefined || last === undefined || last.at === first.at) return null;
  const seconds = (last.at - first.at) / 1000;
  return {
    cores: Math.max(last.usage.cpuSeconds - first.usage.cpuSeconds, 0) / seconds,
    bytes: last.usage.memoryBytes,
  };
}

function quantities(cores: number, bytes: number): { cpu: string; memory: string } {
  return { cpu: `${Math.round(cores * 1e9)}n`, memory: `${Math.ceil(bytes / 1024)}Ki` };
}

/** Label selectors as autoscalers write them: `a=b,c in (d,e),!f`. */
function selector(text: string): (labels: Record<string, string>) => boolean {
  const terms = text
    .split(/,(?![^(]*\))/)
    .map((term) => term.trim())
    .filter((term) => term !== '');
  const tests = terms.map((term) => {
    const [, key = '', not, values = ''] =
      /^(\S+)\s+(not)?\s*in\s*\((.*)\)$/.exec(term.replace('notin', 'not in')) ?? [];
    if (key !== '')
      return (labels: Record<string, string>) =>
        values
          .split(',')
          .map((value) => value.trim())
          .includes(labels[key] ?? '') ===
        (not === undefined);
    const [, name = '', operator, value] = /^(!?[^=!]+)(==?|!=)?(.*)$/.exec(term) ?? [];
    if (operator === undefined)
      return (labels: Record<string, string>) => (name.startsWith('!') ? !(name.slice(1) in labels) : name in labels);
    return (labels: Record<string, string>) => (labels[name] === value) === (operator !== '!=');
  });
  return (labels) => tests.every((test) => test(labels));
}

/** The API server finds it as any extension server: by an APIService that names a Service. */
async function registerApi(client: KubernetesClient, address: string, port: number): Promise<void> {
  await client.create(`/api/v1/namespaces/${NAMESPACE}/services`, {
    metadata: { name: NAME },
    spec: { ports: [{ name: 'https', port: 443, targetPort: port }] },
  });
  await client.create(`/apis/discovery.k8s.io/v1/namespaces/${NAMESPACE}/endpointslices`, {
    metadata: { name: `${NAME}-host`, labels: { 'kubernetes.io/service-name': NAME } },
    addressType: 'IPv4',
    endpoints: [{ addresses: [address], conditions: { ready: true } }],
    ports: [{ name: 'https', port, protocol: 'TCP' }],
  });
  await client.create('/apis/apiregistration.k8s.io/v1/apiservices', {
    metadata: { name: 'v1beta1.metrics.k8s.io' },
    spec: {
      group: 'metrics.k8s.io',
      version: 'v1beta1',
      groupPriorityMinimum: 100,
      versionPriority: 100,
      insecureSkipTLSVerify: true,
      service: { namespace: NAMESPACE, name: NAME, port: 443 },
    },
  });
}
