import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeFolder, type ServerProcess, startProcess, withFreshPorts } from '../counterparts/server-process.ts';
import { type Certificates, makeCertificates } from './certificates.ts';
import { type KubernetesClient, kubernetesClient } from './client.ts';
import { controlPlaneBinary } from './control-plane-binary.ts';

export interface ControlPlane {
  readonly url: string;
  readonly kubeconfig: string;
  readonly certificates: Certificates;
  /** As cluster administrator. */
  readonly client: KubernetesClient;
  /** The last lines one of its programs wrote. */
  logs(program: Program): string;
  stop(): Promise<void>;
}

/** In the order they start in. They stop the other way round: an API server without its etcd waits long for it. */
const PROGRAMS = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler'] as const;
export type Program = (typeof PROGRAMS)[number];

export interface ControlPlaneOptions {
  /** The host's address as pods see it. */
  address: string;
  /** The range Services get their ClusterIPs from. */
  serviceRange: string;
  /** The first address of that range, the Service `kubernetes`. */
  serviceAddress: string;
}

/** Seconds on an idle machine; some minutes where all tests run at once on two cores. */
const START_WITHIN_MS = 240_000;

/** Loops fast enough for a test, where a real cluster waits for minutes. */
const FAST_AUTOSCALING = [
  '--horizontal-pod-autoscaler-sync-period=2s',
  '--horizontal-pod-autoscaler-downscale-stabilization=5s',
  '--horizontal-pod-autoscaler-initial-readiness-delay=1s',
  '--horizontal-pod-autoscaler-cpu-initialization-period=1s',
];

/** Starts etcd, an API server, the controllers and the scheduler; nothing of them outlives this process. */
export async function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const binary = await controlPlaneBinary();
  return withFreshPorts(5, (ports) => start(binary, options, ports));
}

async function start(binary: string, options: ControlPlaneOptions, ports: number[]): Promise<ControlPlane> {
  const [etcd = 0, peer = 0, api = 0, controllers = 0, scheduler = 0] = ports;
  const url = `https://127.0.0.1:${api}`;
  const folders = new Map<Program, string>();
  const running = new Map<Program, ServerProcess>();
  for (const name of PROGRAMS) folders.set(name, await mkdtemp(join(tmpdir(), `geosluice-${name}-`)));
  const run = async (name: Program, args: string[], probe: () => Promise<void>): Promise<void> => {
    const folder = folders.get(name)!;
    running.set(
      name,
      await startProcess({
        name,
        command: binary,
        args: [name, ...args],
        folder,
        probe,
        readyWithinMs: START_WITHIN_MS,
      }),
    );
  };
  const stop = async (): Promise<void> => {
    for (const name of PROGRAMS.toReversed()) {
      await running.get(name)?.end(name === 'kube-apiserver' ? 'SIGTERM' : 'SIGKILL');
      await removeFolder(folders.get(name)!);
    }
  };
  try {
    const pki = folders.get('kube-apiserver')!;
    const starting = run('etcd', etcdArgs(etcd, peer), () => answers(`http://127.0.0.1:${etcd}/health`));
    const [certificates] = await Promise.all([
      makeCertificates(pki, ['127.0.0.1', options.address, options.serviceAddress]),
      starting,
    ]);
    const client = await kubernetesClient({ url, ca: certificates.ca, ...certificates.admin });
    const kubeconfig = join(pki, 'kubeconfig');
    await writeFile(kubeconfig, kubeconfigOf(url, certificates));
    await run('kube-apiserver', apiServerArgs(options, certificates, etcd, api), async () => {
      await client.get('/readyz');
    });

    const common = [`--kubeconfig=${kubeconfig}`, '--leader-elect=false', '--bind-address=127.0.0.1'];
    common.push(`--tls-cert-file=${certificates.serving.cert}`, `--tls-private-key-file=${certificates.serving.key}`);
    const healthy = (port: number) => () => client.reach(`https://127.0.0.1:${port}/healthz`);
    const controllerFlags = [...common, `--secure-port=${controllers}`, ...controllerArgs(certificates)];
    await Promise.all([
      run('kube-controller-manager', controllerFlags, healthy(controllers)),
      run('kube-scheduler', [...common, `--secure-port=${scheduler}`], healthy(scheduler)),
    ]);
    return { url, kubeconfig, certificates, client, logs: (name) => running.get(name)?.logs() ?? '', stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function etcdArgs(port: number, peer: number): string[] {
  const [clients, peers] = [`http://127.0.0.1:${port}`, `http://127.0.0.1:${peer}`];
  return [
    '--data-dir=data',
    `--listen-client-urls=${clients}`,
    `--advertise-client-urls=${clients}`,
    `--listen-peer-urls=${peers}`,
    `--initial-advertise-peer-urls=${peers}`,
    `--initial-cluster=default=${peers}`,
    '--unsafe-no-fsync',
    '--log-level=error',
  ];
}

function apiServerArgs(options: ControlPlaneOptions, certificates: Certificates, etcd: number, port: number): string[] {
  const { ca, serving, admin, frontProxy, frontProxyCa, serviceAccounts } = certificates;
  return [
    `--etcd-servers=http://127.0.0.1:${etcd}`,
    `--secure-port=${port}`,
    '--bind-address=0.0.0.0',
    `--advertise-address=${options.address}`,
    `--service-cluster-ip-range=${options.serviceRange}`,
    `--tls-cert-file=${serving.cert}`,
    `--tls-private-key-file=${serving.key}`,
    `--client-ca-file=${ca}`,
    '--authorization-mode=RBAC',
    '--allow-privileged=true',
    '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
    `--service-account-key-file=${serviceAccounts.cert}`,
    `--service-account-signing-key-file=${serviceAccounts.key}`,
    // the aggregation layer: extension servers behind Services, told who asks by a client certificate and headers
    '--enable-aggregator-routing=true',
    `--requestheader-client-ca-file=${frontProxyCa}`,
    '--requestheader-allowed-names=front-proxy-client',
    '--requestheader-username-headers=X-Remote-User',
    '--requestheader-group-headers=X-Remote-Group',
    '--requestheader-extra-headers-prefix=X-Remote-Extra-',
    `--proxy-client-cert-file=${frontProxy.cert}`,
    `--proxy-client-key-file=${frontProxy.key}`,
    // `kubectl logs` asks the kubelet
    `--kubelet-client-certificate=${admin.cert}`,
    `--kubelet-client-key=${admin.key}`,
    `--kubelet-certificate-authority=${ca}`,
    '--kubelet-preferred-address-types=InternalIP',
    '--profiling=false',
    // do not keep a stop waiting for watches
    '--shutdown-delay-duration=0s',
    '--shutdown-watch-termination-grace-period=0s',
  ];
}

function controllerArgs({ ca, serviceAccounts }: Certificates): string[] {
  return [
    `--service-account-private-key-file=${serviceAccounts.key}`,
    `--root-ca-file=${ca}`,
    '--pvclaimbinder-sync-period=5s',
    ...FAST_AUTOSCALING,
  ];
}

function kubeconfigOf(server: string, { ca, admin }: Certificates): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster: { server, 'certificate-authority': ca } }],
    users: [{ name: 'admin', user: { 'client-certificate': admin.cert, 'client-key': admin.key } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'admin' } }],
    'current-context': 'test',
  });
}

async function answers(url: string): Promise<void> {
  const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
}
