import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ofKind, theOne } from '../shared/manifests.ts';
import { render } from '../shared/render.ts';

/** Path → Service of the first host's rule. */
async function routes(...set: string[]): Promise<Record<string, string>> {
  const manifests = await render('geonode', { set: ['ingress.enabled=true', ...set] });
  const paths = theOne(manifests, 'Ingress', 'geonode').spec?.rules?.[0]?.http?.paths ?? [];
  return Object.fromEntries(paths.map(({ path, backend }) => [path, backend.service?.name ?? '']));
}

interface UploadContainer {
  name: string;
  args?: string[];
  env: { name: string; value?: string }[];
  volumeMounts: { name: string; mountPath: string }[];
}

test('from outside, maps go to all nodes, pages to Django, and administration nowhere', async () => {
  assert.deepEqual(await routes(), {
    '/geoserver/gwc/rest': 'geonode-django',
    '/geoserver/rest': 'geonode-django',
    '/geoserver/web': 'geonode-django',
    '/geoserver': 'geonode-geoserver',
    '/': 'geonode-django',
  });
});

test('what is opened goes to the primary, where sessions and writes are', async () => {
  const open = await routes('exposure.geoserverRest=true', 'exposure.geoserverWeb=true');
  for (const path of ['/geoserver/rest', '/geoserver/web', '/geoserver/j_spring_oauth2_geonode_login'])
    assert.equal(open[path], 'geonode-geoserver-primary', path);
  assert.equal((await routes('exposure.geoserverRest=true'))['/geoserver/web'], 'geonode-django');
});

test('an ingress and the Gateway API send the same paths to the same Services', async () => {
  const set = ['ingress.enabled=true', 'httpRoute.enabled=true', 'httpRoute.parentRefs[0].name=public'];
  const manifests = await render('geonode', { set });
  const [route] = ofKind(manifests, 'HTTPRoute' as 'Ingress') as unknown as {
    spec: { rules: { matches: { path: { value: string } }[]; backendRefs: { name: string }[] }[] };
  }[];
  const sent = (route?.spec.rules ?? []).map(({ matches, backendRefs }) => [
    matches[0]?.path.value,
    backendRefs[0]?.name,
  ]);
  assert.deepEqual(Object.fromEntries(sent), await routes());
});

test('the gateway of charts/geosluice has a host of its own, by its release’s name', async () => {
  for (const [release, service] of [
    ['geosluice', 'geosluice-gateway'],
    ['rasters', 'rasters-geosluice-gateway'],
  ]) {
    const set = ['ingress.enabled=true', 'exposure.gatewayHost=sluice.example.org', `geosluice.release=${release}`];
    const rules = theOne(await render('geonode', { set }), 'Ingress', 'geonode').spec?.rules ?? [];
    assert.equal(rules[1]?.host, 'sluice.example.org');
    assert.equal(rules[1]?.http?.paths[0]?.backend.service?.name, service);
  }
});

