import { BlockList, isIPv6 } from 'node:net';
import type {
  V1LabelSelector,
  V1NetworkPolicy,
  V1NetworkPolicyIngressRule,
  V1NetworkPolicyPeer,
  V1NetworkPolicyPort,
} from '@kubernetes/client-node';

export interface Port {
  port: number;
  protocol?: 'TCP' | 'UDP' | 'SCTP';
}

/** Whoever may be at an end of a connection: a pod, or where there is no namespace, an address outside of all pods. */
export interface Endpoint {
  name: string;
  ip: string;
  namespace?: string;
  labels?: Readonly<Record<string, string>>;
  /** The ports its containers name. */
  ports?: readonly (Port & { name?: string })[];
}

export interface Cluster {
  policies: readonly V1NetworkPolicy[];
  /** Labels of namespaces; `kubernetes.io/metadata.name` goes without saying. */
  namespaces?: Readonly<Record<string, Record<string, string>>>;
}

/**
 * Whether NetworkPolicies let `from` open a connection to a port of `to`: the port of the pod, as it is behind a service.
 * An ipBlock is compared with pods' addresses too, since some network plugins do so.
 */
export function allows(cluster: Cluster, from: Endpoint, to: Endpoint, port: Port): boolean {
  return side(cluster, 'Egress', from, to, to, port) && side(cluster, 'Ingress', to, from, to, port);
}

/** One direction: what the policies that hold for `self` say of `other`. */
function side(
  cluster: Cluster,
  direction: 'Ingress' | 'Egress',
  self: Endpoint,
  other: Endpoint,
  listener: Endpoint,
  port: Port,
): boolean {
  const holding = cluster.policies.filter((policy) => holdsFor(policy, direction, self));
  if (holding.length === 0) return true;
  return holding.some((policy) =>
    rules(policy, direction).some(
      ({ peers, ports }) =>
        (ports.length === 0 || ports.some((wanted) => isPort(wanted, listener, port))) &&
        (peers.length === 0 || peers.some((peer) => isPeer(cluster, peer, policy.metadata?.namespace, other))),
    ),
  );
}

function holdsFor({ metadata, spec }: V1NetworkPolicy, direction: 'Ingress' | 'Egress', pod: Endpoint): boolean {
  const types = spec?.policyTypes ?? ['Ingress', ...(spec?.egress === undefined ? [] : ['Egress'])];
  return (
    pod.namespace !== undefined &&
    pod.namespace === metadata?.namespace &&
    types.includes(direction) &&
    selects(spec?.podSelector, pod.labels)
  );
}

interface Rule {
  peers: readonly V1NetworkPolicyPeer[];
  ports: readonly V1NetworkPolicyPort[];
}

function rules({ spec }: V1NetworkPolicy, direction: 'Ingress' | 'Egress'): Rule[] {
  if (direction === 'Egress') return (spec?.egress ?? []).map(({ to = [], ports = [] }) => ({ peers: to, ports }));
  // `from` is written `_from` in the client's types only
  const ingress = (spec?.ingress ?? []) as (V1NetworkPolicyIngressRule & { from?: V1NetworkPolicyPeer[] })[];
  return ingress.map(({ from = [], ports = [] }) => ({ peers: from, ports }));
}

function isPort(wanted: V1NetworkPolicyPort, listener: Endpoint, { port, protocol = 'TCP' }: Port): boolean {
  if ((wanted.protocol ?? 'TCP') !== protocol) return false;
  if (wanted.port === undefined) return true;
  if (typeof wanted.port === 'number') return port >= wanted.port && port <= (wanted.endPort ?? wanted.port);
  return (listener.ports ?? []).some(
    (named) => named.name === wanted.port && named.port === port && (named.protocol ?? 'TCP') === protocol,
  );
}

function isPeer(cluster: Cluster, peer: V1NetworkPolicyPeer, home: string | undefined, other: Endpoint): boolean {
  if (peer.ipBlock !== undefined) {
    const { cidr, except = [] } = peer.ipBlock;
    return isWithin(other.ip, [cidr]) && !isWithin(other.ip, except);
  }
  if (other.namespace === undefined) return false;
  const there =
    peer.namespaceSelector === undefined
      ? other.namespace === home
      : selects(peer.namespaceSelector, {
          ...cluster.namespaces?.[other.namespace],
          'kubernetes.io/metadata.name': other.namespace,
        });
  return there && (peer.podSelector === undefined || selects(peer.podSelector, other.labels));
}

function isWithin(ip: string, ranges: readonly string[]): boolean {
  const family = (address: string) => (isIPv6(address) ? 'ipv6' : 'ipv4');
  const list = new BlockList();
  for (const range of ranges) {
    const [network = '', bits = ''] = range.split('/');
    list.addSubnet(network, Number(bits), family(network));
  }
  return list.check(ip, family(ip));
}

/** Whether a label selector takes an object with these labels; one that asks for nothing takes all. */
export function selects(selector: V1LabelSelector | undefined, labels: Readonly<Record<string, string>> = {}): boolean {
  const equal = Object.entries(selector?.matchLabels ?? {}).every(([key, value]) => labels[key] === value);
  return (
    equal &&
    (selector?.matchExpressions ?? []).every(({ key, operator, values = [] }) => {
      const value = labels[key];
      switch (operator) {
        case 'In':
          return value !== undefined && values.includes(value);
        case 'NotIn':
          return value === undefined || !values.includes(value);
        case 'Exists':
          return value !== undefined;
        case 'DoesNotExist':
          return value === undefined;
        default:
          throw new Error(`no operator of a label selector: ${operator}`);
      }
    })
  );
}
