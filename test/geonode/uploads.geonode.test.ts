import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { GetObjectCommand, ListMultipartUploadsCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { type GeonodeServer, startGeonode } from '../counterparts/geonode.ts';
import { clientOf } from '../counterparts/geoserver/subject.ts';
import { type PostgisServer, startPostgis } from '../counterparts/postgis.ts';
import { type S3Server, startS3 } from '../counterparts/s3.ts';
import { writeTiff } from '../rasters/write-tiff.ts';
import { startSilentGeoserver } from './silent-geoserver.ts';

const LOGIN = { authorization: `Basic ${Buffer.from('admin:admin').toString('base64')}` };
const SIDECAR =
  '<?xml version="1.0"?><metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>x</dc:title></metadata>';
const PATH = '/api/v2/uploads/upload';

/** A gateway that takes every ingestion, until it is told otherwise. */
async function startGateway() {
  const asked: Array<{ authorization: string | undefined; source: string; options: { owner: string } }> = [];
  const answer = { status: 202, ingestion: {} as object };
  const server: Server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text;
    });
    request.on('end', () => {
      const { authorization } = request.headers;
      if (request.method === 'POST') asked.push({ authorization, ...JSON.parse(body) });
      response.writeHead(request.method === 'POST' ? answer.status : 200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ id: 'i1', running: true, counts: {}, problems: [], ...answer.ingestion }));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, asked, answer, stop: () => server.close() };
}

