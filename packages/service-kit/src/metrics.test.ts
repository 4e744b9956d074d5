import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMetrics } from './metrics.ts';
import { metricsPage } from './metrics-page.ts';

test('every metric is on its page, by its name, type and labels', async () => {
  const page = metricsPage();
  const own = (await createMetrics().registry.getMetricsAsJSON()).filter(({ name }) => name.startsWith('geosluice_'));
  assert.ok(own.length >= 13, `${own.length}`);
  for (const { name, help } of own) assert.ok(page.includes(`| \`${name}\` |`) && page.includes(help), name);
  assert.match(page, /^\| `geosluice_runs_total` \| counter \| `stage`, `outcome` \| /m);
  assert.match(page, /^\| `geosluice_run_seconds` \| histogram \| `stage`, `kind` \| /m);
});

test('metrics that alerts are made of exist', () => {
  const [, alerts = ''] = metricsPage().split('```promql');
  const table = metricsPage().split('What is worth')[0] ?? '';
  for (const [name] of alerts.matchAll(/geosluice_[a-z_]+/g)) assert.ok(table.includes(`\`${name}\``), name);
});

test('names keep to the conventions of Prometheus', () => {
  for (const [, name = '', type] of metricsPage().matchAll(/^\| `(geosluice_\w+)` \| (\w+) /gm)) {
    assert.equal(name.endsWith('_total'), type === 'counter', name);
    if (type === 'histogram') assert.match(name, /_seconds$/);
  }
});

test('writes to GeoServer are told by who writes', async () => {
  const metrics = createMetrics();
  assert.doesNotMatch(await metrics.registry.metrics(), /^geosluice_geoserver_writes/m);
  metrics.writesFrom(() => ({ allowed: 3, active: 1 }));
  const page = (await metrics.registry.metrics()).split('\n');
  assert.ok(page.includes('geosluice_geoserver_writes_in_flight{state="allowed"} 3'));
  assert.ok(page.includes('geosluice_geoserver_writes_in_flight{state="active"} 1'));
});

test('numbers of uploads are read when somebody asks, and are none where nothing uploads', async () => {
  const metrics = createMetrics();
  const told = async (): Promise<string> => await metrics.registry.metrics();
  assert.match(await told(), /^geosluice_upload_slowdowns_total 0$/m);
  assert.doesNotMatch(await told(), /^geosluice_upload_buffer_bytes/m);
  const numbers = {
    buffers: { lent: 3, kept: 5, highest: 7 },
    partsInFlight: { allowed: 8, active: 2 },
    ...{ bytesSent: 1_000, bytesCopied: 50, resumedBytes: 200, slowDowns: 1, retries: 4 },
  };
  metrics.uploadsFrom(() => numbers);
  await told();
  numbers.bytesSent = 1_500;
  const page = await told();
  for (const line of [
    'geosluice_upload_bytes_total{way="through-us"} 1500',
    'geosluice_upload_bytes_total{way="server-side"} 50',
    'geosluice_upload_resumed_bytes_total 200',
    'geosluice_upload_slowdowns_total 1',
    'geosluice_upload_request_retries_total 4',
    'geosluice_upload_parts_in_flight{state="allowed"} 8',
    'geosluice_upload_parts_in_flight{state="active"} 2',
    'geosluice_upload_buffer_bytes{state="lent"} 3',
    'geosluice_upload_buffer_bytes{state="highest"} 7',
  ]) {
    assert.ok(page.split('\n').includes(line), line);
  }
});
