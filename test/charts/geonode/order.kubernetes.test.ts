import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Manifest, ofKind, theOne, workloads } from '../shared/manifests.ts';
import { render, renderText } from '../shared/render.ts';

/** The init containers of a workload, as what each runs. */
function inits(manifests: readonly Manifest[], name: string): string[] {
  const { template } = workloads(manifests).find((workload) => workload.name === name)!;
  return (template.spec?.initContainers ?? []).map(({ command = [], args = [] }) =>
    [...command, ...args]
      .map((word) => word.replace('/opt/geosluice/scripts/', '').replace('/opt/geosluice/', ''))
      .join(' '),
  );
}

test('Django and Celery wait for PostGIS, Redis and GeoServer, then for the bootstrap', async () => {
  const manifests = await render('geonode');
  for (const name of ['geonode-django', 'geonode-celery', 'geonode-celery-beat']) {
    const [services = '', bootstrap = '', ...more] = inits(manifests, name);
    assert.match(services, /^python wait_for\.py --timeout 900 env:DATABASE_URL env:GEODATABASE_URL env:BROKER_URL /);
    assert.match(services, /http:\/\/geonode-geoserver-primary:8080\/geoserver\/$/);
    assert.match(bootstrap, /^python wait_for_bootstrap\.py --timeout 900$/);
    assert.deepEqual(more, []);
  }
});

test('the bootstrap waits for nothing that waits for it', async () => {
  const [services = '', ...more] = inits(await render('geonode'), 'geonode-bootstrap-1');
  assert.equal(services, 'python wait_for.py --timeout 900 env:DATABASE_URL env:GEODATABASE_URL env:BROKER_URL');
  assert.deepEqual(more, []);
});

test('the bootstrap is no hook, and a Job of its own with each revision', async () => {
  const manifests = await render('geonode');
  assert.equal(manifests.filter(({ metadata }) => metadata.annotations?.['helm.sh/hook'] !== undefined).length, 0);
  const { spec } = theOne(manifests, 'Job', 'geonode-bootstrap-1');
  assert.ok((spec?.ttlSecondsAfterFinished ?? 0) >= 3600, 'helm --wait must still find it');
});

test('the primary seeds its data directory before its security files are edited, a replica restores it', async () => {
  const manifests = await render('geonode');
  const wait = 'python wait_for.py --timeout 900 tcp://geonode-activemq:61616 env:GEODATABASE_URL';
  const edits = ['python oauth_config.py', 'python geoserver_admin.py'];
  assert.deepEqual(inits(manifests, 'geonode-geoserver-primary'), [wait, 'seed.sh', ...edits]);
  assert.deepEqual(inits(manifests, 'geonode-geoserver-replica'), [
    wait,
    'python snapshot.py restore --timeout 900',
    ...edits,
  ]);
});

test('a replica is named by its pod, has its data directory for itself, and is ready by the word of its sidecar', async () => {
  const manifests = await render('geonode');
  const { spec } = theOne(manifests, 'StatefulSet', 'geonode-geoserver-replica');
  assert.equal(spec?.podManagementPolicy, 'Parallel');
  assert.equal(spec?.volumeClaimTemplates, undefined);
  const pod = spec?.template.spec;
  assert.ok(pod?.volumes?.find(({ name }) => name === 'data')?.emptyDir);
  const server = pod?.containers.find(({ name }) => name === 'geoserver');
  const env = Object.fromEntries((server?.env ?? []).map(({ name, value }) => [name, value]));
  assert.equal(env.CLUSTER_ROLE, 'replica');
  assert.equal(env.CLUSTER_INSTANCE_NAME, '$(POD_NAME)');
  assert.equal(server?.readinessProbe?.httpGet?.path, '/readyz');
  assert.equal(server?.livenessProbe?.httpGet?.path, '/livez');
  const { periodSeconds = 10, failureThreshold = 3 } = server?.livenessProbe ?? {};
  assert.ok(periodSeconds * failureThreshold <= 60, 'a restart that the sidecar asks for must come within a minute');
  const restore = pod?.initContainers?.find(({ name }) => name === 'restore-data-directory');
  assert.ok(restore?.env?.some(({ name, value }) => name === 'INSTANCE_NAME' && value === '$(POD_NAME)'));
});

test('the snapshot sidecar is reached while GeoServer still starts, writes go to the primary, maps to all', async () => {
  const manifests = await render('geonode');
  const service = (name: string) => theOne(manifests, 'Service', `geonode-${name}`).spec;
  assert.equal(service('geoserver-snapshot')?.publishNotReadyAddresses, true);
  assert.equal(service('geoserver-nodes')?.publishNotReadyAddresses, undefined);
  const labels = (name: string): Record<string, string> =>
    theOne(manifests, 'StatefulSet', `geonode-geoserver-${name}`).spec?.template.metadata?.labels ?? {};
  const reaches = (name: string, pod: string) =>
    Object.entries(service(name)?.selector ?? {}).every(([key, value]) => labels(pod)[key] === value);
  const table = Object.fromEntries(
    ['geoserver', 'geoserver-nodes', 'geoserver-primary', 'geoserver-snapshot'].map((name) => [
      name,
      ['primary', 'replica'].filter((pod) => reaches(name, pod)),
    ]),
  );
  assert.deepEqual(table, {
    geoserver: ['primary', 'replica'],
    'geoserver-nodes': ['primary', 'replica'],
    'geoserver-primary': ['primary'],
    'geoserver-snapshot': ['primary'],
  });
});

test('the primary may leave maps to the replicas, and is then drawn on all the same', async () => {
  const manifests = await render('geonode', { set: ['geoserver.primary.servesMaps=false'] });
  const labels = theOne(manifests, 'StatefulSet', 'geonode-geoserver-primary').spec?.template.metadata?.labels;
  assert.equal(labels?.['serves-maps'], undefined);
  assert.equal(labels?.['geoserver-node'], 'true');
});

test('every script that a container runs is in the ConfigMap of scripts', async () => {
  const manifests = await render('geonode');
  const { data = {} } = theOne(manifests, 'ConfigMap', 'geonode-scripts');
  const text = await renderText('geonode');
  const used = new Set([...text.matchAll(/\/opt\/geosluice\/scripts\/(\w+\.py)/g)].map(([, name]) => name ?? ''));
  assert.ok(used.size >= 7, [...used].join(', '));
  for (const name of used) assert.ok(name in data, `${name} is run and not there`);
});

test('nobody but the snapshot CronJob and the bootstrap runs to an end', async () => {
  const manifests = await render('geonode');
  assert.deepEqual(
    workloads(manifests)
      .filter(({ longRunning }) => !longRunning)
      .map(({ kind, name }) => `${kind} ${name}`)
      .sort(),
    ['CronJob geonode-snapshot', 'Job geonode-bootstrap-1'],
  );
  assert.equal(ofKind(manifests, 'CronJob').length, 1);
});
