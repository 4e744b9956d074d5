import type { V1Container, V1Service } from '@kubernetes/client-node';
import { type Manifest, ofKind, type Workload, workloads } from './manifests.ts';
import { selects } from './network-policy.ts';
import { containersOf } from './pod-security.ts';

const LABELS = ['name', 'instance', 'managed-by', 'part-of', 'version'].map((name) => `app.kubernetes.io/${name}`);

/** What does not fit together in the objects of one release: selectors, ports, references, labels; a sentence each. */
export function inconsistencies(manifests: readonly Manifest[]): string[] {
  const made = workloads(manifests);
  return [
    ...twice(manifests),
    ...manifests.flatMap(unlabelled),
    ...made.flatMap((workload) => wrongSelector(workload, made)),
    ...made.flatMap(wrongProbes),
    ...ofKind(manifests, 'Service').flatMap((service) => wrongService(service, made)),
    ...ofKind(manifests, 'PodDisruptionBudget').flatMap(({ metadata, spec }) =>
      matching(made, spec?.selector).length === 1
        ? []
        : [`PodDisruptionBudget ${metadata?.name} is not of one workload`],
    ),
    ...ofKind(manifests, 'HorizontalPodAutoscaler').flatMap(({ metadata, spec }) => {
      const target = made.find(
        ({ kind, name }) => kind === spec?.scaleTargetRef.kind && name === spec.scaleTargetRef.name,
      );
      if (target === undefined) return [`HorizontalPodAutoscaler ${metadata?.name} scales nothing`];
      const { replicas } = target.manifest.spec as { replicas?: number };
      return replicas === undefined
        ? []
        : [`${target.name} has an autoscaler and a number of replicas: upgrades reset it`];
    }),
    ...ofKind(manifests, 'StatefulSet').flatMap(({ metadata, spec }) =>
      ofKind(manifests, 'Service').some((service) => service.metadata?.name === spec?.serviceName)
        ? []
        : [`StatefulSet ${metadata?.name} names a Service that is not there`],
    ),
  ];
}

function twice(manifests: readonly Manifest[]): string[] {
  const keys = manifests.map(({ apiVersion, kind, metadata }) =>
    [apiVersion, kind, metadata.namespace ?? '', metadata.name].join(' '),
  );
  return keys.filter((key, index) => keys.indexOf(key) !== index).map((key) => `${key} is there twice`);
}

function unlabelled({ kind, metadata }: Manifest): string[] {
  const missing = LABELS.filter((label) => metadata.labels?.[label] === undefined);
  return missing.length === 0 ? [] : [`${kind} ${metadata.name} lacks ${missing.join(', ')}`];
}

function matching(made: readonly Workload[], selector: Parameters<typeof selects>[0]): Workload[] {
  return made.filter(({ template }) => selects(selector, template.metadata?.labels));
}

function wrongSelector({ kind, name, manifest, longRunning }: Workload, made: readonly Workload[]): string[] {
  if (!longRunning) return [];
  const found = matching(made, (manifest.spec as { selector?: Parameters<typeof selects>[0] }).selector);
  const others = found.filter((other) => other.name !== name || other.kind !== kind).map((other) => other.name);
  return [
    ...(found.length > others.length ? [] : [`${kind} ${name} does not select its own pods`]),
    ...others.map((other) => `${kind} ${name} selects the pods of ${other}`),
  ];
}

/** A name in a probe or hook is one of the container's own ports, not of the pod's. */
function wrongProbes({ kind, name, template }: Workload): string[] {
  return containersOf(template.spec).flatMap((container) => {
    const { livenessProbe, readinessProbe, startupProbe, lifecycle } = container;
    return [livenessProbe, readinessProbe, startupProbe, lifecycle?.preStop, lifecycle?.postStart]
      .map((ask) => ask?.httpGet?.port ?? ask?.tcpSocket?.port)
      .filter((port) => typeof port === 'string' && !(container.ports ?? []).some((own) => own.name === port))
      .map((port) => `${kind} ${name}: container ${container.name} is asked at ${port}, which is none of its ports`);
  });
}

function wrongService({ metadata, spec }: V1Service, made: readonly Workload[]): string[] {
  if (spec?.type === 'ExternalName') return [];
  const name = `Service ${metadata?.name}`;
  const behind = matching(made, { matchLabels: spec?.selector ?? {} });
  if (spec?.selector === undefined) return [`${name} has no selector`];
  if (behind.length === 0) return [`${name} selects no pod`];
  return behind.flatMap((workload) => {
    if (!workload.longRunning) return [`${name} selects the pods of ${workload.kind} ${workload.name}`];
    return (spec.ports ?? [])
      .filter(({ targetPort, port }) => !hasPort(containersOf(workload.template.spec), targetPort ?? port))
      .map(({ targetPort, port }) => `${name}: ${workload.name} has no port ${targetPort ?? port}`);
  });
}

function hasPort(containers: readonly V1Container[], wanted: string | number): boolean {
  const ports = containers.flatMap(({ ports = [] }) => ports);
  return ports.some(({ name, containerPort }) => containerPort === wanted || (name !== undefined && name === wanted));
}
