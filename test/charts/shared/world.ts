import type { V1NetworkPolicy } from '@kubernetes/client-node';
import { type Manifest, ofKind, workloads } from './manifests.ts';
import { allows, type Cluster, type Endpoint, type Port } from './network-policy.ts';
import { containersOf } from './pod-security.ts';

/** A port no container names: nobody may reach it. */
const UNNAMED: Port = { port: 22 };

export interface Place extends Endpoint {
  /** Where it is asked; what a pod names, besides one nobody does. */
  asked: readonly Port[];
  /** A pod of the charts. */
  ours: boolean;
}

/** The pods of a rendered chart, one of each workload, `<chart>/<component>`, with addresses of a network of their own. */
export function placesOf(manifests: readonly Manifest[], namespace: string, network = 1): Place[] {
  return workloads(manifests).map(({ template }, index) => {
    const labels = template.metadata?.labels ?? {};
    const ports = containersOf(template.spec).flatMap(({ ports: named = [] }) =>
      named.map(({ name, containerPort, protocol }) => ({
        port: containerPort,
        ...(name === undefined ? {} : { name }),
        ...(protocol === undefined ? {} : { protocol: protocol as 'TCP' | 'UDP' }),
      })),
    );
    const name = `${labels['app.kubernetes.io/name']}/${labels['app.kubernetes.io/component']}`;
    return {
      name,
      namespace,
      labels,
      ip: `10.244.${network}.${index + 1}`,
      ports,
      asked: [...ports, UNNAMED],
      ours: true,
    };
  });
}

const both = (port: number): Port[] => [
  { port, protocol: 'TCP' },
  { port, protocol: 'UDP' },
];
const pod = (name: string, namespace: string, at: number, labels: Record<string, string>, asked: Port[]): Place => ({
  ...{ name, namespace, labels, asked, ip: `10.244.9.${at}`, ours: false },
});
const host = (name: string, ip: string, ...asked: number[]): Place => ({
  ...{ name, ip, asked: asked.map((port) => ({ port })), ours: false },
});

/** Everybody else there may be. */
export function outside(namespace: string): Place[] {
  return [
    pod('DNS', 'kube-system', 1, { 'k8s-app': 'kube-dns' }, [...both(53), UNNAMED]),
    pod('another pod of kube-system', 'kube-system', 2, { app: 'other' }, [...both(53), { port: 443 }]),
    pod('ingress controller', 'ingress-nginx', 3, { app: 'ingress-nginx' }, [{ port: 443 }]),
    pod('Prometheus', 'monitoring', 4, { app: 'prometheus' }, [{ port: 9090 }]),
    pod('a pod of the same namespace', namespace, 5, { app: 'other' }, [{ port: 443 }, { port: 8080 }]),
    pod('a pod elsewhere', 'elsewhere', 6, { app: 'other' }, [{ port: 443 }, { port: 8080 }]),
    pod('KEDA', 'keda', 7, { app: 'keda-operator' }, [{ port: 9666 }]),
    host('Kubernetes API', '10.0.0.1', 443, 6443, 10250),
    host('instance metadata', '169.254.169.254', 80),
    host('a machine of the network', '192.168.7.7', 22, 80, 443, 5432, 6379, 6380),
    host('the internet', '198.51.100.7', 22, 25, 80, 443),
  ];
}

/** Every connection that policies allow with one of our pods at an end: `from → to:port`, UDP named as such. */
export function openArrows(cluster: Cluster, places: readonly Place[]): string[] {
  return places.flatMap((from) =>
    places
      .filter((to) => from.ours || to.ours)
      .flatMap((to) =>
        to.asked.filter((port) => allows(cluster, from, to, port)).map((port) => arrow(from.name, to.name, port)),
      ),
  );
}

export function arrow(from: string, to: string, { port, protocol = 'TCP' }: Port): string {
  return `${from} → ${to}:${port}${protocol === 'TCP' ? '' : `/${protocol}`}`;
}

/** The policies, in the namespace they are installed in. */
export function policiesOf(manifests: readonly Manifest[], namespace: string): V1NetworkPolicy[] {
  return ofKind(manifests, 'NetworkPolicy').map((policy) => ({
    ...policy,
    metadata: { ...policy.metadata, namespace: policy.metadata?.namespace ?? namespace },
  }));
}
