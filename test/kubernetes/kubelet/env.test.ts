import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Service } from '../network/types.ts';
import { type ConfigSource, containerEnv, expand } from './env.ts';
import type { EnvVar, Pod } from './types.ts';

const pod: Pod = {
  metadata: { name: 'pod', namespace: 'space', uid: '1', labels: { 'app.kubernetes.io/name': 'x' } },
  spec: { containers: [] },
  status: {},
};
const facts = { pod, podIp: '10.0.0.2', hostIp: '10.0.0.1' };
const nothing: ConfigSource = { configMap: async () => null, secret: async () => null };

const envOf = (env: EnvVar[], services: Service[] = []): Promise<Record<string, string>> =>
  containerEnv({ name: 'main', image: 'x', env }, facts, nothing, services);

test('a variable may use those before it, not those after it', async () => {
  const env = await envOf([
    { name: 'A', value: '$(B)' },
    { name: 'B', value: 'b' },
    { name: 'C', value: '$(B)$(B)' },
  ]);
  assert.deepEqual(env, { A: '$(B)', B: 'b', C: 'bb' });
});

test('two dollars are one, and what is unknown stays', () => {
  assert.equal(expand('$$(A) $(A) $(Z) $A $$', { A: '1' }), '$(A) 1 $(Z) $A $');
});

test('fields of the pod have their values', async () => {
  const field = (name: string, fieldPath: string): EnvVar => ({ name, valueFrom: { fieldRef: { fieldPath } } });
  const env = await envOf([field('IP', 'status.podIP'), field('APP', "metadata.labels['app.kubernetes.io/name']")]);
  assert.deepEqual(env, { IP: '10.0.0.2', APP: 'x' });
});

test('a Service of the namespace is linked, with the traps that brings', async () => {
  const service: Service = {
    metadata: { name: 'my-redis', namespace: 'space' },
    spec: { clusterIP: '10.1.0.9', ports: [{ name: 'redis', port: 6379 }] },
  };
  const headless: Service = {
    metadata: { name: 'nodes', namespace: 'space' },
    spec: { clusterIP: 'None', ports: [{ port: 1 }] },
  };
  const elsewhere: Service = { ...service, metadata: { name: 'other', namespace: 'elsewhere' } };
  const env = await envOf([], [service, headless, elsewhere]);
  assert.equal(env.MY_REDIS_PORT, 'tcp://10.1.0.9:6379');
  assert.equal(env.MY_REDIS_SERVICE_HOST, '10.1.0.9');
  assert.equal(env.MY_REDIS_SERVICE_PORT_REDIS, '6379');
  assert.ok(Object.keys(env).every((name) => name.startsWith('MY_REDIS_')));
});

test('what is missing is told by name', async () => {
  const secretKeyRef = { name: 'login', key: 'password' };
  await assert.rejects(envOf([{ name: 'A', valueFrom: { secretKeyRef } }]), {
    reason: 'CreateContainerConfigError',
    message: 'secret "login" not found',
  });
});
