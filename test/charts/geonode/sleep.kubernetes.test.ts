/** Sleep, wake and uninstall on a real API server with its controllers. It has no nodes: pods are made and never run. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { kubernetesTools, type Ran, runProgram } from '../../counterparts/helm.ts';
import { type ControlPlane, startControlPlane } from '../../kubernetes/control-plane.ts';
import { until } from '../../world/until.ts';
import { ROOT } from '../shared/render.ts';

const CHART = join(ROOT, 'charts/geonode');
const NAMESPACE = 'geo';

let plane: ControlPlane;
let tools: Awaited<ReturnType<typeof kubernetesTools>>;

before(async () => {
  [plane, tools] = await Promise.all([
    startControlPlane({ address: '192.0.2.3', serviceRange: '10.99.0.0/16', serviceAddress: '10.99.0.1' }),
    kubernetesTools(),
  ]);
  const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
  await plane.client.create('/api/v1/namespaces', { metadata: { name: NAMESPACE, labels } });
});
after(() => plane?.stop());

async function run(program: 'helm' | 'kubectl', ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runProgram(tools[program], [...args, '--namespace', NAMESPACE], {
    env: { KUBECONFIG: plane.kubeconfig },
  });
  assert.equal(code, 0, stderr);
  return stdout;
}

const stack = (...args: string[]): Promise<Ran> =>
  runProgram('sh', [join(CHART, 'bin/stack.sh'), ...args], {
    env: { KUBECONFIG: plane.kubeconfig, HELM: tools.helm, KUBECTL: tools.kubectl },
  });

const names = async (kinds: string): Promise<string[]> =>
  (await run('kubectl', 'get', kinds, '--output', 'name', '--ignore-not-found')).split('\n').filter(Boolean).sort();

/** Pods each workload is to have, by its name. */
async function wanted(): Promise<Record<string, number>> {
  const template = '{{range .items}}{{.metadata.name}} {{.spec.replicas}}{{"\\n"}}{{end}}';
  const lines = await run('kubectl', 'get', 'deployments,statefulsets', '--output', `go-template=${template}`);
  return Object.fromEntries(
    lines
      .split('\n')
      .filter(Boolean)
      .map((line) => line.split(' '))
      .map(([name, count]) => [name, Number(count)]),
  );
}

/** Until the autoscalers have their least number of pods. */
async function scaled(): Promise<void> {
  await until(
    'the autoscalers want two of each',
    async () => {
      const { 'geonode-django': django, 'geonode-geoserver-replica': replica } = await wanted();
      return django === 2 && replica === 2;
    },
    { withinMs: 60_000 },
  );
}

/** A hash of every login, which tells nothing where it is printed. */
async function drawn(): Promise<string> {
  const logins = ['secrets', '--selector', 'app.kubernetes.io/component=logins'];
  const data = await run('kubectl', 'get', ...logins, '--output', 'jsonpath={.items[*].data}');
  return createHash('sha256').update(data).digest('hex');
}

const CLAIMS = ['activemq', 'geoserver-primary', 'minio', 'postgis', 'redis'].map(
  (piece) => `persistentvolumeclaim/data-geonode-${piece}-0`,
);

test('an upgrade keeps what was made up at install, and makes the bootstrap anew', async () => {
  await run('helm', 'install', 'geonode', CHART);
  await scaled();
  await until('the claims are made', async () => (await names('persistentvolumeclaims')).join() === CLAIMS.join(), {
    withinMs: 60_000,
  });
  const logins = await drawn();
  assert.deepEqual(await names('jobs'), ['job.batch/geonode-bootstrap-1']);
  await run('helm', 'upgrade', 'geonode', CHART, '--reset-then-reuse-values', '--set', 'django.env.LANGUAGE_CODE=de');
  assert.equal(await drawn(), logins);
  assert.deepEqual(await names('jobs'), ['job.batch/geonode-bootstrap-2']);
  assert.equal((await wanted())['geonode-django'], 2, 'an upgrade leaves the autoscaler its number');
});

