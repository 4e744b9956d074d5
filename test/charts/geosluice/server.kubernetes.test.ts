import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { kubernetesTools, type Ran, runProgram } from '../../counterparts/helm.ts';
import { until } from '../../kubernetes/cluster.ts';
import { type ControlPlane, startControlPlane } from '../../kubernetes/control-plane.ts';
import { customResourceDefinitions } from '../shared/crds.ts';
import { ROOT } from '../shared/render.ts';
import { ALONE, over } from './release.ts';

const CHART = join(ROOT, 'charts/geosluice');
const API = '/apis/apiregistration.k8s.io/v1/apiservices/v1beta1.external.metrics.k8s.io';
const EXTERNAL = { autoscaling: { mode: 'external' } };

/** A control plane without nodes: objects are made and judged, and no pod ever runs. */
let plane: ControlPlane;
let tools: Awaited<ReturnType<typeof kubernetesTools>>;

before(async () => {
  // nobody asks it at this address, which must not be loopback's
  [plane, tools] = await Promise.all([
    startControlPlane({ address: '192.0.2.1', serviceRange: '10.97.0.0/16', serviceAddress: '10.97.0.1' }),
    kubernetesTools(),
  ]);
  const kinds = await kubectl(['apply', '--server-side', '-f', await customResourceDefinitions()]);
  assert.equal(kinds.code, 0, kinds.stderr);
  await kubectl(['wait', '--for=condition=Established', 'crd', '--all', '--timeout=60s']);
  for (const name of ['geo', 'other', 'keda']) {
    const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
    await plane.client.create('/api/v1/namespaces', { metadata: { name, labels } });
  }
});
after(() => plane.stop());

const kubectl = (args: string[], input?: string): Promise<Ran> =>
  runProgram(tools.kubectl, args, { env: { KUBECONFIG: plane.kubeconfig }, ...(input === undefined ? {} : { input }) });

function helm(command: string[], values: Record<string, unknown> = {}): Promise<Ran> {
  const input = JSON.stringify(over(ALONE, values));
  return runProgram(tools.helm, command, { env: { KUBECONFIG: plane.kubeconfig }, input });
}

async function upgrade(
  release: string,
  namespace: string,
  values: Record<string, unknown>,
  ...flags: string[]
): Promise<string> {
  const command = ['upgrade', '--install', release, CHART, '--namespace', namespace, '--values', '-', ...flags];
  const { code, stdout, stderr } = await helm(command, values);
  assert.equal(code, 0, stderr);
  return stdout;
}

async function uninstall(release: string, namespace: string): Promise<void> {
  const { code, stderr } = await helm(['uninstall', release, '--namespace', namespace, '--wait']);
  assert.equal(code, 0, stderr);
}

interface Data {
  metadata: { annotations?: Record<string, string> };
  data: Record<string, string>;
}
const secret = (name: string, namespace = 'geo') =>
  plane.client.get<Data>(`/api/v1/namespaces/${namespace}/secrets/${name}`);
const apiService = () => plane.client.get<{ spec: { caBundle: string; service: { namespace: string } } }>(API);

test('what was drawn at install is kept over upgrades, and a certificate is renewed in its last third only', async (t) => {
  await upgrade('geosluice', 'geo', EXTERNAL);
  t.after(() => uninstall('geosluice', 'geo'));
  const names = ['geosluice-key', 'geosluice-redis-auth', 'geosluice-external-metrics-tls', 'geosluice-gateway'];
  const drawn = () => Promise.all(names.map(async (name) => (await secret(name)).data));
  const first = await drawn();
  const before = await apiService();
  assert.equal(before.spec.caBundle, first[2]?.['ca.crt']);

  await upgrade('geosluice', 'geo', over(EXTERNAL, { config: { process: { logLevel: 'debug' } } }));
  assert.deepEqual(await drawn(), first);
  assert.deepEqual((await apiService()).spec, before.spec);

  const path = '/api/v1/namespaces/geo/secrets/geosluice-external-metrics-tls';
  const annotations = { 'geosluice/renew-after': new Date(Date.now() - 1_000).toISOString().replace(/\.\d+Z/, 'Z') };
  await plane.client.patch(path, { metadata: { annotations } });
  // what this test wrote itself is not given back without it
  await upgrade('geosluice', 'geo', EXTERNAL, '--force-conflicts');
  const renewed = await secret('geosluice-external-metrics-tls');
  assert.notEqual(renewed.data['tls.crt'], first[2]?.['tls.crt']);
  assert.equal((await apiService()).spec.caBundle, renewed.data['ca.crt'], 'the aggregator trusts the new one');
  assert.ok(Date.parse(renewed.metadata.annotations?.['geosluice/renew-after'] ?? '') > Date.now());
  assert.deepEqual((await secret('geosluice-key')).data, first[0]);
});

