import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type Cluster, startCluster, until } from './cluster.ts';
import type { PodSpec } from './kubelet/types.ts';

const NODE = 'test/node:1';

/** Answers its own name, and whether it is ready as it is told by POST. */
const SERVER = `let ready = process.env.READY !== 'no';
require('node:http').createServer((request, answer) => {
  if (request.method === 'POST') ready = request.url === '/yes';
  answer.writeHead(request.url === '/ready' && !ready ? 503 : 200).end(process.env.HOSTNAME);
}).listen(8080);`;
const BUSY = 'setInterval(() => { const end = Date.now() + 80; while (Date.now() < end); }, 100)';

let cluster: Cluster;

before(async () => {
  cluster = await startCluster({
    images: { [NODE]: { entrypoint: [process.execPath, '-e'], args: [SERVER], user: 1000 } },
    tell: () => {},
  });
  await cluster.createNamespace('web');
});
after(() => cluster.stop());

function workload(
  kind: string,
  name: string,
  replicas: number,
  spec: Partial<PodSpec> = {},
  more: object = {},
): object {
  const readinessProbe = { httpGet: { path: '/ready', port: 'http' }, periodSeconds: 1, failureThreshold: 1 };
  const container = { name: 'main', image: NODE, ports: [{ name: 'http', containerPort: 8080 }], readinessProbe };
  const template = {
    metadata: { labels: { app: name } },
    spec: { terminationGracePeriodSeconds: 1, containers: [container], ...spec },
  };
  const metadata = { name, namespace: 'web' };
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata,
    spec: { replicas, selector: { matchLabels: { app: name } }, template, ...more },
  };
}

function service(name: string, spec: object = {}): object {
  const ports = [{ name: 'http', port: 80, targetPort: 'http' }];
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'web' },
    spec: { selector: { app: name }, ports, ...spec },
  };
}

/** What a pod gets from a url, asked from inside. */
async function askFrom(pod: string, url: string): Promise<string> {
  const script = `fetch(${JSON.stringify(url)}).then((answer) => answer.text()).then(console.log, (error) => console.log(error.cause.code))`;
  const { output } = await cluster.exec('web', pod, [process.execPath, '-e', script]);
  return output.trim();
}

async function podsOf(app: string): Promise<string[]> {
  const { items } = await cluster.client.list(`/api/v1/namespaces/web/pods?labelSelector=app%3D${app}`);
  return items.map(({ metadata }) => metadata.name);
}

async function rollout(kind: string, name: string): Promise<void> {
  const { code, stderr } = await cluster.kubectl('rollout', 'status', '-n', 'web', `${kind}/${name}`, '--timeout=60s');
  assert.equal(code, 0, stderr);
}

