import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Manifest } from './shared/manifests.ts';
import type { Port } from './shared/network-policy.ts';
import { type Inputs, readPage, render } from './shared/render.ts';
import { arrow, openArrows, outside, type Place, placesOf, policiesOf } from './shared/world.ts';

const PAGE = 'docs/architecture.md';
/** Everything that opens a connection is switched on. */
const SLUICE = {
  geonode: { release: 'geonode' },
  autoscaling: { mode: 'external' },
  metrics: { serviceMonitor: { enabled: true } },
};

/** Logins cannot be read across namespaces. */
const LOGINS = {
  secrets: {
    geoserver: { existingSecret: 'geoserver', keys: { user: 'user', password: 'password' } },
    geonode: { existingSecret: 'geonode', keys: { user: 'user', password: 'password' } },
    target: { existingSecret: 's3', keys: { accessKeyId: 'accessKey', secretAccessKey: 'secretKey' } },
  },
};

interface Row {
  from: string[];
  to: string[];
  ports: Port[];
}

interface World {
  places: Place[];
  arrows: string[];
}

/** Both charts beside each other, and everybody else. */
async function world(sluice: Inputs = {}, geonode: Inputs = {}): Promise<World> {
  const shared = { apiVersions: ['monitoring.coreos.com/v1', 'keda.sh/v1alpha1'], namespace: 'geo' };
  const installed: [Manifest[], string][] = [
    [await render('geosluice', { ...shared, values: SLUICE, ...sluice }), sluice.namespace ?? 'geo'],
    [await render('geonode', { ...shared, ...geonode }), geonode.namespace ?? 'geo'],
  ];
  const places = installed.flatMap(([manifests, namespace], at) => placesOf(manifests, namespace, at + 1));
  const all = [...places, ...outside(sluice.namespace ?? 'geo')];
  return {
    places: all,
    arrows: openArrows({ policies: installed.flatMap(([made, at]) => policiesOf(made, at)) }, all),
  };
}

/** The rows of the page's table. */
function rows(): Row[] {
  const [, section = ''] = readPage(PAGE).split('## Who talks to whom on Kubernetes');
  const lines = (section.split('\n## ')[0] ?? '').split('\n').filter((line) => line.startsWith('| '));
  return lines.slice(1).map((line) => {
    const [from = [], to = [], ports = []] = line
      .split('|')
      .slice(1, 4)
      .map((cell) => cell.split(',').map((part) => part.trim()));
    return { from, to, ports: ports.map(portOf) };
  });
}

function portOf(text: string): Port {
  const [port, protocol = 'TCP'] = text.split('/');
  return { port: Number(port), protocol: protocol as 'TCP' | 'UDP' };
}

/** The arrows of the table, `outside` spelt out. */
function tabled(places: readonly Place[]): string[] {
  const spelt = (name: string) =>
    name === 'outside' ? places.filter(({ ours }) => !ours) : places.filter((one) => one.name === name);
  return rows().flatMap(({ from, to, ports }) =>
    from.flatMap((source) =>
      spelt(source).flatMap((left) =>
        to.flatMap((target) =>
          spelt(target).flatMap((right) =>
            ports.filter((port) => isAsked(right, port)).map((port) => arrow(left.name, right.name, port)),
          ),
        ),
      ),
    ),
  );
}

function isAsked({ asked }: Place, { port, protocol = 'TCP' }: Port): boolean {
  return asked.some((one) => one.port === port && (one.protocol ?? 'TCP') === protocol);
}

function compare({ places, arrows }: World, except: (arrow: string) => boolean = () => false): void {
  const wanted = new Set(tabled(places).filter((one) => !except(one)));
  const open = new Set(arrows);
  assert.deepEqual(
    [...wanted].filter((one) => !open.has(one)),
    [],
    'in the table, but refused',
  );
  assert.deepEqual(
    [...open].filter((one) => !wanted.has(one)),
    [],
    'open, but not in the table',
  );
}

test('every connection of the table is open, and no other', async () => compare(await world()));

test('every name in the table is a pod of the charts, or somebody outside', async () => {
  const { places } = await world();
  const known = new Set([...places.map(({ name }) => name), 'outside']);
  const unknown = rows()
    .flatMap(({ from, to }) => [...from, ...to])
    .filter((name) => !known.has(name));
  assert.deepEqual(unknown, []);
  const named = new Set(rows().flatMap(({ from, to }) => [...from, ...to]));
  assert.deepEqual(
    places.filter(({ name, ours }) => ours && !named.has(name)).map(({ name }) => name),
    [],
    'in no row',
  );
});

test('the same holds where workers and GeoNode have a namespace each', async () => {
  const apart = await world(
    { namespace: 'sluice', values: { ...SLUICE, geonode: { release: 'geonode', namespace: 'geo' }, ...LOGINS } },
    { values: { geosluice: { release: 'geosluice', namespace: 'sluice' } } },
  );
  compare(apart);
});

