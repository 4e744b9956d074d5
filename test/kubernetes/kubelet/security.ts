import { ConfigError } from './config-error.ts';
import type { LocalImage } from './images.ts';
import type { Container, Pod } from './types.ts';

/** As whom a container runs, and with which privileges. */
export interface Identity {
  user: number;
  group: number;
  groups: readonly number[];
  /** Of capabilities, in setpriv's words. */
  bounding: string;
  noNewPrivileges: boolean;
  readOnlyRoot: boolean;
}

/** What container engines leave to a container that says nothing. */
const DEFAULT_CAPABILITIES = [
  ...['chown', 'dac_override', 'fsetid', 'fowner', 'mknod', 'net_raw', 'setgid', 'setuid', 'setfcap', 'setpcap'],
  ...['net_bind_service', 'sys_chroot', 'kill', 'audit_write'],
];

/** @throws ConfigError where the pod must not run as root and would */
export function identityOf(pod: Pod, container: Container, image: LocalImage): Identity {
  const ofPod = pod.spec.securityContext ?? {};
  const own = container.securityContext ?? {};
  const user = own.runAsUser ?? ofPod.runAsUser ?? image.user ?? 0;
  const nonRoot = own.runAsNonRoot ?? ofPod.runAsNonRoot ?? false;
  if (nonRoot && user === 0) {
    const message = `container has runAsNonRoot and image will run as root (pod: "${pod.metadata.name}", container: ${container.name})`;
    throw new ConfigError('CreateContainerConfigError', message);
  }
  const group = own.runAsGroup ?? ofPod.runAsGroup ?? image.group ?? 0;
  const groups = [...(ofPod.supplementalGroups ?? []), ...(ofPod.fsGroup === undefined ? [] : [ofPod.fsGroup])];
  const privileged = own.privileged === true;
  return {
    user,
    group,
    groups,
    bounding: privileged ? '+all' : boundingSet(own.capabilities ?? {}),
    noNewPrivileges: own.allowPrivilegeEscalation === false,
    readOnlyRoot: own.readOnlyRootFilesystem === true,
  };
}

function boundingSet({ add = [], drop = [] }: { add?: string[]; drop?: string[] }): string {
  const names = (list: string[]): string[] => list.map((name) => name.toLowerCase().replace(/^cap_/, ''));
  const dropped = new Set(names(drop));
  const kept = dropped.has('all') ? [] : DEFAULT_CAPABILITIES.filter((name) => !dropped.has(name));
  const added = names(add).includes('all') ? ['all'] : names(add);
  return ['-all', ...[...new Set([...kept, ...added])].map((name) => `+${name}`)].join(',');
}

/** The words that turn a root shell into that identity, before the command. */
export function setprivArgs(identity: Identity): string[] {
  const groups = identity.groups.length > 0 ? [`--groups=${identity.groups.join(',')}`] : ['--clear-groups'];
  return [
    'setpriv',
    `--reuid=${identity.user}`,
    `--regid=${identity.group}`,
    ...groups,
    '--inh-caps=-all',
    '--ambient-caps=-all',
    `--bounding-set=${identity.bounding}`,
    ...(identity.noNewPrivileges ? ['--no-new-privs'] : []),
  ];
}