test('a second release does not take the metrics API from the first, and says whose it is', async (t) => {
  await upgrade('geosluice', 'geo', EXTERNAL);
  t.after(() => uninstall('geosluice', 'geo'));
  const there = await apiService();
  const { code, stderr } = await helm(
    ['install', 'second-geosluice', CHART, '--namespace', 'other', '--values', '-'],
    EXTERNAL,
  );
  assert.notEqual(code, 0);
  assert.match(stderr, /v1beta1\.external\.metrics\.k8s\.io belongs to Service geo\/geosluice-external-metrics/);
  assert.match(stderr, /of Helm release geosluice in namespace geo \(geosluice\)/);
  assert.deepEqual((await apiService()).spec, there.spec);
  await upgrade('second-geosluice', 'other', {});
  await uninstall('second-geosluice', 'other');
  await upgrade('geosluice', 'geo', EXTERNAL);
});

test('where KEDA serves external metrics the mode is refused, KEDA is named and left alone, and other modes are told', async (t) => {
  await plane.client.create('/apis/apiregistration.k8s.io/v1/apiservices', {
    metadata: {
      name: 'v1beta1.external.metrics.k8s.io',
      labels: { 'app.kubernetes.io/name': 'v1beta1.external.metrics.k8s.io' },
      annotations: { 'meta.helm.sh/release-name': 'keda', 'meta.helm.sh/release-namespace': 'keda' },
    },
    spec: {
      ...{ group: 'external.metrics.k8s.io', version: 'v1beta1', groupPriorityMinimum: 100, versionPriority: 100 },
      ...{ insecureSkipTLSVerify: true, service: { name: 'keda-operator-metrics-apiserver', namespace: 'keda' } },
    },
  });
  t.after(() => plane.client.delete(API));
  const { code, stderr } = await helm(['install', 'geosluice', CHART, '--namespace', 'geo', '--values', '-'], EXTERNAL);
  assert.notEqual(code, 0);
  assert.match(
    stderr,
    /belongs to Service keda\/keda-operator-metrics-apiserver, of Helm release keda in namespace keda/,
  );
  assert.match(stderr, /autoscaling\.mode=keda where KEDA owns it, autoscaling\.mode=prometheus/);
  assert.equal((await apiService()).spec.service.namespace, 'keda');
  const left = await kubectl([
    'get',
    'all,secrets,configmaps,networkpolicies',
    '-n',
    'geo',
    '-l',
    'app.kubernetes.io/instance=geosluice',
    '-o',
    'name',
  ]);
  assert.equal(left.stdout, '', 'nothing was made before it was refused');
  // a mode that does not need the API stands beside it, and may not become external by an upgrade either
  await upgrade('geosluice', 'geo', { autoscaling: { mode: 'keda' } });
  const later = await helm(['upgrade', 'geosluice', CHART, '--namespace', 'geo', '--values', '-'], EXTERNAL);
  assert.match(later.stderr, /belongs to Service keda\/keda-operator-metrics-apiserver/);
  await uninstall('geosluice', 'geo');
});

/** Everything in a namespace that is not Kubernetes' own, by kind and name. */
async function remains(namespace: string): Promise<string[]> {
  const { stdout } = await kubectl(['api-resources', '--verbs=list', '--namespaced', '-o', 'name']);
  const kinds = stdout
    .trim()
    .split('\n')
    .filter((kind) => !/^events|\.metrics\.k8s\.io$/.test(kind));
  const { stdout: names } = await kubectl([
    'get',
    kinds.join(','),
    '-n',
    namespace,
    '-o',
    'name',
    '--ignore-not-found',
  ]);
  const own = ['configmap/kube-root-ca.crt', 'serviceaccount/default'];
  return names
    .trim()
    .split('\n')
    .filter((name) => name !== '' && !own.includes(name));
}

for (const retain of [true, false]) {
  test(`uninstall leaves ${retain ? 'the volume of Redis, as the notes say, and nothing else' : 'nothing where that is asked for'}`, async () => {
    const said = await upgrade('geosluice', 'geo', over(EXTERNAL, { redis: { persistence: { retain } } }));
    const volume = 'persistentvolumeclaim/data-geosluice-redis-0';
    assert.equal(said.includes('data-geosluice-redis-0'), retain);
    await until(async () => (await remains('geo')).includes(volume));
    await uninstall('geosluice', 'geo');
    const left = retain ? [volume] : [];
    await until(async () => (await remains('geo')).length === left.length);
    assert.deepEqual(await remains('geo'), left);
    assert.equal(await plane.client.find(API), null);
    const { stdout } = await kubectl(['get', 'rolebindings', '-n', 'kube-system', '-o', 'name']);
    assert.doesNotMatch(stdout, /geosluice/);
    await kubectl(['delete', 'pvc', '-n', 'geo', '--all', '--wait=false']);
  });
}