test('every arrow of the picture has a row', () => {
  const picture = /```mermaid\n([\s\S]*?)```/.exec(readPage(PAGE))?.[1] ?? '';
  const meant: Record<string, string[]> = {
    s3: ['geonode/minio'],
    gs: ['geonode/geoserver-primary', 'geonode/geoserver-replica'],
    gn: ['geonode/django'],
  };
  const has = (from: string, to: string) => rows().some((row) => row.from.includes(from) && row.to.includes(to));
  const counterparts = [...picture.matchAll(/^\s*(\w+) --- (\w+)/gm)];
  assert.equal(counterparts.length, 3, 'the arrows to S3, GeoServer and GeoNode');
  for (const [, from, to = ''] of counterparts)
    for (const target of meant[to] ?? []) assert.ok(has(`geosluice/${from}`, target), `${from} → ${target}`);
  // an arrow between stages is a queue
  for (const stage of ['discover', 'upload', 'publish', 'register']) {
    assert.match(picture, new RegExp(`\\b${stage}\\b`));
    assert.ok(has(`geosluice/${stage}`, 'geosluice/redis'), stage);
  }
  assert.ok(has('ingress controller', 'geosluice/gateway'), 'POST /v1/ingestions');
});

const REFUSED: readonly [string, string][] = [
  ['nobody reaches the workers’ Redis but the workers and the gateway', 'geonode/django → geosluice/redis:6379'],
  ['an upload worker asks no GeoServer', 'geosluice/upload → geonode/geoserver-primary:8080'],
  ['a publish worker asks no GeoNode', 'geosluice/publish → geonode/django:8000'],
  ['GeoServer asks nobody on the internet', 'geonode/geoserver-replica → the internet:443'],
  ['a database opens no connection', 'geonode/postgis → DNS:53'],
  ['the ingress controller cannot reach the snapshots', 'ingress controller → geonode/geoserver-primary:8090'],
  ['a pod of the namespace cannot reach MinIO', 'a pod of the same namespace → geonode/minio:9000'],
  ['workers do not reach the Kubernetes API', 'geosluice/discover → Kubernetes API:443'],
];

test('what would hurt most is refused', async () => {
  const { arrows, places } = await world();
  for (const [why, refused] of REFUSED) {
    const [from, , to = ''] = [refused.split(' → ')[0], '', refused.split(' → ')[1]?.split(':')[0]];
    for (const name of [from, to])
      assert.ok(
        places.some((place) => place.name === name),
        `${name} is nowhere`,
      );
    assert.ok(!arrows.includes(refused), `${why}: ${refused}`);
  }
  assert.deepEqual(
    arrows.filter((one) => one.includes('→ instance metadata')),
    [],
  );
  assert.deepEqual(
    arrows.filter((one) => one.endsWith(':22')),
    [],
  );
});

test('without a ServiceMonitor nobody scrapes, and with KEDA its operator reads the queues', async () => {
  const quiet = await world({ values: { geonode: { release: 'geonode' } } });
  compare(quiet, (one) => one.includes('Prometheus') || one.includes('external-metrics'));
  const keda = await world({ values: { ...SLUICE, autoscaling: { mode: 'keda' } } });
  assert.ok(keda.arrows.includes('KEDA → geosluice/redis:6379'));
  assert.deepEqual(
    keda.arrows.filter((one) => one.startsWith('KEDA')),
    ['KEDA → geosluice/redis:6379'],
  );
});

test('with databases and S3 of your own the arrows go there, and workers to nothing else that is private', async () => {
  const { arrows } = await world(
    { values: {}, files: ['charts/geosluice/examples/production.yaml'] },
    { files: ['charts/geonode/examples/production.yaml'] },
  );
  const from = (target: string) =>
    arrows
      .filter((one) => one.endsWith(`→ ${target}`))
      .map((one) => one.split(' → ')[0] ?? '')
      .sort();
  const djangos = ['geonode/bootstrap', 'geonode/celery', 'geonode/celery-beat', 'geonode/django'];
  const geoservers = ['geonode/geoserver-primary', 'geonode/geoserver-replica'];
  const sluices = ['discover', 'gateway', 'publish', 'register', 'sweep-uploads', 'test', 'upload'].map(
    (name) => `geosluice/${name}`,
  );
  assert.deepEqual(from('a machine of the network:5432'), [...djangos, ...geoservers]);
  assert.deepEqual(from('a machine of the network:6380'), djangos);
  const s3 = from('the internet:443').filter((name) => name !== 'geosluice/external-metrics');
  assert.deepEqual(s3, [...djangos.filter((name) => name !== 'geonode/celery-beat'), ...geoservers, ...sluices]);
  const inside = arrows.filter(
    (one) => /^geosluice.* → (a machine|a pod|another pod|instance|Kubernetes)/.test(one) && !/:53/.test(one),
  );
  assert.deepEqual(
    inside.filter((one) => !one.startsWith('geosluice/external-metrics')),
    [],
  );
  assert.deepEqual(
    arrows.filter((one) => one.includes('→ instance metadata')),
    [],
  );
});

test('switched off, the policies are gone', async () => {
  const off = { networkPolicy: { enabled: false } };
  for (const manifests of [
    await render('geosluice', { values: { ...SLUICE, ...off }, apiVersions: ['monitoring.coreos.com/v1'] }),
    await render('geonode', { values: off }),
  ])
    assert.deepEqual(policiesOf(manifests, 'geo'), []);
});
