import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { parse } from 'yaml';
import { sidecar, smallRaster } from '../../e2e/samples.ts';
import { type LiveWorkers, startLiveWorkers, type Values } from './workers.ts';

const NAMESPACE = 'community';
const EXAMPLE = resolve(import.meta.dirname, '../../../charts/geosluice/examples/community-geonode.yaml');

let live: LiveWorkers;

before(async () => {
  live = await startLiveWorkers({ nodes: 1 });
});
after(() => live?.stop());

/** A Service of the community chart's name and port, with what runs on this machine behind it. */
function service(name: string, port: number, address: string): object[] {
  const [ip = '', target = ''] = address.split(':');
  const metadata = { name, namespace: NAMESPACE };
  return [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata,
      spec: { ports: [{ name: 'http', port, targetPort: Number(target) }] },
    },
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { ...metadata, labels: { 'kubernetes.io/service-name': name } },
      addressType: 'IPv4',
      ports: [{ name: 'http', port: Number(target) }],
      endpoints: [{ addresses: [ip], conditions: { ready: true } }],
    },
  ];
}

function secret(name: string, stringData: Record<string, string>): object {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace: NAMESPACE }, stringData };
}

test('with the documented values alone the workers serve a GeoNode of the community chart, by its Services and Secrets', async () => {
  const { cluster, world } = live;
  const { geoserver, geonode, s3 } = world;
  const behind = (url: string): string => cluster.expose(Number(new URL(url).port));
  await cluster.createNamespace(NAMESPACE, { restricted: true });
  await cluster.apply(
    ...service('geonode-geoserver', 8080, behind(geoserver.url)),
    ...service('geonode-nginx', 80, behind(geonode.url)),
    ...service('minio', 9000, behind(s3.endpoint)),
    secret('geonode-geoserver-secret', {
      GEOSERVER_ADMIN_USER: geoserver.user,
      GEOSERVER_ADMIN_PASSWORD: geoserver.password,
      GEOSERVER_FACTORY_PASSWORD: 'geoserver',
      OAUTH2_CLIENT_ID: 'id',
      OAUTH2_CLIENT_SECRET: 'secret',
    }),
    secret('geonode-geonode-secret', {
      ADMIN_USERNAME: geonode.user,
      ADMIN_PASSWORD: geonode.password,
      SECRET_KEY: 'key',
    }),
    secret('geosluice-s3', { accessKey: s3.accessKey, secretKey: s3.secretKey }),
  );
  const example = parse(await readFile(EXAMPLE, 'utf8')) as {
    config: { target: Values; source: Values; geoserver: Values };
  };
  // what differs between deployments: bucket names, and the alias in that GeoServer's file
  const own = {
    autoscaling: { mode: 'none' },
    config: {
      target: { bucket: world.target.name },
      source: { allowBuckets: [world.inbox.name] },
      geoserver: { alias: geoserver.alias },
    },
  };
  await live.installOnly('geosluice', NAMESPACE, [example, own]);
  const deployment = await live.deployment('geosluice', NAMESPACE);
  const raster = smallRaster(1);
  const uri = await deployment.put('one/a.tif', raster);
  await deployment.put('one/a.xml', sidecar('Beside the community chart'));
  await deployment.ingested(deployment.uri('one/'));
  const entry = await deployment.becomes(uri, 'visible');
  const dataset = await deployment.world.gateway.dataset(entry.dataset, AbortSignal.timeout(10_000));
  assert.equal(dataset.title, 'Beside the community chart');
  await deployment.assertThere(entry, raster, 'Beside the community chart');
});