test('asleep by one command: no pods but of what keeps data, no autoscaler, every claim and login as it was', async () => {
  const logins = await drawn();
  const { code, stdout, stderr } = await stack('sleep', 'geonode', '-n', NAMESPACE);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /geonode sleeps; its volumes are kept/);
  const { 'geonode-postgis': postgis, 'geonode-minio': minio, ...rest } = await wanted();
  assert.deepEqual([postgis, minio], [1, 1]);
  assert.deepEqual(new Set(Object.values(rest)), new Set([0]));
  assert.deepEqual(await names('horizontalpodautoscalers,poddisruptionbudgets,jobs'), []);
  assert.deepEqual(await names('persistentvolumeclaims'), CLAIMS);
  assert.equal(await drawn(), logins);
  const values = JSON.parse(await run('helm', 'get', 'values', 'geonode', '--output', 'json')) as object;
  assert.deepEqual(values, { awake: false, django: { env: { LANGUAGE_CODE: 'de' } } });
});

test('awake by one command, which ends with the first map and tells its seconds', async () => {
  let asked = 0;
  const geoserver = createServer((request, response) => {
    asked += 1;
    assert.match(request.url ?? '', /^\/geoserver\/ows\?service=WMS&.*request=GetMap&.*layers=geosluice:dem$/);
    // it starts: first nothing, then no such layer yet, then the map
    if (asked === 1) response.writeHead(503).end();
    else if (asked === 2) response.end('<ServiceException code="LayerNotDefined">');
    else response.end(Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0, 0, 0]));
  });
  geoserver.listen(0, '127.0.0.1');
  await once(geoserver, 'listening');
  const url = `http://127.0.0.1:${(geoserver.address() as AddressInfo).port}/geoserver`;
  const { code, stdout, stderr } = await stack(
    ...['wake', 'geonode', '-n', NAMESPACE, '--url', url, '--layer', 'geosluice:dem'],
  ).finally(() => geoserver.close());
  assert.equal(code, 0, stderr);
  assert.match(stdout, /first map after \d+ s/);
  assert.equal(asked, 3);
  await scaled();
  assert.deepEqual(await names('jobs'), ['job.batch/geonode-bootstrap-4']);
});

test('a map that does not come is told with what there is', async () => {
  const { code, stderr } = await stack(
    ...['wake', 'geonode', '-n', NAMESPACE, '--url', 'http://127.0.0.1:9/geoserver', '--timeout', '1'],
  );
  assert.equal(code, 1);
  assert.match(stderr, /no map after 1 s; these are the pods:/);
  assert.match(stderr, /geonode-geoserver-primary-0/);
  assert.equal((await stack('nap', 'geonode')).code, 2);
});

test('uninstalled, volumes and the secrets they need are left, and a new install takes them up', async () => {
  const password = (): Promise<string> =>
    run('kubectl', 'get', 'secret', 'geonode-postgis', '--output', 'jsonpath={.data.geonodePassword}');
  const before = await password();
  await run('helm', 'uninstall', 'geonode', '--wait');
  assert.deepEqual(await names('persistentvolumeclaims,secrets,configmaps,services,deployments,statefulsets,jobs'), [
    'configmap/kube-root-ca.crt',
    ...CLAIMS,
    ...['geonode-geonode-admin', 'geonode-postgis', 'geonode-s3'].map((name) => `secret/${name}`),
  ]);
  await run('helm', 'install', 'geonode', CHART, '--set', 'persistence.retain=false');
  assert.equal(await password(), before);
});

test('with persistence.retain false nothing is left', async () => {
  await until(
    'the claims go with their StatefulSets',
    async () =>
      (await run('kubectl', 'get', 'pvc', '--output', 'jsonpath={.items[*].metadata.ownerReferences[*].kind}'))
        .split(' ')
        .filter((kind) => kind === 'StatefulSet').length === CLAIMS.length,
    { withinMs: 60_000 },
  );
  await run('helm', 'uninstall', 'geonode', '--wait');
  await until(
    'everything is gone',
    async () => (await names('persistentvolumeclaims,secrets,configmaps,services,jobs,pods')).length === 1,
    { withinMs: 90_000 },
  );
});
