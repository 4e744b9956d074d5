import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ofKind, workloads } from './manifests.ts';
import { manifestsOf, valueArguments } from './render.ts';

const DEPLOYMENT = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: a}
spec:
  template:
    spec:
      volumes: [{name: v, secret: {secretName: s, defaultMode: 0440}}]
      containers: [{name: c, image: x, args: ["10:20"], env: [{name: WHEN, value: 2026-01-01}]}]
---
# nothing here
---
apiVersion: v1
kind: Service
metadata: {name: a}
`;

test('a text is read as Kubernetes reads it, empty documents left out', () => {
  const manifests = manifestsOf(DEPLOYMENT);
  assert.deepEqual(
    manifests.map(({ kind }) => kind),
    ['Deployment', 'Service'],
  );
  const [workload] = workloads(manifests);
  assert.equal(workload?.longRunning, true);
  assert.equal(workload?.template.spec?.volumes?.[0]?.secret?.defaultMode, 0o440);
  assert.deepEqual(workload?.template.spec?.containers[0]?.args, ['10:20']);
  assert.equal(workload?.template.spec?.containers[0]?.env?.[0]?.value, '2026-01-01');
  assert.equal(ofKind(manifests, 'Service').length, 1);
});

test('a key twice and a document that is no object are mistakes', () => {
  assert.throws(() => manifestsOf('apiVersion: v1\nkind: A\nmetadata: {name: a}\nkind: B\n'), /unique/);
  assert.throws(() => manifestsOf('replicas: 3\n'), /not a Kubernetes object/);
});

test('values go over files, and assignments over values', () => {
  const args = valueArguments({ files: ['charts/a.yaml'], values: { a: 1 }, set: ['b=2'] });
  assert.match(args.join(' '), /^--values .*charts\/a\.yaml --values - --set b=2$/);
});
