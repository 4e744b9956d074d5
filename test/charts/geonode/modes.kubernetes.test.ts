import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Manifest, ofKind, theOne } from '../shared/manifests.ts';
import { render } from '../shared/render.ts';

/** Pods of each Deployment and StatefulSet; null where an autoscaler owns the number. */
function replicas(manifests: readonly Manifest[]): Record<string, number | null> {
  const found = [...ofKind(manifests, 'Deployment'), ...ofKind(manifests, 'StatefulSet')];
  return Object.fromEntries(
    found.map(({ metadata, spec }) => [metadata?.name?.replace('geonode-', '') ?? '', spec?.replicas ?? null]),
  );
}

const names = (manifests: readonly Manifest[], kind: 'HorizontalPodAutoscaler' | 'PodDisruptionBudget' | 'Job') =>
  ofKind(manifests, kind)
    .map(({ metadata }) => metadata?.name)
    .sort();

const AWAKE_ONCE = { 'geoserver-primary': 1, activemq: 1, postgis: 1, redis: 1, minio: 1, 'celery-beat': 1 };

test('always on: several of everything that may be several, autoscalers and budgets', async () => {
  const manifests = await render('geonode');
  assert.deepEqual(replicas(manifests), { ...AWAKE_ONCE, django: null, celery: 2, 'geoserver-replica': null });
  assert.deepEqual(names(manifests, 'HorizontalPodAutoscaler'), ['geonode-django', 'geonode-geoserver-replica']);
  assert.deepEqual(names(manifests, 'PodDisruptionBudget'), [
    'geonode-celery',
    'geonode-django',
    'geonode-geoserver-replica',
  ]);
  for (const { spec } of ofKind(manifests, 'HorizontalPodAutoscaler')) assert.equal(spec?.minReplicas, 2);
  for (const kind of ['django', 'geoserver-replica'] as const) {
    const { template } = [...ofKind(manifests, 'Deployment'), ...ofKind(manifests, 'StatefulSet')].find(
      ({ metadata }) => metadata?.name === `geonode-${kind}`,
    )?.spec ?? { template: undefined };
    const spread = template?.spec?.topologySpreadConstraints?.map(({ topologyKey }) => topologyKey);
    assert.deepEqual(spread, ['kubernetes.io/hostname', 'topology.kubernetes.io/zone']);
  }
});

test('on demand: asleep at first, and one pod of each once awake, without autoscalers', async () => {
  const asleep = await render('geonode', { set: ['mode=on-demand'] });
  assert.equal(replicas(asleep).django, 0);
  const awake = await render('geonode', { set: ['mode=on-demand', 'awake=true'] });
  assert.deepEqual(replicas(awake), { ...AWAKE_ONCE, django: 1, celery: 1, 'geoserver-replica': 1 });
  assert.deepEqual(names(awake, 'HorizontalPodAutoscaler'), []);
  assert.deepEqual(names(awake, 'PodDisruptionBudget'), []);
});

for (const mode of ['always-on', 'on-demand']) {
  test(`asleep (${mode}): no pods but those that keep data, no autoscaler, no Job`, async () => {
    const manifests = await render('geonode', { set: [`mode=${mode}`, 'awake=false'] });
    const { postgis, minio, ...rest } = replicas(manifests);
    assert.deepEqual([postgis, minio], [1, 1]);
    assert.deepEqual(new Set(Object.values(rest)), new Set([0]));
    assert.deepEqual(names(manifests, 'HorizontalPodAutoscaler'), []);
    assert.deepEqual(names(manifests, 'PodDisruptionBudget'), []);
    assert.deepEqual(names(manifests, 'Job'), []);
    assert.equal(theOne(manifests, 'CronJob', 'geonode-snapshot').spec?.suspend, true);
  });
}

test('asleep and told so, the pods that keep data sleep as well', async () => {
  const manifests = await render('geonode', { set: ['awake=false', 'sleep.keepDataServices=false'] });
  assert.deepEqual(new Set(Object.values(replicas(manifests))), new Set([0]));
});

test('sleeping changes no volume: the claims are the same, and scaling down never removes one', async () => {
  const claims = (manifests: readonly Manifest[]) =>
    ofKind(manifests, 'StatefulSet').map(({ metadata, spec }) => [metadata?.name, spec?.volumeClaimTemplates]);
  const asleep = await render('geonode', { set: ['awake=false', 'persistence.retain=false'] });
  assert.deepEqual(claims(asleep), claims(await render('geonode', { set: ['persistence.retain=false'] })));
  const withClaims = ofKind(asleep, 'StatefulSet').filter(({ spec }) => spec?.volumeClaimTemplates !== undefined);
  assert.equal(withClaims.length, 5);
  for (const { spec } of withClaims) assert.equal(spec?.persistentVolumeClaimRetentionPolicy?.whenScaled, 'Retain');
});

test('values go before the numbers of the mode', async () => {
  const manifests = await render('geonode', {
    values: {
      mode: 'on-demand',
      awake: true,
      celery: { replicas: 3 },
      geoserver: { replicas: 0, autoscaling: { enabled: false } },
      django: { autoscaling: { enabled: true, maxReplicas: 9 }, resources: { requests: { cpu: '2', memory: '3Gi' } } },
    },
  });
  assert.deepEqual(replicas(manifests), { ...AWAKE_ONCE, django: null, celery: 3, 'geoserver-replica': 0 });
  const { spec } = theOne(manifests, 'HorizontalPodAutoscaler', 'geonode-django');
  assert.deepEqual([spec?.minReplicas, spec?.maxReplicas], [1, 9]);
  const django = theOne(manifests, 'Deployment', 'geonode-django').spec?.template.spec?.containers[0];
  assert.deepEqual(django?.resources, { requests: { cpu: '2', memory: '3Gi' } });
});
