import type { V1Container, V1PodSpec, V1PodTemplateSpec, V1Probe, V1Volume } from '@kubernetes/client-node';

/** Kinds of volume that a `restricted` namespace admits. */
const VOLUMES = [
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'image',
  'persistentVolumeClaim',
  'projected',
  'secret',
];
const SAFE_SYSCTLS = [
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.ip_unprivileged_port_start',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.ping_group_range',
  'net.ipv4.ip_local_reserved_ports',
  'net.ipv4.tcp_keepalive_time',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
];
const SELINUX_TYPES = ['', 'container_t', 'container_init_t', 'container_kvm_t', 'container_engine_t'];

/** What the Pod Security Standard `restricted` (of the newest Kubernetes) has against a pod, a sentence each. */
export function restrictedFaults({ spec }: V1PodTemplateSpec): string[] {
  if (spec === undefined) return ['no spec'];
  return [...podFaults(spec), ...containersOf(spec).flatMap((container) => containerFaults(spec, container))];
}

/** Init containers and containers alike. */
export function containersOf(spec: V1PodSpec | undefined): V1Container[] {
  return [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])];
}

/** Init containers that run on beside the others, and the others. */
export function longRunningContainers(spec: V1PodSpec | undefined): V1Container[] {
  return containersOf(spec).filter(
    (container) => container.restartPolicy === 'Always' || (spec?.containers ?? []).includes(container),
  );
}

function podFaults(spec: V1PodSpec): string[] {
  const pod = spec.securityContext;
  return [
    ...(['hostNetwork', 'hostPID', 'hostIPC'] as const).filter((field) => spec[field] === true),
    ...(spec.volumes ?? []).filter((volume) => !VOLUMES.includes(kindOf(volume))).map(({ name }) => `volume ${name}`),
    ...(pod?.sysctls ?? []).filter(({ name }) => !SAFE_SYSCTLS.includes(name)).map(({ name }) => `sysctl ${name}`),
    ...(pod?.windowsOptions?.hostProcess === true ? ['hostProcess'] : []),
    ...(SELINUX_TYPES.includes(pod?.seLinuxOptions?.type ?? '') ? [] : ['seLinuxOptions.type of the pod']),
  ];
}

function kindOf(volume: V1Volume): string {
  // a volume that names no kind is an emptyDir
  return Object.keys(volume).find((key) => key !== 'name') ?? 'emptyDir';
}

function containerFaults(spec: V1PodSpec, container: V1Container): string[] {
  const own = container.securityContext;
  const pod = spec.securityContext;
  const faults: [boolean, string][] = [
    [own?.privileged === true, 'privileged'],
    [own?.allowPrivilegeEscalation !== false, 'allowPrivilegeEscalation is not false'],
    [(own?.runAsNonRoot ?? pod?.runAsNonRoot) !== true, 'runAsNonRoot is not true'],
    [(own?.runAsUser ?? pod?.runAsUser) === 0, 'runs as user 0'],
    [!isConfined((own?.seccompProfile ?? pod?.seccompProfile)?.type), 'no seccomp profile'],
    [!isConfined((own?.appArmorProfile ?? pod?.appArmorProfile)?.type ?? 'RuntimeDefault'), 'no AppArmor profile'],
    [own?.capabilities?.drop?.includes('ALL') !== true, 'does not drop ALL capabilities'],
    [(own?.capabilities?.add ?? []).some((name) => name !== 'NET_BIND_SERVICE'), 'adds capabilities'],
    [(own?.procMount ?? 'Default') !== 'Default', 'procMount'],
    [(container.ports ?? []).some(({ hostPort = 0 }) => hostPort !== 0), 'host port'],
    [!SELINUX_TYPES.includes(own?.seLinuxOptions?.type ?? ''), 'seLinuxOptions.type'],
    [own?.windowsOptions?.hostProcess === true, 'hostProcess'],
    [asksOtherHosts(container), 'a probe or hook names a host'],
  ];
  return faults.filter(([met]) => met).map(([, fault]) => `container ${container.name}: ${fault}`);
}

function isConfined(type: string | undefined): boolean {
  return type === 'RuntimeDefault' || type === 'Localhost';
}

function asksOtherHosts({ livenessProbe, readinessProbe, startupProbe, lifecycle }: V1Container): boolean {
  const asks: (Pick<V1Probe, 'httpGet' | 'tcpSocket'> | undefined)[] = [
    livenessProbe,
    readinessProbe,
    startupProbe,
    lifecycle?.postStart,
    lifecycle?.preStop,
  ];
  return asks.some((ask) => (ask?.httpGet?.host ?? ask?.tcpSocket?.host ?? '') !== '');
}
