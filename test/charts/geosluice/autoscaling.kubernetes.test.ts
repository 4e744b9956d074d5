import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { type Manifest, ofKind, theOne } from '../shared/manifests.ts';
import { contentOf } from '../shared/secrets.ts';
import { ALONE, over, podOf, release, WORKERS } from './release.ts';

interface ScaledObject {
  spec: {
    scaleTargetRef: { name: string };
    minReplicaCount: number;
    maxReplicaCount: number;
    advanced: { scalingModifiers: { formula: string; target: string }; horizontalPodAutoscalerConfig: object };
    triggers: Array<{ type: string; name: string; metadata: Record<string, string>; authenticationRef?: object }>;
  };
}

const replicasOf = (manifests: readonly Manifest[], name: string) =>
  theOne(manifests, 'Deployment', `geosluice-${name}`).spec?.replicas;
const hpaOf = (manifests: readonly Manifest[], name: string) =>
  theOne(manifests, 'HorizontalPodAutoscaler', `geosluice-${name}`).spec;
const fewest = (manifests: readonly Manifest[]) => WORKERS.map((worker) => hpaOf(manifests, worker)?.minReplicas);
const scaledOf = (manifests: readonly Manifest[], name: string) =>
  ofKind(manifests, 'ScaledObject').find(({ metadata }) => metadata.name === `geosluice-${name}`) as unknown as
    | ScaledObject
    | undefined;

test('an autoscaler owns the number of pods where there is one, and the values where there is none', async () => {
  const scaled = await release();
  for (const worker of WORKERS) {
    assert.equal(replicasOf(scaled, worker), undefined, worker);
    assert.equal(hpaOf(scaled, worker)?.scaleTargetRef.name, `geosluice-${worker}`);
  }
  assert.equal(replicasOf(scaled, 'gateway'), 2);
  const own = await release({ upload: { replicas: 7, autoscaling: { enabled: false } } });
  assert.equal(replicasOf(own, 'upload'), 7);
  const none = await release({ autoscaling: { mode: 'none' }, publish: { replicas: 3 } });
  assert.equal(ofKind(none, 'HorizontalPodAutoscaler').length, 0);
  assert.equal(replicasOf(none, 'publish'), 3);
});

test('cpu: by what the pods use of what they ask for', async () => {
  const manifests = await release({ autoscaling: { cpu: { targetUtilization: 55 } } });
  const { metrics = [], minReplicas, maxReplicas } = hpaOf(manifests, 'upload') ?? {};
  assert.deepEqual(metrics[0]?.resource, { name: 'cpu', target: { type: 'Utilization', averageUtilization: 55 } });
  assert.deepEqual([minReplicas, maxReplicas], [1, 10]);
  for (const worker of WORKERS) {
    assert.notEqual(podOf(manifests, worker).spec?.containers[0]?.resources?.requests?.cpu, undefined, worker);
  }
});

test('what writes to GeoServer and GeoNode stays few, since those are the limit', async () => {
  const manifests = await release();
  for (const worker of ['publish', 'register']) assert.ok((hpaOf(manifests, worker)?.maxReplicas ?? 99) <= 2, worker);
});

test('scaling goes up fast and down slowly, a pod a minute at most', async () => {
  const { scaleUp, scaleDown } = hpaOf(await release(), 'upload')?.behavior ?? {};
  assert.equal(scaleUp?.stabilizationWindowSeconds, 0);
  assert.equal(scaleDown?.selectPolicy, 'Min');
  assert.ok((scaleDown?.stabilizationWindowSeconds ?? 0) >= 300);
  const [pods] = scaleDown?.policies ?? [];
  assert.deepEqual(pods, { type: 'Pods', value: 1, periodSeconds: 60 });
});

