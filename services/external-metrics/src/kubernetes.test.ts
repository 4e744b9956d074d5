import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EXTERNAL_METRICS, loadConfig } from '@geosluice/service-kit';
import { apiServerOf, namespacesOf } from './kubernetes.ts';

const settings = (env: Record<string, string> = {}) =>
  loadConfig({ externalMetrics: EXTERNAL_METRICS }, env).externalMetrics;

test('a pod knows its API server and its own files', () => {
  const env = { KUBERNETES_SERVICE_HOST: '10.96.0.1', KUBERNETES_SERVICE_PORT: '6443' };
  assert.deepEqual(apiServerOf(settings(), env), {
    url: 'https://10.96.0.1:6443',
    caFile: '/var/run/secrets/kubernetes.io/serviceaccount/ca.crt',
    tokenFile: '/var/run/secrets/kubernetes.io/serviceaccount/token',
  });
  assert.equal(apiServerOf(settings(), { KUBERNETES_SERVICE_HOST: 'fd00::1' }).url, 'https://[fd00::1]:443');
});

test('another API server may be named', () => {
  const named = settings({ GEOSLUICE_EXTERNAL_METRICS_API_SERVER: 'https://127.0.0.1:6444' });
  assert.equal(apiServerOf(named, { KUBERNETES_SERVICE_HOST: '10.96.0.1' }).url, 'https://127.0.0.1:6444');
});

test('outside of a cluster, what is missing is told', () => {
  assert.throws(() => apiServerOf(settings(), {}), /GEOSLUICE_EXTERNAL_METRICS_API_SERVER is missing/);
  const nowhere = { GEOSLUICE_EXTERNAL_METRICS_NAMESPACE_FILE: '/no/such/file' };
  assert.throws(() => namespacesOf(settings(nowhere)), /GEOSLUICE_EXTERNAL_METRICS_NAMESPACES is missing/);
});

test('namespaces that are named go before the pod’s own', () => {
  assert.deepEqual(namespacesOf(settings({ GEOSLUICE_EXTERNAL_METRICS_NAMESPACES: 'rasters,maps' })), [
    'rasters',
    'maps',
  ]);
});
