import type { KubernetesClient } from '../client.ts';
import { keyOf, watchCollection } from '../watch.ts';
import { startNameServer } from './dns.ts';
import { type Forward, forward, type Target } from './proxy.ts';
import type { EndpointSlice, Service, ServicePort } from './types.ts';

const DOMAIN = '.svc.cluster.local';

export interface ServiceNetwork {
  /** The Services there are now. */
  all(): Service[];
  /** What the name server answers. */
  resolve(name: string): readonly string[] | null;
  stop(): Promise<void>;
}

/** Makes Services work: names by a name server on `gateway`, ClusterIPs by proxies to the ready endpoints. */
export async function serveServices(client: KubernetesClient, gateway: string): Promise<ServiceNetwork> {
  const forwards = new Map<string, Map<number, Forward>>();
  /** Slices by the Service they belong to, then by name. */
  const slices = new Map<string, Map<string, EndpointSlice>>();
  const services = new Map<string, Service>();

  const refresh = (key: string): void => {
    const service = services.get(key);
    const open = forwards.get(key) ?? new Map<number, Forward>();
    const ports = service === undefined || !hasClusterIp(service) ? [] : (service.spec.ports ?? []);
    for (const [port, gone] of open) {
      if (ports.some((wanted) => wanted.port === port)) continue;
      gone.stop();
      open.delete(port);
    }
    for (const port of ports) {
      if ((port.protocol ?? 'TCP') !== 'TCP') continue;
      const known = open.get(port.port) ?? forward(service!.spec.clusterIP!, port.port);
      known.setTargets(targetsOf(slices.get(key), port));
      open.set(port.port, known);
    }
    forwards.set(key, open);
  };

  const ownerOf = ({ metadata }: EndpointSlice): string =>
    `${metadata.namespace}/${metadata.labels?.['kubernetes.io/service-name'] ?? ''}`;

  const watches = await Promise.all([
    watchCollection<Service>(client, '/api/v1/services', {
      changed: (service) => {
        services.set(keyOf(service), service);
        refresh(keyOf(service));
      },
      deleted: (service) => {
        services.delete(keyOf(service));
        refresh(keyOf(service));
        forwards.delete(keyOf(service));
      },
    }),
    watchCollection<EndpointSlice>(client, '/apis/discovery.k8s.io/v1/endpointslices', {
      changed: (slice) => {
        const owner = ownerOf(slice);
        if (!slices.has(owner)) slices.set(owner, new Map());
        slices.get(owner)!.set(slice.metadata.name, slice);
        refresh(owner);
      },
      deleted: (slice) => {
        const owner = ownerOf(slice);
        slices.get(owner)?.delete(slice.metadata.name);
        refresh(owner);
      },
    }),
  ]);

  const resolve = (name: string): readonly string[] | null => resolveName(name, services, slices);
  const names = await startNameServer(gateway, resolve);
  return {
    all: () => [...services.values()],
    resolve,
    stop: async () => {
      for (const watch of watches) watch.stop();
      for (const open of forwards.values()) for (const one of open.values()) one.stop();
      await names.stop();
    },
  };
}

function hasClusterIp({ spec: { clusterIP } }: Service): boolean {
  return clusterIP !== undefined && clusterIP !== '' && clusterIP !== 'None';
}

function targetsOf(slices: Map<string, EndpointSlice> | undefined, port: ServicePort): Target[] {
  return [...(slices?.values() ?? [])].flatMap((slice) => {
    const target = slice.ports?.find(({ name }) => (name ?? '') === (port.name ?? ''))?.port;
    if (target === undefined) return [];
    return readyAddresses(slice).map(({ address }) => ({ address, port: target }));
  });
}

function readyAddresses(slice: EndpointSlice): { address: string; hostname: string | undefined }[] {
  if (slice.addressType !== 'IPv4') return [];
  return (slice.endpoints ?? [])
    .filter(({ conditions }) => conditions?.ready !== false)
    .flatMap(({ addresses, hostname }) => addresses.map((address) => ({ address, hostname })));
}

/** `service.namespace.svc.cluster.local`, and `pod.` before it where the Service has no address of its own. */
export function resolveName(
  name: string,
  services: ReadonlyMap<string, Service>,
  slices: ReadonlyMap<string, ReadonlyMap<string, EndpointSlice>>,
): readonly string[] | null {
  if (!name.endsWith(DOMAIN)) return null;
  const [namespace, service, pod, ...more] = name.slice(0, -DOMAIN.length).split('.').reverse();
  if (namespace === undefined || service === undefined || more.length > 0) return null;
  const found = services.get(`${namespace}/${service}`);
  if (found === undefined) return null;
  if (found.spec.type === 'ExternalName') return resolveName(found.spec.externalName ?? '', services, slices);
  if (hasClusterIp(found)) return pod === undefined ? [found.spec.clusterIP!] : null;
  const ready = [...(slices.get(`${namespace}/${service}`)?.values() ?? [])].flatMap(readyAddresses);
  const wanted = pod === undefined ? ready : ready.filter(({ hostname }) => hostname === pod);
  // a real cluster's name server, too, knows no headless Service without an endpoint
  return wanted.length === 0 ? null : wanted.map(({ address }) => address);
}