test('external: by the backlog that a process of this release tells', async () => {
  const manifests = await release({ autoscaling: { mode: 'external' }, upload: { autoscaling: { jobsPerPod: 9 } } });
  const [metric] = hpaOf(manifests, 'upload')?.metrics ?? [];
  assert.deepEqual(metric?.external, {
    metric: { name: 'geosluice_backlog', selector: { matchLabels: { stage: 'upload' } } },
    target: { type: 'AverageValue', averageValue: '9' },
  });
  const [api] = ofKind(manifests, 'APIService') as unknown as Array<{
    metadata: { name: string };
    spec: { service: object; caBundle: string; insecureSkipTLSVerify?: boolean };
  }>;
  assert.equal(api?.metadata.name, 'v1beta1.external.metrics.k8s.io');
  assert.deepEqual(api?.spec.service, { name: 'geosluice-external-metrics', namespace: 'geo', port: 443 });
  assert.equal(api?.spec.insecureSkipTLSVerify, undefined);
  const tls = contentOf(theOne(manifests, 'Secret', 'geosluice-external-metrics-tls'));
  const ca = new X509Certificate(Buffer.from(api?.spec.caBundle ?? '', 'base64'));
  const certificate = new X509Certificate(tls['tls.crt'] ?? '');
  assert.ok(certificate.verify(ca.publicKey), 'the APIService trusts the certificate');
  assert.notEqual(certificate.checkHost('geosluice-external-metrics.geo.svc'), undefined);
  const days = (Date.parse(certificate.validTo) - Date.now()) / 86_400_000;
  assert.ok(days > 1090 && days < 1096, `${days} days`);
});

test('external: it may read how the aggregator is known, and has a short token for that', async () => {
  const manifests = await release({ autoscaling: { mode: 'external' } });
  const [binding] = ofKind(manifests, 'RoleBinding') as unknown as Array<{
    metadata: { namespace: string };
    roleRef: { kind: string; name: string };
    subjects: Array<{ kind: string; name: string; namespace: string }>;
  }>;
  assert.equal(binding?.metadata.namespace, 'kube-system');
  assert.deepEqual(
    [binding?.roleRef.kind, binding?.roleRef.name],
    ['Role', 'extension-apiserver-authentication-reader'],
  );
  assert.deepEqual(binding?.subjects, [
    { kind: 'ServiceAccount', name: 'geosluice-external-metrics', namespace: 'geo' },
  ]);
  for (const kind of ['Role', 'ClusterRole', 'ClusterRoleBinding']) assert.equal(ofKind(manifests, kind).length, 0);
  const pod = podOf(manifests, 'external-metrics').spec;
  assert.equal(pod?.automountServiceAccountToken, false);
  const token = pod?.volumes?.flatMap(({ projected }) => projected?.sources ?? []).find((s) => s.serviceAccountToken);
  assert.deepEqual(token?.serviceAccountToken, { path: 'token', expirationSeconds: 3600 });
});

test('external: the certificate may be cert-manager’s, or one that is there', async () => {
  const by = (certificate: Record<string, unknown>) =>
    release({ autoscaling: { mode: 'external', external: { certificate } } });
  const managed = await by({ source: 'cert-manager' });
  const [api] = ofKind(managed, 'APIService');
  assert.equal(api?.metadata.annotations?.['cert-manager.io/inject-ca-from'], 'geo/geosluice-external-metrics');
  assert.equal(ofKind(managed, 'Certificate').length, 1);
  assert.equal(ofKind(managed, 'Issuer').length, 1);
  const issued = await by({ source: 'cert-manager', issuerRef: { kind: 'ClusterIssuer', name: 'company' } });
  assert.equal(ofKind(issued, 'Issuer').length, 0);
  const there = await by({ source: 'existing', existingSecret: 'tls', caBundle: 'PEM' });
  const volumes = podOf(there, 'external-metrics').spec?.volumes ?? [];
  assert.equal(volumes.find(({ name }) => name === 'tls')?.secret?.secretName, 'tls');
});

test('to none: where the backlog is looked at and the cluster can, and never discover', async () => {
  const zero = (mode: string, own: Record<string, unknown> = {}, kubeVersion = '1.37') =>
    release({ autoscaling: { mode, scaleToZero: true, ...own } }, { kubeVersion });
  assert.deepEqual(fewest(await zero('external')), [1, 0, 0, 0]);
  assert.deepEqual(fewest(await zero('prometheus')), [1, 0, 0, 0]);
  assert.deepEqual(fewest(await zero('external', {}, '1.36')), [1, 1, 1, 1]);
  assert.deepEqual(fewest(await zero('external', { allowZeroOnOlderClusters: true }, '1.36')), [1, 0, 0, 0]);
  const keda = await zero('keda', {}, '1.30');
  assert.deepEqual(
    WORKERS.map((worker) => scaledOf(keda, worker)?.spec.minReplicaCount),
    [1, 0, 0, 0],
  );
});

