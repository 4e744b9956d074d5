import { execFile } from 'node:child_process';
import { chmod, chown, mkdir, stat } from 'node:fs/promises';
import { join, normalize } from 'node:path';
import { promisify } from 'node:util';
import { ConfigError } from './config-error.ts';
import { expand } from './env.ts';
import { writeKeyedFiles } from './keyed-files.ts';
import { type ProjectionContext, projectedFiles } from './projections.ts';
import type { Mount } from './start-script.ts';
import type { Container, Pod, Volume } from './types.ts';

const exec = promisify(execFile);

/** A volume on the host. */
interface Prepared {
  path: string;
  readOnly: boolean;
}

export interface VolumeFolders {
  /** On disk. */
  disk: string;
  /** In memory. */
  memory: string;
}

interface Claim {
  spec: { volumeName?: string };
  status?: { phase?: string };
}

/**
 * Makes a pod's volumes.
 * @throws ConfigError while something they are made of is not there yet
 */
export async function prepareVolumes(
  pod: Pod,
  folders: VolumeFolders,
  context: ProjectionContext,
): Promise<Map<string, Prepared>> {
  const group = pod.spec.securityContext?.fsGroup ?? null;
  const prepared = new Map<string, Prepared>();
  for (const volume of pod.spec.volumes ?? []) {
    prepared.set(volume.name, await prepare(volume, pod, folders, context, group));
  }
  return prepared;
}

async function prepare(
  volume: Volume,
  pod: Pod,
  folders: VolumeFolders,
  context: ProjectionContext,
  group: number | null,
): Promise<Prepared> {
  const files = await projectedFiles(volume, context);
  if (files !== null) {
    const path = join(folders.disk, volume.name);
    await writeKeyedFiles(path, files, group, new Date().toISOString().replaceAll(/[:.]/g, '_'));
    return { path, readOnly: true };
  }
  if (volume.emptyDir !== undefined) {
    const path = join(volume.emptyDir.medium === 'Memory' ? folders.memory : folders.disk, volume.name);
    await mkdir(path, { recursive: true });
    await chmod(path, 0o777);
    await giveToGroup(path, group);
    return { path, readOnly: false };
  }
  const { persistentVolumeClaim, ephemeral, hostPath } = volume;
  if (hostPath !== undefined) return { path: hostPath.path, readOnly: false };
  if (persistentVolumeClaim === undefined && ephemeral === undefined) {
    throw new ConfigError('ContainerCreating', `volume ${volume.name} is of a kind this kubelet does not know`);
  }
  const claim = persistentVolumeClaim?.claimName ?? `${pod.metadata.name}-${volume.name}`;
  const path = await claimedFolder(context, pod.metadata.namespace ?? 'default', claim);
  await giveToGroup(path, group);
  return { path, readOnly: persistentVolumeClaim?.readOnly === true };
}

async function claimedFolder({ client }: ProjectionContext, namespace: string, name: string): Promise<string> {
  const claim = await client.find<Claim>(`/api/v1/namespaces/${namespace}/persistentvolumeclaims/${name}`);
  if (claim?.status?.phase !== 'Bound' || claim.spec.volumeName === undefined) {
    throw new ConfigError('ContainerCreating', `the claim ${name} is not bound yet`);
  }
  const volume = await client.get<{ spec: { hostPath?: { path: string } } }>(
    `/api/v1/persistentvolumes/${claim.spec.volumeName}`,
  );
  if (volume.spec.hostPath === undefined)
    throw new ConfigError('ContainerCreating', `the volume of ${name} is no folder`);
  return volume.spec.hostPath.path;
}

/** As fsGroup asks: everything in the volume belongs to the group and may be written by it. */
async function giveToGroup(path: string, group: number | null): Promise<void> {
  if (group === null) return;
  const { gid, mode } = await stat(path);
  if (gid === group && (mode & 0o2770) === 0o2770) return;
  await exec('sh', ['-c', 'chown -R ":$2" "$1" && chmod -R g+rwX "$1"', 'group', path, `${group}`]);
  await chown(path, -1, group).catch(() => {});
  await chmod(path, (mode & 0o7777) | 0o2770);
}

/** Where a container's volume mounts lead. */
export async function mountsOf(
  container: Container,
  volumes: ReadonlyMap<string, Prepared>,
  env: Readonly<Record<string, string>>,
): Promise<Mount[]> {
  return Promise.all(
    (container.volumeMounts ?? []).map(async ({ name, mountPath, readOnly = false, subPath, subPathExpr }) => {
      const volume = volumes.get(name);
      if (volume === undefined) throw new ConfigError('CreateContainerConfigError', `there is no volume ${name}`);
      const inside = subPath ?? expand(subPathExpr ?? '', env);
      const source = join(volume.path, inside);
      const found = await stat(source).catch(() => null);
      if (found === null) await makeSubPath(volume.path, source);
      return {
        source,
        target: normalize(`/${mountPath}`).replace(/(?<=.)\/$/, ''),
        readOnly: readOnly || volume.readOnly,
        file: found?.isFile() ?? false,
      };
    }),
  );
}

/** A folder of a volume that is not there yet belongs to whom the volume belongs. */
async function makeSubPath(volume: string, path: string): Promise<void> {
  await mkdir(path, { recursive: true });
  const { uid, gid, mode } = await stat(volume);
  await chown(path, uid, gid);
  await chmod(path, mode & 0o7777);
}
