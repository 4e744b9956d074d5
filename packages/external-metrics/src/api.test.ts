import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { createApi } from './api.ts';

const BASE = '/apis/external.metrics.k8s.io/v1beta1';

let away = false;
const api = createApi({
  metrics: [
    {
      name: 'geosluice_backlog',
      async read() {
        if (away) throw new Error('Redis does not answer');
        return [
          { labels: { stage: 'upload', deployment: 'geosluice' }, value: 12 },
          { labels: { stage: 'publish', deployment: 'geosluice' }, value: 0 },
        ];
      },
    },
  ],
  namespaces: ['rasters'],
  now: () => new Date('2026-11-26T10:00:00.123Z'),
});

suite('the metrics API', () => {
  test('tells of itself what discovery asks for', async () => {
    const groups = (await api('GET', '/apis')).body as { kind: string; groups: Array<{ name: string }> };
    assert.equal(groups.kind, 'APIGroupList');
    assert.deepEqual(groups.groups[0]?.name, 'external.metrics.k8s.io');
    const group = (await api('GET', '/apis/external.metrics.k8s.io')).body;
    const version = { groupVersion: 'external.metrics.k8s.io/v1beta1', version: 'v1beta1' };
    const named = { name: 'external.metrics.k8s.io', versions: [version], preferredVersion: version };
    assert.deepEqual(group, { kind: 'APIGroup', apiVersion: 'v1', ...named });
    assert.deepEqual((await api('GET', BASE)).body, {
      kind: 'APIResourceList',
      apiVersion: 'v1',
      groupVersion: 'external.metrics.k8s.io/v1beta1',
      resources: [
        {
          name: 'geosluice_backlog',
          singularName: '',
          namespaced: true,
          kind: 'ExternalMetricValueList',
          verbs: ['get'],
        },
      ],
    });
    assert.equal((await api('GET', `${BASE}/`)).code, 200);
    for (const path of ['/openapi/v2', '/openapi/v3']) assert.equal((await api('GET', path)).code, 200);
  });

  test('answers a metric with the values its selector takes', async () => {
    const path = `${BASE}/namespaces/rasters/geosluice_backlog?labelSelector=stage%3Dupload%2Cdeployment%3Dgeosluice`;
    assert.deepEqual(await api('GET', path), {
      code: 200,
      body: {
        kind: 'ExternalMetricValueList',
        apiVersion: 'external.metrics.k8s.io/v1beta1',
        metadata: {},
        items: [
          {
            metricName: 'geosluice_backlog',
            metricLabels: { stage: 'upload', deployment: 'geosluice' },
            timestamp: '2026-11-26T10:00:00Z',
            value: '12',
          },
        ],
      },
    });
    const all = (await api('GET', `${BASE}/namespaces/rasters/geosluice_backlog`)).body as { items: unknown[] };
    assert.equal(all.items.length, 2);
  });

  test('has no value at all where it cannot be read, so that nothing is scaled down over it', async () => {
    away = true;
    const { code, body } = await api('GET', `${BASE}/namespaces/rasters/geosluice_backlog`);
    away = false;
    assert.equal(code, 503);
    assert.deepEqual(body, {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: 'geosluice_backlog cannot be read now: Redis does not answer',
      reason: 'ServiceUnavailable',
      code: 503,
    });
  });

  const refused: Array<[what: string, method: string, path: string, code: number]> = [
    ['another namespace', 'GET', `${BASE}/namespaces/other/geosluice_backlog`, 404],
    ['another metric', 'GET', `${BASE}/namespaces/rasters/other`, 404],
    ['another group', 'GET', '/apis/custom.metrics.k8s.io/v1beta1', 404],
    ['a path inside a metric', 'GET', `${BASE}/namespaces/rasters/geosluice_backlog/x`, 404],
    ['a path that climbs', 'GET', `${BASE}/namespaces/rasters/../rasters/geosluice_backlog`, 404],
    ['no selector', 'GET', `${BASE}/namespaces/rasters/geosluice_backlog?labelSelector=a%20b`, 400],
    ['a write', 'DELETE', `${BASE}/namespaces/rasters/geosluice_backlog`, 405],
  ];
  for (const [what, method, path, code] of refused) {
    test(`refuses ${what}`, async () => {
      const reply = await api(method, path);
      assert.equal(reply.code, code);
      assert.equal((reply.body as { kind: string }).kind, 'Status');
    });
  }
});