test('GeoNode’s settings follow from the site’s url', async () => {
  const of = async (url: string) =>
    theOne(await render('geonode', { set: [`site.url=${url}`], namespace: 'geo' }), 'ConfigMap', 'geonode-django').data;
  const https = await of('https://maps.example.org');
  assert.equal(https?.SITEURL, 'https://maps.example.org/');
  assert.equal(https?.GEOSERVER_PUBLIC_LOCATION, 'https://maps.example.org/geoserver/');
  assert.equal(https?.SESSION_COOKIE_SECURE, 'True');
  assert.match(https?.ALLOWED_HOSTS ?? '', /^\['maps\.example\.org','geonode-django','geonode-django\.geo',/);
  const http = await of('http://geonode.local:8080');
  assert.equal(http?.SESSION_COOKIE_SECURE, 'False');
  assert.match(http?.ALLOWED_HOSTS ?? '', /^\['geonode\.local',/);
});

test('files are where the tasks that need them run: on S3 for Celery, else in the pod that does its tasks itself', async () => {
  const of = async (...set: string[]) => theOne(await render('geonode', { set }), 'ConfigMap', 'geonode-django').data;
  const s3 = await of('rasterUploads=off');
  assert.deepEqual(
    [s3?.GEOSLUICE_MEDIA_STORAGE, s3?.ASYNC_SIGNALS, s3?.CELERY_TASK_ALWAYS_EAGER],
    ['s3', 'True', 'False'],
  );
  assert.equal(s3?.GEOSLUICE_RASTER_UPLOADS, 'off');
  const pod = await of('media.storage=pod', 'mode=on-demand');
  assert.deepEqual(
    [pod?.GEOSLUICE_MEDIA_STORAGE, pod?.ASYNC_SIGNALS, pod?.CELERY_TASK_ALWAYS_EAGER],
    ['pod', 'False', 'True'],
  );
});

test('what a Django pod took of vector files is read by a worker in that pod, by a queue of its own', async () => {
  const containers = async (...set: string[]) => {
    const { template } = theOne(await render('geonode', { set }), 'Deployment', 'geonode-django').spec as {
      template: { spec: { containers: UploadContainer[] } };
    };
    return template.spec.containers;
  };
  const [django, uploads] = await containers();
  assert.equal(uploads?.name, 'uploads');
  for (const container of [django, uploads]) {
    const queue = container?.env.find(({ name }) => name === 'GEOSLUICE_UPLOAD_QUEUE');
    assert.equal(queue?.value, 'uploads.$(POD_NAME)');
    assert.ok(container?.volumeMounts.some(({ name, mountPath }) => name === 'tmp' && mountPath === '/tmp'));
  }
  assert.deepEqual(uploads?.args?.slice(0, 2), ['--queues', '$(GEOSLUICE_UPLOAD_QUEUE)']);
  assert.deepEqual(
    (await containers('media.storage=pod', 'mode=on-demand')).map(({ name }) => name),
    ['django'],
  );
});

test('static files on S3 are collected by the bootstrap', async () => {
  const args = async (...set: string[]) =>
    theOne(await render('geonode', { set }), 'Job', 'geonode-bootstrap-1').spec?.template.spec?.containers[0]?.args;
  assert.deepEqual(await args(), ['--timeout', '3600']);
  assert.deepEqual(await args('staticFiles.storage=s3'), ['--timeout', '3600', '--collectstatic']);
});

test('raster uploads reach the gateway of charts/geosluice, with its key where that is there', async () => {
  const manifests = await render('geonode', { set: ['geosluice.release=rasters'] });
  const env = theOne(manifests, 'Deployment', 'geonode-django').spec?.template.spec?.containers[0]?.env ?? [];
  assert.deepEqual(env.find(({ name }) => name === 'GEOSLUICE_KEY')?.valueFrom?.secretKeyRef, {
    name: 'rasters-geosluice-key',
    key: 'key',
    optional: true,
  });
  const url = theOne(manifests, 'ConfigMap', 'geonode-django').data?.GEOSLUICE_URL;
  assert.equal(url, 'http://rasters-geosluice-gateway:8080');
});

test('S3, PostGIS and Redis of one’s own: everybody is sent there, and none of the chart’s is made', async () => {
  const manifests = await render('geonode', { files: ['charts/geonode/examples/production.yaml'] });
  assert.deepEqual(
    ofKind(manifests, 'StatefulSet')
      .map(({ metadata }) => metadata?.name)
      .sort(),
    ['geonode-activemq', 'geonode-geoserver-primary', 'geonode-geoserver-replica'],
  );
  const django = theOne(manifests, 'Deployment', 'geonode-django').spec?.template.spec?.containers[0];
  const env = Object.fromEntries((django?.env ?? []).map(({ name, value }) => [name, value]));
  assert.equal(
    env.DATABASE_URL,
    'postgis://geonode:$(GEONODE_DATABASE_PASSWORD)@postgis.databases.example.org:5432/geonode',
  );
  assert.equal(env.BROKER_URL, 'rediss://geonode:$(REDIS_PASSWORD)@redis.databases.example.org:6380/0');
  const primary = theOne(manifests, 'StatefulSet', 'geonode-geoserver-primary').spec?.template.spec;
  const s3 = primary?.containers[0]?.env?.find(({ name }) => name === 'S3_ENDPOINT')?.value;
  assert.equal(s3, 'https://s3.eu-central-1.amazonaws.com');
});
