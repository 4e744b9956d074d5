import assert from 'node:assert/strict';
import { test } from 'node:test';
import { manifestsOf } from './render.ts';
import { schemaErrors } from './validate.ts';

const of = (text: string, kubernetes = '1.37') =>
  schemaErrors([{ where: 'x', kubernetes, manifests: manifestsOf(text) }]);

test('an object that is right has no errors, on the oldest and the newest Kubernetes', async () => {
  const text = 'apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {ports: [{port: 80, targetPort: http}]}\n';
  assert.deepEqual(await of(text, '1.30'), []);
  assert.deepEqual(await of(text, '1.37'), []);
});

test('a misspelled field, a wrong type and an unknown version are told by object and path', async () => {
  const errors = await of(`
apiVersion: apps/v1
kind: Deployment
metadata: {name: a}
spec:
  replicas: three
  selector: {matchLabels: {a: b}}
  template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: x, comand: [y]}]}}
---
apiVersion: autoscaling/v2beta2
kind: HorizontalPodAutoscaler
metadata: {name: h}
`);
  assert.equal(errors.length, 3, errors.join('\n'));
  assert.match(errors.join('\n'), /x for 1\.37: Deployment a: spec\.replicas: 'three' is not of type/);
  assert.match(errors.join('\n'), /spec\.template\.spec\.containers\.0: .*'comand' was unexpected/);
  assert.match(errors.join('\n'), /Kubernetes 1\.37 has no HorizontalPodAutoscaler of autoscaling\/v2beta2/);
});

test('what a newer Kubernetes added is a mistake on the oldest', async () => {
  const text = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: a}
spec:
  selector: {matchLabels: {a: b}}
  template:
    metadata: {labels: {a: b}}
    spec: {hostnameOverride: x, containers: [{name: c, image: x}]}
`;
  assert.deepEqual(await of(text, '1.37'), []);
  assert.match((await of(text, '1.30')).join('\n'), /'hostnameOverride' was unexpected/);
});

test('kinds of KEDA, the Gateway API, the Prometheus operator and cert-manager are checked by their definitions', async () => {
  const right = `
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata: {name: a}
spec: {scaleTargetRef: {name: a}, triggers: [{type: redis, metadata: {listName: x}}]}
---
apiVersion: keda.sh/v1alpha1
kind: TriggerAuthentication
metadata: {name: a}
spec: {secretTargetRef: [{parameter: password, name: s, key: k}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: a}
spec: {parentRefs: [{name: gw}], rules: [{backendRefs: [{name: s, port: 80}]}]}
---
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: {name: a}
spec: {selector: {matchLabels: {a: b}}, endpoints: [{port: http, interval: 30s}]}
---
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata: {name: a}
spec: {groups: [{name: g, rules: [{alert: A, expr: up == 0, for: 5m}]}]}
---
apiVersion: cert-manager.io/v1
kind: Certificate
metadata: {name: a}
spec: {secretName: s, issuerRef: {name: i}, dnsNames: [a]}
`;
  assert.deepEqual(await of(right), []);
  const wrong = right
    .replace('triggers:', 'trigers:')
    .replace('parameter:', 'param:')
    .replace('port: 80', 'port: many')
    .replace('endpoints:', 'endpoint:')
    .replace('alert:', 'alarm:')
    .replace('secretName:', 'secret:');
  const errors = (await of(wrong)).join('\n');
  for (const kind of [
    'ScaledObject',
    'TriggerAuthentication',
    'HTTPRoute',
    'ServiceMonitor',
    'PrometheusRule',
    'Certificate',
  ])
    assert.match(errors, new RegExp(`${kind} a: `), kind);
});