test('prometheus: by the metric that the reader’s adapter makes', async () => {
  const manifests = await release({
    autoscaling: { mode: 'prometheus', prometheus: { metric: 'backlog', labels: { namespace: 'geo' } } },
  });
  const [metric] = hpaOf(manifests, 'publish')?.metrics ?? [];
  assert.deepEqual(metric?.external?.metric, {
    name: 'backlog',
    selector: { matchLabels: { stage: 'publish', namespace: 'geo' } },
  });
  assert.equal(ofKind(manifests, 'APIService').length, 0, 'the adapter’s is left alone');
});

test('keda: by what waits and what runs, added up, with the password from its Secret', async () => {
  const manifests = await release({ autoscaling: { mode: 'keda' }, config: { redis: { prefix: 'maps' } } });
  assert.equal(ofKind(manifests, 'HorizontalPodAutoscaler').length, 0, 'KEDA makes its own');
  const { spec } = scaledOf(manifests, 'upload') ?? {};
  assert.equal(spec?.scaleTargetRef.name, 'geosluice-upload');
  assert.equal(spec?.advanced.scalingModifiers.formula, 'wait + prioritized + active + (delayed > 0 ? 1 : 0)');
  assert.equal(spec?.advanced.scalingModifiers.target, '4');
  assert.deepEqual(
    spec?.triggers.map(({ name, metadata }) => [name, metadata.listName]),
    ['wait', 'prioritized', 'active', 'delayed'].map((list) => [list, `{maps}:upload:${list}`]),
  );
  for (const { metadata, authenticationRef } of spec?.triggers ?? []) {
    assert.equal(metadata.address, 'geosluice-redis.geo.svc:6379');
    assert.deepEqual(authenticationRef, { name: 'geosluice-redis' });
  }
  const [login] = ofKind(manifests, 'TriggerAuthentication') as unknown as Array<{ spec: object }>;
  assert.deepEqual(login?.spec, {
    secretTargetRef: [{ parameter: 'password', name: 'geosluice-redis-auth', key: 'password' }],
  });
});

test('keda: an external Redis is reached as the workers reach it', async () => {
  const triggerOf = async (config: Record<string, unknown>) => {
    const manifests = await release({
      ...{ autoscaling: { mode: 'keda' }, redis: { enabled: false, external: { caSecret: 'ca' } } },
      config: { redis: { password: 'pw-of-redis', ...config } },
    });
    const [trigger] = scaledOf(manifests, 'upload')?.spec.triggers ?? [];
    return { type: trigger?.type, ...trigger?.metadata, listName: undefined, listLength: undefined };
  };
  const blank = { listName: undefined, listLength: undefined };
  assert.deepEqual(await triggerOf({ url: 'rediss://there:6380/0' }), {
    ...{ type: 'redis', address: 'there:6380', databaseIndex: '0', enableTLS: 'true', ...blank },
  });
  assert.deepEqual(await triggerOf({ sentinels: ['a:26379', 'b:26379'], sentinelName: 'main', tls: true }), {
    ...{ type: 'redis-sentinel', addresses: 'a:26379,b:26379', sentinelMaster: 'main', databaseIndex: '0' },
    ...{ enableTLS: 'true', ...blank },
  });
  assert.deepEqual(await triggerOf({ cluster: ['a:6379', 'b:6379'] }), {
    ...{ type: 'redis-cluster', addresses: 'a:6379,b:6379', ...blank },
  });
});

test('the gateway is scaled by CPU where that is asked for, in every mode but none', async () => {
  const gateway = { autoscaling: { enabled: true, min: 3, max: 9 } };
  for (const mode of ['cpu', 'external', 'keda']) {
    const manifests = await release({ gateway, autoscaling: { mode } });
    const { minReplicas, maxReplicas, metrics } = hpaOf(manifests, 'gateway') ?? {};
    assert.deepEqual([minReplicas, maxReplicas, metrics?.[0]?.type], [3, 9, 'Resource'], mode);
    assert.equal(replicasOf(manifests, 'gateway'), undefined);
  }
});

test('values over values are merged as Helm does it', () => {
  const merged = over(ALONE, { config: { target: { bucket: 'b' } }, key: { create: false } }) as typeof ALONE;
  assert.deepEqual([merged.config.target.bucket, merged.config.geoserver], ['b', ALONE.config.geoserver]);
});
