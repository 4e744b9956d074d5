import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isStatus, type KubernetesClient, type KubernetesObject } from '../client.ts';
import { watchCollection } from '../watch.ts';

const PROVISIONER = 'geosluice.test/folder';
export const STORAGE_CLASS = 'folders';

interface Claim extends KubernetesObject {
  spec: {
    storageClassName?: string;
    volumeName?: string;
    accessModes?: string[];
    resources?: { requests?: { storage?: string } };
  };
}

interface Volume extends KubernetesObject {
  spec: { persistentVolumeReclaimPolicy?: string; hostPath?: { path: string } };
  status?: { phase?: string };
}

/**
 * Plays a storage provider: the default StorageClass gives every claim a folder of its own, and takes it away when the
 * claim is gone.
 */
export async function provideClaims(client: KubernetesClient, folder: string): Promise<{ stop(): void }> {
  await client.create('/apis/storage.k8s.io/v1/storageclasses', {
    metadata: { name: STORAGE_CLASS, annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
    provisioner: PROVISIONER,
    reclaimPolicy: 'Delete',
    volumeBindingMode: 'Immediate',
    allowVolumeExpansion: true,
  });

  const provide = async ({ metadata, spec }: Claim): Promise<void> => {
    const { namespace, name, uid } = metadata;
    const volume = `pvc-${uid}`;
    const path = join(folder, volume);
    await mkdir(path, { recursive: true });
    await client.create('/api/v1/persistentvolumes', {
      metadata: { name: volume, annotations: { 'pv.kubernetes.io/provisioned-by': PROVISIONER } },
      spec: {
        capacity: { storage: spec.resources?.requests?.storage ?? '1Gi' },
        accessModes: spec.accessModes,
        persistentVolumeReclaimPolicy: 'Delete',
        storageClassName: STORAGE_CLASS,
        claimRef: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name, uid },
        hostPath: { path },
      },
    });
  };
  const reclaim = async ({ metadata: { name }, spec }: Volume): Promise<void> => {
    if (spec.hostPath !== undefined) await rm(spec.hostPath.path, { recursive: true, force: true, maxRetries: 3 });
    await client.delete(`/api/v1/persistentvolumes/${name}`);
  };

  const watches = await Promise.all([
    watchCollection<Claim>(client, '/api/v1/persistentvolumeclaims', {
      changed: (claim) => {
        const { spec, metadata } = claim;
        if (spec.storageClassName !== STORAGE_CLASS || (spec.volumeName ?? '') !== '') return;
        if (metadata.deletionTimestamp !== undefined) return;
        provide(claim).catch((error) => {
          if (!isStatus(error, 409)) process.emitWarning(`no volume for ${metadata.name}: ${error.message}`);
        });
      },
    }),
    watchCollection<Volume>(client, '/api/v1/persistentvolumes', {
      changed: (volume) => {
        const ours = volume.metadata.annotations?.['pv.kubernetes.io/provisioned-by'] === PROVISIONER;
        if (!ours || volume.status?.phase !== 'Released' || volume.spec.persistentVolumeReclaimPolicy !== 'Delete')
          return;
        if (volume.metadata.deletionTimestamp === undefined) void reclaim(volume).catch(() => {});
      },
    }),
  ]);
  return {
    stop: () => {
      for (const watch of watches) watch.stop();
    },
  };
}
