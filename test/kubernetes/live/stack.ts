import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { kubernetesTools, runProgram } from '../../counterparts/helm.ts';
import { type Cluster, startCluster } from '../cluster.ts';
import { liveImages } from './images.ts';
import { clusterIp, secretValue, troubles, type Values } from './workers.ts';

const ROOT = resolve(import.meta.dirname, '../../..');

/** The whole stack in one namespace of a cluster: GeoNode's chart, and the workers' beside it. */
export interface LiveStack {
  cluster: Cluster;
  namespace: string;
  /** What the kubelet printed of its table image → local process: `image <name> → <command>`, once for each image. */
  told: readonly string[];
  /** `helm upgrade --install --wait` of one of our charts. */
  install(chart: 'geonode' | 'geosluice', release: string, options?: InstallOptions): Promise<void>;
  /** Runs charts/geonode/bin/stack.sh. @returns what it printed */
  stack(...args: string[]): Promise<string>;
  /** `http://<cluster address>:<port>` of a Service. */
  urlOf(service: string, port: number): Promise<string>;
  secret(name: string, key: string): Promise<string>;
  stop(): Promise<void>;
}

export interface InstallOptions {
  /** Files below the repository. */
  files?: readonly string[];
  values?: Values;
  timeoutMinutes?: number;
}

export async function startLiveStack(namespace: string): Promise<LiveStack> {
  const closers: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const close of closers.splice(0).toReversed()) await close();
  };
  try {
    const images = await liveImages({ geonode: true });
    closers.push(images.remove);
    const told: string[] = [];
    const tell = (line: string): void => {
      told.push(line);
      process.stderr.write(`${line}\n`);
    };
    const cluster = await startCluster({ images: images.table, nodes: 3, tell });
    closers.push(cluster.stop);
    await cluster.createNamespace(namespace, { restricted: true });
    const folder = await mkdtemp(join(tmpdir(), 'geosluice-values-'));
    closers.push(() => rm(folder, { recursive: true }));
    const tools = await kubernetesTools();
    return {
      ...{ cluster, namespace, told, stop },
      async install(chart, release, { files = [], values = {}, timeoutMinutes = 10 } = {}) {
        const own = join(folder, `${release}.json`);
        await writeFile(own, JSON.stringify(values));
        const { code, stdout, stderr } = await cluster.helm(
          ...['upgrade', '--install', release, join(ROOT, 'charts', chart), '-n', namespace],
          ...['--wait', '--timeout', `${timeoutMinutes}m`],
          ...[...files.map((file) => join(ROOT, file)), own].flatMap((file) => ['-f', file]),
        );
        assert.equal(code, 0, `${stdout}\n${stderr}\n${code === 0 ? '' : await troubles(cluster, namespace)}`);
      },
      async stack(...args) {
        const { code, stdout, stderr } = await runProgram('sh', [join(ROOT, 'charts/geonode/bin/stack.sh'), ...args], {
          env: { KUBECONFIG: cluster.kubeconfig, HELM: tools.helm, KUBECTL: tools.kubectl },
        });
        assert.equal(code, 0, `${stdout}\n${stderr}\n${code === 0 ? '' : await troubles(cluster, namespace)}`);
        return stdout;
      },
      urlOf: async (service, port) => `http://${await clusterIp(cluster, namespace, service)}:${port}`,
      secret: (name, key) => secretValue(cluster, namespace, name, key),
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
