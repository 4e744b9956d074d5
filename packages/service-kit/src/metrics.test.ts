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
