import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inconsistencies } from './consistency.ts';
import { manifestsOf } from './render.ts';
import { leakedSecrets, references, unfulfilled } from './secrets.ts';
import { sharedVolumes } from './storage.ts';

const LABELS = `app.kubernetes.io/name: n
    app.kubernetes.io/instance: r
    app.kubernetes.io/managed-by: Helm
    app.kubernetes.io/part-of: p
    app.kubernetes.io/version: "1"`;
const object = (kind: string, name: string, rest: string, apiVersion = 'v1') => `---
apiVersion: ${apiVersion}
kind: ${kind}
metadata:
  name: ${name}
  labels:
    ${LABELS}
${rest}
`;
const workload = (kind: string, name: string, pod: string, further = '') =>
  object(
    kind,
    name,
    `spec:
  ${further}
  selector: { matchLabels: { app: ${name} } }
  template:
    metadata: { labels: { app: ${name} } }
    spec: ${pod}`,
    'apps/v1',
  );
const POD = '{ containers: [{ name: c, image: x, ports: [{ name: http, containerPort: 80 }] }] }';
const faults = (...texts: string[]) => inconsistencies(manifestsOf(texts.join('')));

test('what fits together has no faults', () => {
  const service = object('Service', 'a', 'spec: { selector: { app: a }, ports: [{ port: 1, targetPort: http }] }');
  const budget = object('PodDisruptionBudget', 'a', 'spec: { selector: { matchLabels: { app: a } } }', 'policy/v1');
  assert.deepEqual(faults(workload('Deployment', 'a', POD), service, budget), []);
});

test('selectors that take nothing, or other pods, are told', () => {
  const service = (spec: string) => object('Service', 's', `spec: ${spec}`);
  const a = workload('Deployment', 'a', POD);
  assert.deepEqual(faults(a, service('{ selector: { app: b }, ports: [] }')), ['Service s selects no pod']);
  assert.deepEqual(faults(a, service('{ selector: { app: a }, ports: [{ port: 80 }, { port: 2, targetPort: x }] }')), [
    'Service s: a has no port x',
  ]);
  const budget = object('PodDisruptionBudget', 'p', 'spec: { selector: {} }', 'policy/v1');
  assert.deepEqual(faults(a, workload('Deployment', 'b', POD), budget), [
    'PodDisruptionBudget p is not of one workload',
  ]);
  const wide = a.replace('matchLabels: { app: a }', 'matchLabels: {}');
  assert.deepEqual(faults(wide, workload('Deployment', 'b', POD)), ['Deployment a selects the pods of b']);
  assert.deepEqual(faults(a, a).slice(0, 1), ['apps/v1 Deployment  a is there twice']);
  assert.deepEqual(faults(a.replace('app.kubernetes.io/part-of: p', '')), [
    'Deployment a lacks app.kubernetes.io/part-of',
  ]);
});

test("a probe by a name that is another container's port is told", () => {
  const pod =
    '{ containers: [{ name: c, image: x, ports: [{ name: http, containerPort: 80 }] }, { name: side, livenessProbe: { httpGet: { port: http } } }] }';
  assert.deepEqual(faults(workload('Deployment', 'a', pod)), [
    'Deployment a: container side is asked at http, which is none of its ports',
  ]);
  assert.deepEqual(faults(workload('Deployment', 'a', pod.replace('port: http', 'port: 80'))), []);
});

test('an autoscaler needs a target that has no number of its own', () => {
  const hpa = object(
    'HorizontalPodAutoscaler',
    'h',
    'spec: { scaleTargetRef: { kind: Deployment, name: a } }',
    'autoscaling/v2',
  );
  assert.deepEqual(faults(hpa), ['HorizontalPodAutoscaler h scales nothing']);
  assert.deepEqual(faults(hpa, workload('Deployment', 'a', POD)), []);
  assert.match(faults(hpa, workload('Deployment', 'a', POD, 'replicas: 2')).join(), /upgrades reset it/);
});

test('shared volumes are found, however they are shared', () => {
  const claim = (name: string) =>
    `{ containers: [], volumes: [{ name: v, persistentVolumeClaim: { claimName: ${name} } }] }`;
  const shared = (...texts: string[]) => sharedVolumes(manifestsOf(texts.join('')));
  assert.deepEqual(shared(object('PersistentVolumeClaim', 'a', 'spec: { accessModes: [ReadWriteMany] }')), [
    'claim a is ReadWriteMany',
  ]);
  assert.deepEqual(shared(workload('StatefulSet', 'a', claim('v')), workload('StatefulSet', 'b', claim('v'))), [
    'claim v is mounted by StatefulSet a and StatefulSet b',
  ]);
  assert.equal(shared(workload('Deployment', 'a', claim('v'))).length, 1, 'a Deployment has two pods while it rolls');
  assert.equal(shared(workload('StatefulSet', 'a', claim('v'), 'replicas: 2')).length, 1);
  assert.deepEqual(shared(workload('StatefulSet', 'a', claim('v'), 'replicas: 1')), []);
  assert.equal(shared(workload('Deployment', 'a', '{ volumes: [{ name: v, nfs: {} }] }')).length, 1);
  const template =
    'volumeClaimTemplates: [{ metadata: { name: d }, spec: { accessModes: [ReadWriteOnce, ReadOnlyMany] } }]';
  assert.deepEqual(shared(workload('StatefulSet', 'a', POD, template)), ['claim d is ReadWriteOnce, ReadOnlyMany']);
});

test("a secret's value is found wherever else it stands, encoded too", () => {
  const secret = object(
    'Secret',
    's',
    'stringData: { password: "correct horse", user: long-user-name, tls.crt: public-public }',
  );
  const leaks = (text: string) => leakedSecrets(manifestsOf(secret + text));
  assert.deepEqual(leaks(object('ConfigMap', 'c', 'data: { url: "x://u:correct horse@h" }')), [
    'password of Secret s stands in ConfigMap c',
  ]);
  assert.equal(
    leaks(object('ConfigMap', 'c', `data: { a: ${Buffer.from('correct horse').toString('base64')} }`)).length,
    1,
  );
  assert.deepEqual(leaks(object('ConfigMap', 'c', 'data: { a: long-user-name, b: public-public }')), []);
});

test('what pods refer to is found, with the key, unless it is optional', () => {
  const pod = `{ serviceAccountName: a, volumes: [{ name: v, secret: { secretName: s, items: [{ key: k, path: p }] } }, { name: w, configMap: { name: o, optional: true } }],
      containers: [{ name: c, env: [{ name: E, valueFrom: { secretKeyRef: { name: s, key: j } } }], envFrom: [{ configMapRef: { name: m } }] }] }`;
  const wanted = references(manifestsOf(workload('Deployment', 'd', pod)));
  const names = (text: string) =>
    unfulfilled(wanted, manifestsOf(text)).map(({ kind, name, key }) => `${kind} ${name} ${key ?? ''}`);
  assert.deepEqual(names(''), ['ConfigMap m ', 'Secret s j', 'Secret s k', 'ServiceAccount a ']);
  const there =
    object('Secret', 's', 'stringData: { k: x }') + object('ConfigMap', 'm', '') + object('ServiceAccount', 'a', '');
  assert.deepEqual(names(there), ['Secret s j']);
});
