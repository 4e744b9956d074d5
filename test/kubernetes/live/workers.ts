import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createGatewayClient } from '@geosluice/gateway-api';
import { type Deployment, deploymentOf } from '../../e2e/deployment.ts';
import { startWorld, type World } from '../../world/world.ts';
import type { KubernetesObject } from '../client.ts';
import { type Cluster, startCluster } from '../cluster.ts';
import type { ImageTable, LocalImage } from '../kubelet/images.ts';
import { liveImages } from './images.ts';

const CHART = resolve(import.meta.dirname, '../../../charts/geosluice');

export type Values = { [key: string]: unknown };

/** The counterparts of the workers on this machine, and a cluster for the workers themselves. */
export interface LiveWorkers {
  cluster: Cluster;
  world: World;
  /** Values by which a release reaches this world. */
  values: Values;
  /** `helm upgrade --install --wait`; the namespace is made, with the standard `restricted`. */
  install(release: string, namespace: string, values?: Values, ...flags: string[]): Promise<void>;
  /** The same without the values of this world: only these, later ones over earlier ones. */
  installOnly(release: string, namespace: string, values: readonly object[], ...flags: string[]): Promise<void>;
  /** The ways in and out of an installed release. */
  deployment(release: string, namespace: string): Promise<Omit<Deployment, 'close'>>;
  stop(): Promise<void>;
}

export interface LiveWorkersOptions {
  nodes?: number;
  env?: Values;
  /** What stands for further images, by their names without a tag. */
  images?: Readonly<Record<string, LocalImage>>;
}

export async function startLiveWorkers(options: LiveWorkersOptions = {}): Promise<LiveWorkers> {
  const closers: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const close of closers.splice(0).toReversed()) await close();
  };
  try {
    const images = await liveImages({ geonode: false });
    closers.push(images.remove);
    const world = await startWorld({ geonode: 'stand-in' });
    closers.push(world.stop);
    const table: ImageTable = (image, container) =>
      options.images?.[image.replace(/:[^:/]*$/, '')] ?? images.table(image, container);
    const cluster = await startCluster({ images: table, nodes: options.nodes ?? 2 });
    closers.push(cluster.stop);
    const files = await mkdtemp(join(tmpdir(), 'geosluice-values-'));
    closers.push(() => rm(files, { recursive: true }));
    const values = valuesOf(world, cluster);
    const installOnly: LiveWorkers['installOnly'] = async (release, namespace, all, ...flags) => {
      if ((await cluster.client.find(`/api/v1/namespaces/${namespace}`)) === null) {
        await cluster.createNamespace(namespace, { restricted: true });
      }
      const given = all.map((content, index) => [join(files, `${release}-${index}.json`), content] as const);
      for (const [file, content] of given) await writeFile(file, JSON.stringify(content));
      const { code, stdout, stderr } = await cluster.helm(
        ...['upgrade', '--install', release, CHART, '-n', namespace, '--wait', '--timeout', '4m'],
        ...given.flatMap(([file]) => ['-f', file]),
        ...flags,
      );
      assert.equal(code, 0, `${stdout}\n${stderr}\n${code === 0 ? '' : await troubles(cluster, namespace)}`);
    };
    return {
      ...{ cluster, world, values, stop, installOnly },
      install: (release, namespace, own = {}, ...flags) => installOnly(release, namespace, [values, own], ...flags),
      async deployment(release, namespace) {
        const name = release.includes('geosluice') ? release : `${release}-geosluice`;
        const key = await secretValue(cluster, namespace, `${name}-key`, 'key');
        const url = `http://${await clusterIp(cluster, namespace, `${name}-gateway`)}:8080`;
        const gateway = createGatewayClient({ url, key });
        return deploymentOf({ ...world, gateway }, { ...world.env, GEOSLUICE_URL: url, GEOSLUICE_KEY: key }, new Map());
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** What the workers need to know of this world, as values of the chart; addresses are those that pods see. */
function valuesOf(world: World, cluster: Cluster): Values {
  const exposed = new Map<string, string>();
  const seen = (url: string): string => {
    const { protocol, port, pathname } = new URL(url);
    if (!exposed.has(port)) exposed.set(port, cluster.expose(Number(port)));
    return `${protocol}//${exposed.get(port)}${pathname}`.replace(/\/$/, '');
  };
  const { s3, geoserver, geonode } = world;
  return {
    geonode: { release: '' },
    config: {
      target: {
        ...{ endpoint: seen(s3.endpoint), region: s3.region, bucket: world.target.name, prefix: 'rasters' },
        ...{ accessKeyId: s3.accessKey, secretAccessKey: s3.secretKey, partMib: 5, partsInFlight: 2 },
      },
      source: { allowBuckets: [world.inbox.name], settleSeconds: 1 },
      geoserver: {
        ...{ url: seen(geoserver.url), nodes: geoserver.nodes.map(seen), publicUrl: geoserver.url },
        ...{ user: geoserver.user, password: geoserver.password, alias: geoserver.alias },
      },
      geonode: { url: seen(geonode.url), user: geonode.user, password: geonode.password },
    },
  };
}

export async function secretValue(cluster: Cluster, namespace: string, name: string, key: string): Promise<string> {
  const secret = await cluster.client.get<KubernetesObject & { data: Record<string, string> }>(
    `/api/v1/namespaces/${namespace}/secrets/${name}`,
  );
  return Buffer.from(secret.data[key] ?? '', 'base64').toString();
}

export async function clusterIp(cluster: Cluster, namespace: string, name: string): Promise<string> {
  const service = await cluster.client.get<KubernetesObject & { spec: { clusterIP: string } }>(
    `/api/v1/namespaces/${namespace}/services/${name}`,
  );
  return service.spec.clusterIP;
}

/** What keeps a namespace's pods from being ready, for people: events, and the last lines of each pod that is not. */
export async function troubles(cluster: Cluster, namespace: string): Promise<string> {
  const pods = await cluster.kubectl('get', 'pods', '-n', namespace, '-o', 'wide');
  const events = await cluster.kubectl('get', 'events', '-n', namespace, '--sort-by=.lastTimestamp');
  const unready = pods.stdout
    .split('\n')
    .slice(1)
    .filter((line) => line !== '' && !/\s(\d+)\/\1\s+Running/.test(line));
  const logs = await Promise.all(
    unready.map(async (line) => {
      const name = line.split(/\s+/)[0] ?? '';
      const { stdout } = await cluster.kubectl(
        'logs',
        '-n',
        namespace,
        name,
        '--all-containers',
        '--tail=15',
        '--prefix',
      );
      return `--- ${name}\n${stdout}`;
    }),
  );
  return [pods.stdout, events.stdout.split('\n').slice(-25).join('\n'), ...logs].join('\n');
}