describe('a Service', () => {
  test('leads pods and this machine to ready pods, by name and by address', async () => {
    await cluster.apply(workload('Deployment', 'site', 2), service('site'));
    await rollout('deployment', 'site');
    const pods = await podsOf('site');
    const [address] = cluster.services.resolve('site.web.svc.cluster.local') ?? [];
    const seen = new Set<string>();
    // a pod is ready to its Deployment a moment before its Service has heard of it
    await until(async () => {
      const answer = await fetch(`http://${address}`, { headers: { connection: 'close' } }).catch(() => null);
      if (answer !== null) seen.add(await answer.text());
      return seen.size >= pods.length;
    });
    assert.deepEqual([...seen].sort(), pods.sort());

    const names = ['http://site', 'http://site.web', 'http://site.web.svc', 'http://site.web.svc.cluster.local'];
    for (const url of names) assert.ok(pods.includes(await askFrom(pods[0]!, url)), url);
  });

  test('refuses while no pod is ready, and leads to a pod only while that is ready', async () => {
    const unready = workload('Deployment', 'moody', 1, {});
    await cluster.apply(unready, service('moody'));
    await rollout('deployment', 'moody');
    const [pod] = await podsOf('moody');
    const [address] = cluster.services.resolve('moody.web.svc.cluster.local') ?? [];
    const url = `http://${address}`;
    const { items } = await cluster.client.list<{ metadata: { name: string }; status: { podIP: string } }>(
      '/api/v1/namespaces/web/pods?labelSelector=app%3Dmoody',
    );
    const direct = `http://${items[0]?.status.podIP}:8080`;
    const answers = async (): Promise<boolean> =>
      fetch(url, { headers: { connection: 'close' } }).then(
        (answer) => answer.ok,
        () => false,
      );
    await until(answers);
    assert.equal(await (await fetch(url)).text(), pod);
    await fetch(`${direct}/no`, { method: 'POST' });
    await until(async () => !(await answers()));
    await assert.rejects(fetch(url), (error: Error) => (error.cause as { code: string }).code === 'ECONNREFUSED');
    await fetch(`${direct}/yes`, { method: 'POST' });
    await until(answers);
  });

  test('without an address names every ready pod, and each by its own name', async () => {
    const headless = { clusterIP: 'None', selector: { app: 'nodes' } };
    await cluster.apply(
      service('nodes', headless),
      workload('StatefulSet', 'nodes', 2, {}, { serviceName: 'nodes', podManagementPolicy: 'Parallel' }),
    );
    await rollout('statefulset', 'nodes');
    const script = `require('node:dns').resolve4('nodes.web.svc.cluster.local', (error, found) => console.log(found?.length));
      require('node:dns').lookup('nodes', { all: true }, (error, found) => console.log(found?.length));`;
    await until(async () => {
      const { output } = await cluster.exec('web', 'nodes-0', [process.execPath, '-e', script]);
      return output.trim() === '2\n2';
    });
    assert.equal(await askFrom('nodes-0', 'http://nodes-1.nodes:8080'), 'nodes-1');
    assert.equal(await askFrom('nodes-0', 'http://nobody.nodes:8080'), 'ENOTFOUND');
  });

  test('is replaced without a request that fails', async () => {
    const [address] = cluster.services.resolve('site.web.svc.cluster.local') ?? [];
    const lifecycle = { preStop: { sleep: { seconds: 1 } } };
    const before = await podsOf('site');
    const failures: string[] = [];
    let asking = true;
    const loop = (async () => {
      while (asking) {
        await fetch(`http://${address}`, { headers: { connection: 'close' } }).catch((error: Error) =>
          failures.push(String(error.cause)),
        );
      }
    })();
    const patch = {
      spec: { template: { spec: { terminationGracePeriodSeconds: 5, containers: [{ name: 'main', lifecycle }] } } },
    };
    await cluster.client.patch('/apis/apps/v1/namespaces/web/deployments/site', patch, 'strategic-merge');
    await rollout('deployment', 'site');
    await cluster.kubectl('wait', '-n', 'web', '--for=delete', ...before.map((pod) => `pod/${pod}`), '--timeout=60s');
    asking = false;
    await loop;
    assert.deepEqual(failures, []);
    assert.ok((await podsOf('site')).every((pod) => !before.includes(pod)));
  });
});

describe('autoscaling by CPU', () => {
  test('starts pods while real processes are busy, and ends them when they are not', async () => {
    const container = {
      name: 'main',
      image: NODE,
      args: [`if (require('node:fs').existsSync('/busy/yes')) ${BUSY}; else setInterval(() => {}, 1000)`],
      resources: { requests: { cpu: '200m' } },
    };
    await cluster.apply(
      workload('Deployment', 'load', 1, {
        containers: [{ ...container, volumeMounts: [{ name: 'busy', mountPath: '/busy' }] }],
        volumes: [{ name: 'busy', configMap: { name: 'busy', optional: true } }],
      }),
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'busy', namespace: 'web' }, data: { yes: '' } },
      {
        apiVersion: 'autoscaling/v2',
        kind: 'HorizontalPodAutoscaler',
        metadata: { name: 'load', namespace: 'web' },
        spec: {
          scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'load' },
          minReplicas: 1,
          maxReplicas: 2,
          metrics: [
            { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } },
          ],
        },
      },
    );
    const replicas = async (): Promise<number> =>
      (await cluster.client.get<{ spec: { replicas: number } }>('/apis/apps/v1/namespaces/web/deployments/load')).spec
        .replicas;
    await until(async () => (await replicas()) === 2);
    const top = await cluster.kubectl('top', 'pods', '-n', 'web', '-l', 'app=load', '--no-headers');
    assert.match(top.stdout, /^load-\S+\s+\d{2,}m\s+\d+Mi/);
    await cluster.client.delete('/api/v1/namespaces/web/configmaps/busy');
    await cluster.kubectl('rollout', 'restart', '-n', 'web', 'deployment/load');
    await until(async () => (await replicas()) === 1, 120_000);
  });
});