describe('rasters uploaded in GeoNode’s own pages', () => {
  let [s3, postgis] = [] as unknown as [S3Server, PostgisServer];
  let gateway: Awaited<ReturnType<typeof startGateway>>;
  let geoserver: Awaited<ReturnType<typeof startSilentGeoserver>>;
  let handing: GeonodeServer;
  let refusing: GeonodeServer;
  before(async () => {
    [s3, gateway, geoserver, postgis] = await Promise.all([
      startS3('versitygw'),
      startGateway(),
      startSilentGeoserver(),
      startPostgis(),
    ]);
    const env = {
      GEOSLUICE_INBOX: `s3://${s3.bucket}/uploads/`,
      GEOSLUICE_URL: gateway.url,
      GEOSLUICE_KEY: 'the gateway’s key'.replace('’', ''),
      GEOSLUICE_MEDIA_STORAGE: 's3',
      GEOSLUICE_MEDIA_BUCKET: s3.bucket,
      S3_ENDPOINT: s3.endpoint,
      AWS_REGION: s3.region,
      AWS_ACCESS_KEY_ID: s3.accessKey,
      AWS_SECRET_ACCESS_KEY: s3.secretKey,
    };
    const start = (mode: string) =>
      startGeonode({
        geoserver,
        database: postgis,
        settings: 'geosluice_settings',
        env: { ...env, GEOSLUICE_RASTER_UPLOADS: mode },
      });
    handing = await start('inbox');
    refusing = await start('off');
  });
  after(async () => {
    await handing?.stop();
    await refusing?.stop();
    gateway?.stop();
    await Promise.all([geoserver?.stop(), postgis?.stop(), s3?.stop()]);
  });

  const tiff = writeTiff({ width: 512, height: 512, bands: 3, epsg: 32633 });
  const send = async (
    server: GeonodeServer,
    files: Record<string, [string, Uint8Array | string]>,
    fields: Record<string, string> = {},
    headers: Record<string, string> = LOGIN,
  ) => {
    const form = new FormData();
    for (const [name, value] of Object.entries({ action: 'upload', ...fields })) form.set(name, value);
    for (const [field, [name, content]] of Object.entries(files)) form.set(field, new Blob([content as string]), name);
    const answer = await fetch(server.url + PATH, { method: 'POST', headers, body: form });
    const text = await answer.text();
    return {
      status: answer.status,
      text,
      body: text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : {},
    };
  };
  const inbox = async (): Promise<string[]> => {
    const client = clientOf(s3);
    const found = await client.send(new ListObjectsV2Command({ Bucket: s3.bucket, Prefix: 'uploads/' }));
    const open = await client.send(new ListMultipartUploadsCommand({ Bucket: s3.bucket }));
    client.destroy();
    assert.deepEqual(open.Uploads ?? [], [], 'no upload is left open');
    return (found.Contents ?? []).map(({ Key = '' }) => Key);
  };
  const read = async (key: string): Promise<Buffer> => {
    const client = clientOf(s3);
    const { Body } = await client.send(new GetObjectCommand({ Bucket: s3.bucket, Key: key }));
    const bytes = Buffer.from(await Body!.transformToByteArray());
    client.destroy();
    return bytes;
  };
  const look = async (server: GeonodeServer, path: string) => {
    const answer = await fetch(server.url + path, { headers: LOGIN });
    return (await answer.json()) as Record<string, unknown>;
  };

  test('a raster and its metadata lie in the user’s own folder of the inbox, and the gateway is asked for the user', async () => {
    const { status, body, text } = await send(handing, {
      base_file: ['Ä scene.01.TIF', tiff],
      xml_file: ['Ä scene.01.xml', SIDECAR],
    });
    assert.equal(status, 201, text);
    const [raster = '', sidecar = ''] = (await inbox()).sort();
    assert.match(raster, /^uploads\/admin\/[0-9a-f]{32}\/scene\.01\.TIF$/);
    assert.equal(sidecar, raster.replace('.TIF', '.xml'));
    assert.ok((await read(raster)).equals(Buffer.from(tiff)));
    assert.equal((await read(sidecar)).toString(), SIDECAR);
    const [asked] = gateway.asked;
    assert.equal(asked?.source, `s3://${s3.bucket}/${raster}`);
    assert.deepEqual(asked?.options, { owner: 'admin' });
    assert.match(asked?.authorization ?? '', /^Bearer the gateway/);
    const shown = await look(handing, `/api/v2/resource-service/execution-status/${body.execution_id}`);
    assert.equal(shown.status, 'running');
  });

  test('a large one passes through in parts', async () => {
    const large = new Uint8Array(40 * 1024 * 1024);
    large.set(tiff);
    const earlier = await inbox();
    const { status, text } = await send(handing, { base_file: ['large.tif', large] });
    assert.equal(status, 201, text);
    const key = (await inbox()).find((each) => !earlier.includes(each)) ?? '';
    assert.ok((await read(key)).equals(Buffer.from(large)));
  });

  test('what became of it is shown where GeoNode’s page asks', async () => {
    const { body } = await send(handing, { base_file: ['bad.tif', tiff] });
    gateway.answer.ingestion = { running: false, counts: { dead: 1 }, problems: [] };
    const path = `/api/v2/resource-service/execution-status/${body.execution_id}`;
    const aged =
      'from geonode.resource.models import ExecutionRequest as E; from django.utils import timezone as t; ' +
      'import datetime; E.objects.update(last_updated=t.now() - datetime.timedelta(minutes=1))';
    const { code, stderr } = await handing.manage(['shell', '-c', aged]);
    assert.equal(code, 0, stderr);
    assert.equal((await look(handing, path)).status, 'failed');
    gateway.answer.ingestion = {};
  });

  test('who may not upload leaves nothing in the inbox', async () => {
    const earlier = await inbox();
    const { status } = await send(handing, { base_file: ['anonymous.tif', tiff] }, {}, {});
    assert.ok(status === 401 || status === 403, String(status));
    assert.deepEqual(await inbox(), earlier);
  });

  test('what only calls itself a raster is refused by GeoNode’s own check, and nothing of it stays', async () => {
    const earlier = await inbox();
    const { status, text } = await send(handing, { base_file: ['fake.tif', 'no raster at all '.repeat(1000)] });
    assert.equal(status, 400, text);
    assert.deepEqual(await inbox(), earlier);
  });

  test('where the gateway says no, nothing is kept and the page says so', async () => {
    const earlier = await inbox();
    gateway.answer.status = 403;
    const { status, text } = await send(handing, { base_file: ['no.tif', tiff], xml_file: ['no.xml', SIDECAR] });
    gateway.answer.status = 202;
    assert.equal(status, 503, text);
    assert.match(text, /nothing was kept/);
    assert.deepEqual(await inbox(), earlier);
  });

  test('where rasters are off, a sentence says where to bring them', async () => {
    const earlier = await inbox();
    const { status, text } = await send(refusing, { base_file: ['scene.tif', tiff] });
    assert.equal(status, 403, text);
    assert.match(text, /Put the file into the inbox bucket, or send it with/);
    assert.deepEqual(await inbox(), earlier);
  });

  test('vector files are GeoNode’s own business in both ways', async () => {
    const geojson = JSON.stringify({ type: 'FeatureCollection', features: [] });
    for (const server of [handing, refusing]) {
      const { status, text } = await send(server, { base_file: ['points.geojson', geojson] });
      // GeoNode's importer begins, or complains of the file itself: it is reached
      assert.doesNotMatch(text, /inbox/);
      assert.ok(status !== 403 && status !== 404 && status !== 503, `${status} ${text}`);
    }
  });

  test('thumbnails and the like are written to the bucket and served under GeoNode’s address', async () => {
    const save =
      'from geonode.storage.manager import storage_manager as s; from django.core.files.base import ContentFile as C; ' +
      'n = s.save("thumbs/x.jpg", C(b"one")); s.save("thumbs/x.jpg", C(b"two")); ' +
      'print("URL", s.url(n), s.exists("thumbs"), s.size(n), s.open(n).read())';
    const { stdout, stderr } = await handing.manage(['shell', '-c', save]);
    assert.match(stdout, /URL \/uploaded\/thumbs\/x\.jpg True 3 b'two'/, stderr);
    assert.equal((await read('media/thumbs/x.jpg')).toString(), 'two');
    const answer = await fetch(`${refusing.url}/uploaded/thumbs/x.jpg`);
    assert.deepEqual([answer.status, await answer.text()], [200, 'two']);
    assert.match(answer.headers.get('content-security-policy') ?? '', /sandbox/);
    const again = { 'if-modified-since': answer.headers.get('last-modified') ?? '' };
    assert.equal((await fetch(`${refusing.url}/uploaded/thumbs/x.jpg`, { headers: again })).status, 304);
    for (const path of ['assets/x', '../etc/passwd', '%2e%2e/x', 'none.jpg'])
      assert.equal((await fetch(`${refusing.url}/uploaded/${path}`)).status, 404, path);
  });

  test('a document uploaded to one pod is downloaded from another', async () => {
    const make =
      'from geonode.assets.handlers import asset_handler_registry as r; from django.core.files.uploadedfile import SimpleUploadedFile as C; ' +
      'from django.contrib.auth import get_user_model as u; ' +
      'f = C("paper.txt", b"of a document"); h = r.get_default_handler(); ' +
      'a = h.create("t", "d", "document", u().objects.get(username="admin"), files=[f]); print("ASSET", a.pk, a.location)';
    const { stdout, stderr } = await handing.manage(['shell', '-c', make]);
    const pk = /ASSET (\d+)/.exec(stdout)?.[1];
    assert.ok(pk !== undefined, stderr);
    const elsewhere =
      'import os, shutil; from django.conf import settings as s; from geonode.assets.models import LocalAsset as L; ' +
      `a = L.objects.get(pk=${pk}); shutil.rmtree(os.path.dirname(a.location[0])); ` +
      'from geonode.assets.handlers import asset_handler_registry as r; ' +
      'm = r.get_handler(a).get_storage_manager(a); print("READ", m.open(a.location[0]).read())';
    const read = await handing.manage(['shell', '-c', elsewhere]);
    assert.match(read.stdout, /READ b'of a document'/, read.stderr);
  });

  test('GeoServer’s OpenID Connect finds keys, addresses and the name of who logs in', async () => {
    const make =
      'from oauth2_provider.models import AccessToken as T, get_application_model as a; from django.utils import timezone as t; ' +
      'import datetime; from django.contrib.auth import get_user_model as u; ' +
      'T.objects.create(user=u().objects.get(username="admin"), application=a().objects.first(), token="tok", ' +
      'scope="openid read", expires=t.now() + datetime.timedelta(hours=1))';
    const { code, stderr } = await handing.manage(['shell', '-c', make]);
    assert.equal(code, 0, stderr);
    const answer = await fetch(`${handing.url}/o/userinfo/`, { headers: { authorization: 'Bearer tok' } });
    const claims = (await answer.json()) as Record<string, unknown>;
    assert.deepEqual([claims.preferred_username, (claims.groups as string[]).includes('admin')], ['admin', true]);
    const keys = (await (await fetch(`${handing.url}/o/.well-known/jwks.json`)).json()) as { keys: unknown[] };
    assert.equal(keys.keys.length, 1);
  });

  test('the importer’s tasks may be kept on the pod that took the upload', async () => {
    const look =
      'from geonode.celery_app import app; app.loader.import_default_modules(); ' +
      'from geonode.upload.celery_tasks import import_orchestrator as one, import_resource as two; ' +
      'from geonode.geoserver.tasks import geoserver_update_datasets as other; ' +
      'print("QUEUES", one.queue, two.queue, other.queue)';
    const { stdout, stderr } = await handing.manage(['shell', '-c', look], {
      env: { GEOSLUICE_UPLOAD_QUEUE: 'pod-1' },
    });
    assert.match(stdout, /QUEUES pod-1 pod-1 (?!pod-1)/, stderr);
  });

  test('a probe learns that database and process answer', async () => {
    const answer = await fetch(`${handing.url}/geosluice/ready`);
    assert.deepEqual([answer.status, await answer.text()], [200, 'ok\n']);
  });
});
