import type { V1PersistentVolumeClaim, V1StatefulSet } from '@kubernetes/client-node';
import { type Manifest, type Workload, workloads } from './manifests.ts';

/** Kinds of volume that a pod has for itself, or can only read. */
const OWN = ['configMap', 'downwardAPI', 'emptyDir', 'ephemeral', 'projected', 'secret'];

/** Every volume that two pods could write, or that two workloads mount; a sentence each. */
export function sharedVolumes(manifests: readonly Manifest[]): string[] {
  const made = workloads(manifests);
  const claims = manifests.filter(
    ({ kind }) => kind === 'PersistentVolumeClaim',
  ) as unknown as V1PersistentVolumeClaim[];
  const templates = made.flatMap(({ kind, manifest }) =>
    kind === 'StatefulSet' ? ((manifest as unknown as V1StatefulSet).spec?.volumeClaimTemplates ?? []) : [],
  );
  return [
    ...[...claims, ...templates]
      .filter(({ spec }) => !(spec?.accessModes ?? []).every((mode) => /^ReadWriteOnce(Pod)?$/.test(mode)))
      .map(({ metadata, spec }) => `claim ${metadata?.name} is ${spec?.accessModes?.join(', ')}`),
    ...made.flatMap(foreignVolumes),
    ...mountedTwice(made),
  ];
}

function foreignVolumes({ kind, name, template }: Workload): string[] {
  return (template.spec?.volumes ?? [])
    .flatMap((volume) => Object.keys(volume).filter((key) => key !== 'name'))
    .filter((type) => !OWN.includes(type) && type !== 'persistentVolumeClaim')
    .map((type) => `${kind} ${name} mounts ${type}`);
}

/** A claim that is named (not made for each pod) may be in one workload of one pod only. */
function mountedTwice(made: readonly Workload[]): string[] {
  const users = new Map<string, Workload[]>();
  for (const workload of made) {
    for (const { persistentVolumeClaim } of workload.template.spec?.volumes ?? []) {
      if (persistentVolumeClaim === undefined) continue;
      const { claimName } = persistentVolumeClaim;
      users.set(claimName, [...(users.get(claimName) ?? []), workload]);
    }
  }
  return [...users].flatMap(([claim, by]) => {
    const pods = by.map(({ manifest }) => (manifest.spec as { replicas?: number }).replicas ?? 1);
    const alone = by.length === 1 && pods[0] === 1 && by[0]?.kind === 'StatefulSet';
    return alone ? [] : [`claim ${claim} is mounted by ${by.map(({ kind, name }) => `${kind} ${name}`).join(' and ')}`];
  });
}
