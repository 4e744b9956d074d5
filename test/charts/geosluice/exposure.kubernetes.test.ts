import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createMetrics } from '../../../packages/service-kit/src/index.ts';
import { kubernetesTools, runProgram } from '../../counterparts/helm.ts';
import { ofKind, theOne } from '../shared/manifests.ts';
import { ROOT } from '../shared/render.ts';
import { ALONE, over, release } from './release.ts';

test('an Ingress leads to the gateway, with the certificate and the annotations of the values', async () => {
  const manifests = await release({
    ingress: { enabled: true, className: 'nginx', host: 'g.example.org', tlsSecret: 'tls', annotations: { a: 'b' } },
  });
  const { metadata, spec } = theOne(manifests, 'Ingress', 'geosluice-gateway');
  assert.deepEqual(metadata?.annotations, { a: 'b' });
  assert.equal(spec?.ingressClassName, 'nginx');
  assert.deepEqual(spec?.tls, [{ secretName: 'tls', hosts: ['g.example.org'] }]);
  assert.deepEqual(spec?.rules?.[0]?.http?.paths[0]?.backend.service, {
    name: 'geosluice-gateway',
    port: { name: 'http' },
  });
});

test('a route of the Gateway API leads to the gateway, below a path too', async () => {
  const manifests = await release({
    httpRoute: { enabled: true, parentRefs: [{ name: 'public' }], hostnames: ['g.example.org'], path: '/rasters' },
  });
  const [route] = ofKind(manifests, 'HTTPRoute') as unknown as Array<{
    spec: { parentRefs: object[]; hostnames: string[]; rules: Array<{ filters: object[]; backendRefs: object[] }> };
  }>;
  assert.deepEqual(route?.spec.parentRefs, [{ name: 'public' }]);
  assert.deepEqual(route?.spec.rules[0]?.backendRefs, [{ name: 'geosluice-gateway', port: 8080 }]);
  assert.equal(route?.spec.rules[0]?.filters.length, 1, 'the gateway knows nothing of the path');
});

/** Names of our metrics in a text, `_bucket` and the like cut. */
function metricsIn(text: string): Set<string> {
  const found = text.match(/geosluice_[a-z_]+/g) ?? [];
  return new Set(found.map((name) => name.replace(/_(bucket|sum|count)$/, '')));
}

test('dashboard, alerts and the adapter’s rule ask only for metrics that there are', () => {
  const { registry: _, ...ours } = createMetrics();
  const known = new Set(Object.values(ours).map((metric) => (metric as unknown as { name: string }).name));
  for (const file of ['files/dashboard.json', 'files/alerts.yaml', 'examples/autoscaling-prometheus.yaml']) {
    const asked = metricsIn(readFileSync(join(ROOT, 'charts/geosluice', file), 'utf8'));
    asked.delete('geosluice_backlog');
    assert.ok(asked.size > 0, file);
    assert.deepEqual(
      [...asked].filter((name) => !known.has(name)),
      [],
      file,
    );
  }
});

test('the Prometheus operator scrapes gateway and workers, each by its own port', async () => {
  const manifests = await release({ metrics: { serviceMonitor: { enabled: true, labels: { release: 'prom' } } } });
  const [monitor] = ofKind(manifests, 'ServiceMonitor') as unknown as Array<{
    metadata: { labels: Record<string, string> };
    spec: { endpoints: Array<{ port: string; path: string }> };
  }>;
  assert.equal(monitor?.metadata.labels.release, 'prom');
  assert.deepEqual(
    monitor?.spec.endpoints.map(({ port, path }) => [port, path]),
    [
      ['metrics', '/metrics'],
      ['http', '/metrics'],
    ],
  );
  const headless = ofKind(manifests, 'Service').filter(({ spec }) => spec?.clusterIP === 'None');
  assert.equal(headless.length, 4);
});

test('every alert says what to do', async () => {
  const manifests = await release({ metrics: { prometheusRule: { enabled: true } } });
  const [rules] = ofKind(manifests, 'PrometheusRule') as unknown as Array<{
    spec: { groups: Array<{ rules: Array<{ alert: string; expr: string; annotations: Record<string, string> }> }> };
  }>;
  const alerts = rules?.spec.groups.flatMap((group) => group.rules) ?? [];
  assert.ok(alerts.length >= 5);
  for (const { alert, expr, annotations } of alerts) {
    assert.match(expr, /namespace="geo"/, `${alert} is of this release's namespace`);
    assert.ok((annotations.runbook ?? '').length > 80, alert);
    assert.ok((annotations.summary ?? '').length > 10, alert);
  }
});

test('the dashboard is a ConfigMap that Grafana’s sidecar finds', async () => {
  const manifests = await release({ metrics: { dashboard: { enabled: true } } });
  const { metadata, data } = theOne(manifests, 'ConfigMap', 'geosluice-dashboard');
  assert.equal(metadata?.labels?.grafana_dashboard, '1');
  const { panels } = JSON.parse(data?.['geosluice.json'] ?? '') as { panels: Array<{ title: string }> };
  assert.ok(panels.length > 10);
});

/** What Helm prints after an install that is only tried. */
async function notes(values: Record<string, unknown>, ...args: string[]): Promise<string> {
  const { helm } = await kubernetesTools();
  const { code, stdout, stderr } = await runProgram(
    helm,
    [
      ...['install', 'geosluice', join(ROOT, 'charts/geosluice'), '--namespace', 'geo', '--dry-run=client'],
      ...['--values', '-', ...args],
    ],
    { input: JSON.stringify(over(ALONE, values)) },
  );
  assert.equal(code, 0, stderr);
  return stdout.slice(stdout.indexOf('NOTES:'));
}

test('the notes name the next step, and what stays when the release goes', async () => {
  const plain = await notes({});
  assert.match(plain, /kubectl --namespace geo port-forward service\/geosluice-gateway 8080:8080/);
  assert.match(plain, /get secret geosluice-key --output jsonpath/);
  assert.match(plain, /helm test --namespace geo geosluice\n/);
  assert.match(plain, /geosluice ingest s3:\/\/rasters\/inbox\/ --wait/);
  assert.match(plain, /geosluice doctor/);
  assert.match(
    plain,
    /stays after helm uninstall:\n {3}the volume of Redis \(PersistentVolumeClaim data-geosluice-redis-0\)/,
  );
  const gone = await notes({
    redis: { persistence: { retain: false }, auth: { existingSecret: 'redis-login' } },
    ingress: { enabled: true, host: 'g.example.org', tlsSecret: 'tls' },
  });
  assert.match(gone, /export GEOSLUICE_URL=https:\/\/g\.example\.org\n/);
  assert.match(gone, /stays after helm uninstall:\n {3}nothing of the chart\n {3}your Secret redis-login/);
});
