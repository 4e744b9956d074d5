import type {
  V1ConfigMap,
  V1CronJob,
  V1Deployment,
  V1Ingress,
  V1Job,
  V1NetworkPolicy,
  V1Pod,
  V1PodDisruptionBudget,
  V1PodTemplateSpec,
  V1Secret,
  V1Service,
  V1ServiceAccount,
  V1StatefulSet,
  V2HorizontalPodAutoscaler,
} from '@kubernetes/client-node';

/** One rendered document, as it is sent to Kubernetes. */
export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    namespace?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
  };
  [field: string]: unknown;
}

interface Kinds {
  ConfigMap: V1ConfigMap;
  CronJob: V1CronJob;
  Deployment: V1Deployment;
  HorizontalPodAutoscaler: V2HorizontalPodAutoscaler;
  Ingress: V1Ingress;
  Job: V1Job;
  NetworkPolicy: V1NetworkPolicy;
  Pod: V1Pod;
  PodDisruptionBudget: V1PodDisruptionBudget;
  Secret: V1Secret;
  Service: V1Service;
  ServiceAccount: V1ServiceAccount;
  StatefulSet: V1StatefulSet;
}

/** The documents of a kind, typed. */
export function ofKind<Kind extends keyof Kinds>(manifests: readonly Manifest[], kind: Kind): Kinds[Kind][];
export function ofKind(manifests: readonly Manifest[], kind: string): Manifest[];
export function ofKind(manifests: readonly Manifest[], kind: string): unknown[] {
  return manifests.filter((manifest) => manifest.kind === kind);
}

/** The one document of a kind and name; it is a mistake of the test where there is none. */
export function theOne<Kind extends keyof Kinds>(
  manifests: readonly Manifest[],
  kind: Kind,
  name: string,
): Kinds[Kind] {
  const found = ofKind(manifests, kind).find(({ metadata }) => metadata?.name === name);
  if (found !== undefined) return found;
  const there = ofKind(manifests, kind).map(({ metadata }) => metadata?.name);
  throw new Error(`no ${kind} "${name}" was rendered; there are: ${there.join(', ')}`);
}

export interface Workload {
  kind: string;
  name: string;
  /** What the pods are made of. */
  template: V1PodTemplateSpec;
  /** Whether its pods are to run until they are told to end. */
  longRunning: boolean;
  manifest: Manifest;
}

/** Everything that makes pods, hooks and tests included, with the template the pods are made of. */
export function workloads(manifests: readonly Manifest[]): Workload[] {
  return manifests.flatMap((manifest): Workload[] => {
    const template = templateOf(manifest);
    if (template === undefined) return [];
    const longRunning = ['Deployment', 'StatefulSet', 'DaemonSet'].includes(manifest.kind);
    return [{ kind: manifest.kind, name: manifest.metadata.name, template, longRunning, manifest }];
  });
}

function templateOf(manifest: Manifest): V1PodTemplateSpec | undefined {
  switch (manifest.kind) {
    case 'Deployment':
    case 'StatefulSet':
    case 'DaemonSet':
    case 'Job':
      return (manifest.spec as { template: V1PodTemplateSpec }).template;
    case 'CronJob':
      return (manifest as unknown as V1CronJob).spec?.jobTemplate.spec?.template;
    case 'Pod': {
      const { metadata, spec } = manifest as unknown as V1Pod;
      return { ...(metadata === undefined ? {} : { metadata }), ...(spec === undefined ? {} : { spec }) };
    }
    default:
      return undefined;
  }
}
