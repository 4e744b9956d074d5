import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { V1Container, V1PodSpec } from '@kubernetes/client-node';
import { longRunningContainers, restrictedFaults } from './pod-security.ts';

const CONTAINER: V1Container = {
  name: 'c',
  image: 'x:1',
  securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
};
const POD: V1PodSpec = {
  securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
  containers: [CONTAINER],
};
const faults = (spec: Partial<V1PodSpec>, container: Partial<V1Container> = {}) =>
  restrictedFaults({ spec: { ...POD, containers: [{ ...CONTAINER, ...container }], ...spec } });

test('a pod that asks for nothing is admitted', () => {
  assert.deepEqual(faults({}), []);
  assert.deepEqual(faults({ volumes: [{ name: 'a' }, { name: 'b', secret: { secretName: 's' } }] }), []);
});

test('an empty pod has every fault of leaving things out', () => {
  assert.deepEqual(restrictedFaults({ spec: { containers: [{ name: 'c', image: 'x' }] } }), [
    'container c: allowPrivilegeEscalation is not false',
    'container c: runAsNonRoot is not true',
    'container c: no seccomp profile',
    'container c: does not drop ALL capabilities',
  ]);
});

test('what reaches for the node is told', () => {
  assert.deepEqual(faults({ hostNetwork: true, hostPID: true }), ['hostNetwork', 'hostPID']);
  assert.deepEqual(faults({ volumes: [{ name: 'docker', hostPath: { path: '/' } }] }), ['volume docker']);
  assert.deepEqual(faults({ volumes: [{ name: 'shared', nfs: { path: '/', server: 's' } }] }), ['volume shared']);
  assert.deepEqual(faults({}, { ports: [{ containerPort: 80, hostPort: 80 }] }), ['container c: host port']);
  assert.deepEqual(faults({}, { livenessProbe: { httpGet: { host: 'a', port: 80 } } }), [
    'container c: a probe or hook names a host',
  ]);
  assert.deepEqual(
    faults({ securityContext: { ...POD.securityContext, sysctls: [{ name: 'kernel.msgmax', value: '1' }] } }),
    ['sysctl kernel.msgmax'],
  );
});

test('a container that takes back what the pod gave is told, and init containers are containers', () => {
  const securityContext = { ...CONTAINER.securityContext, runAsNonRoot: false, runAsUser: 0 };
  assert.deepEqual(faults({}, { securityContext }), [
    'container c: runAsNonRoot is not true',
    'container c: runs as user 0',
  ]);
  const added = { ...CONTAINER.securityContext, capabilities: { drop: ['ALL'], add: ['SYS_ADMIN'] }, privileged: true };
  assert.deepEqual(faults({ initContainers: [{ ...CONTAINER, name: 'i', securityContext: added }] }), [
    'container i: privileged',
    'container i: adds capabilities',
  ]);
});

test('an init container that restarts always runs long', () => {
  const initContainers = [CONTAINER, { ...CONTAINER, name: 'side', restartPolicy: 'Always' }].map((one, at) =>
    at === 0 ? { ...one, name: 'once' } : one,
  );
  assert.deepEqual(
    longRunningContainers({ ...POD, initContainers }).map(({ name }) => name),
    ['side', 'c'],
  );
});
