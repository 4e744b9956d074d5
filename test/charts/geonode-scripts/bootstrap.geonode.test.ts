import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { APP_FOLDER } from '../../counterparts/geonode-database.ts';
import { geonodePython } from '../../counterparts/geonode-python.ts';
import { type PodProcess, startPodProcess } from '../../counterparts/geoserver/pod-process.ts';
import { runInstaller } from '../../counterparts/packages.ts';
import { type PostgisServer, startPostgis } from '../../counterparts/postgis.ts';
import { type S3Server, startS3 } from '../../counterparts/s3.ts';
import { runScript, type ScriptResult } from './script.ts';

const SECRETS = ['an admin’s password', 'the client secret', "geoserver's new & password"];
const [ADMIN_PASSWORD = '', CLIENT_SECRET = '', GEOSERVER_PASSWORD = ''] = SECRETS;

/** What the database holds, as one JSON line. */
const LOOK = `
import django, json; django.setup()
from django.contrib.auth import get_user_model
from django.contrib.auth import authenticate
from django.contrib.sites.models import Site
from geonode.base.models import Region, TopicCategory, License
from oauth2_provider.models import get_application_model
print(json.dumps({
  "users": sorted(get_user_model().objects.exclude(username="AnonymousUser").values_list("username", "email", "is_superuser")),
  "login": [bool(authenticate(username=u, password=p)) for u, p in (("boss", ${JSON.stringify(ADMIN_PASSWORD)}), ("admin", "admin"))],
  "applications": list(get_application_model().objects.values("name", "client_id", "client_secret", "redirect_uris")),
  "site": list(Site.objects.values_list("domain", "name")),
  "fixtures": [m.objects.count() for m in (Region, TopicCategory, License)],
}))`;

describe('the bootstrap of a GeoNode on empty databases', () => {
  let [python, root] = ['', ''];
  let [postgis, s3, geoserver] = [] as unknown as [PostgisServer, S3Server, PodProcess];
  let env: Record<string, string>;
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'geosluice-bootstrap-'));
    [python, postgis, s3] = await Promise.all([geonodePython(), startPostgis(), startS3('seaweedfs')]);
    geoserver = await startPodProcess({ s3, instance: 'primary', role: 'primary' });
    const [database, geodatabase] = [await postgis.createDatabase('boot'), await postgis.createDatabase('boot_data')];
    env = {
      DJANGO_SETTINGS_MODULE: 'geosluice_settings',
      PYTHONPATH: APP_FOLDER,
      DATABASE_URL: database.replace(/^\w+:/, 'postgis:'),
      GEODATABASE_URL: geodatabase.replace(/^\w+:/, 'postgis:'),
      SITEURL: 'https://maps.example.org/',
      SECRET_KEY: 'a key for tests only',
      ASYNC_SIGNALS: 'False',
      CELERY_TASK_ALWAYS_EAGER: 'True',
      MEDIA_ROOT: join(root, 'media'),
      STATIC_ROOT: join(root, 'static'),
      GEOSERVER_LOCATION: `${geoserver.url}/`,
      GEONODE_ADMIN_USER: 'boss',
      GEONODE_ADMIN_PASSWORD: ADMIN_PASSWORD,
      GEONODE_ADMIN_EMAIL: 'boss@example.org',
      OAUTH2_CLIENT_ID: 'the-id',
      OAUTH2_CLIENT_SECRET: CLIENT_SECRET,
      GEOSERVER_URL: geoserver.url,
      GEOSERVER_PUBLIC_URL: 'https://maps.example.org/geoserver',
      GEOSERVER_ADMIN_USER: 'admin',
      GEOSERVER_ADMIN_PASSWORD: GEOSERVER_PASSWORD,
      BOOTSTRAP_BUCKETS: 'rasters,media',
      S3_ENDPOINT: s3.endpoint,
      AWS_REGION: s3.region,
      AWS_ACCESS_KEY_ID: s3.accessKey,
      AWS_SECRET_ACCESS_KEY: s3.secretKey,
    };
  });
  after(async () => {
    await Promise.all([geoserver?.stop(), s3?.stop(), postgis?.stop()]);
    await rm(root, { recursive: true, force: true });
  });

  const bootstrap = async (more: Record<string, string> = {}, ...args: string[]): Promise<ScriptResult> => {
    const result = await runScript(['bootstrap.py', ...args], { ...env, ...more }, python);
    for (const secret of SECRETS) assert.ok(!result.output.includes(secret), 'a secret was printed');
    return result;
  };
  const look = async (): Promise<Record<string, unknown>> => {
    const output = await runInstaller(python, ['-c', LOOK], { ...env, PATH: `${process.env.PATH}${delimiter}` });
    return JSON.parse(output.trim().split('\n').at(-1)!) as Record<string, unknown>;
  };
  const geoserverKnows = async (user: string, password: string): Promise<boolean> => {
    const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
    return (await fetch(`${geoserver.url}/rest/about/version.json`, { headers: { authorization } })).status === 200;
  };
  const expected = {
    users: [['boss', 'boss@example.org', true]],
    login: [true, false],
    applications: [
      {
        name: 'GeoServer',
        client_id: 'the-id',
        client_secret: CLIENT_SECRET,
        redirect_uris:
          'https://maps.example.org/geoserver/index.html\nhttps://maps.example.org/geoserver/web/login/oauth2/code/oidc',
      },
    ],
    site: [['maps.example.org', 'maps.example.org']],
  };

  test('two at once: one migrates, the other waits and finds it done', { timeout: 1_300_000 }, async () => {
    const patient = (): Promise<ScriptResult> => bootstrap({ BOOTSTRAP_TIMEOUT_SECONDS: '1200' });
    const results = await Promise.all([patient(), patient()]);
    for (const { code, output } of results) assert.equal(code, 0, output);
    const outputs = results.map(({ output }) => output);
    assert.equal(outputs.filter((output) => /Applying \d+ migrations to the database default/.test(output)).length, 1);
    assert.equal(
      outputs.filter((output) => /All migrations of the database default are applied/.test(output)).length,
      1,
    );
    assert.equal(outputs.filter((output) => /another bootstrap has it/.test(output)).length, 1);
    const { fixtures, ...found } = await look();
    assert.deepEqual(found, expected);
    assert.ok((fixtures as number[]).every((count) => count > 0));
  });

  test('GeoServer’s admin has the password of the secret, and the stock one is no login any more', async () => {
    assert.equal(await geoserverKnows('admin', GEOSERVER_PASSWORD), true);
    assert.equal(await geoserverKnows('admin', 'geoserver'), false);
  });

  test('a second run changes nothing and says so', async () => {
    const before = await look();
    const { code, output } = await bootstrap();
    assert.equal(code, 0, output);
    assert.doesNotMatch(output, /Applying|Loading|Made|Changed|now\./);
    assert.match(output, /Django's admin boss is as wanted/);
    assert.match(output, /The bucket rasters is there/);
    assert.match(output, /GeoServer's admin admin logs in with the wanted password/);
    assert.deepEqual(await look(), before);
  });

  test('new secrets are carried to Django, and what people changed of the fixtures stays', async () => {
    const forget = `
import django; django.setup()
from geonode.base.models import License
License.objects.order_by("pk").first().delete()`;
    await runInstaller(python, ['-c', forget], env);
    const before = (await look()).fixtures;
    const more = {
      OAUTH2_CLIENT_ID: 'another-id',
      GEONODE_ADMIN_EMAIL: 'new@example.org',
      SITEURL: 'http://new.example/',
    };
    const { code, output } = await bootstrap(more, '--skip-geoserver');
    assert.equal(code, 0, output);
    assert.match(output, /Changed the OAuth application GeoServer: client_id/);
    assert.match(output, /Changed Django's admin boss: email/);
    const found = await look();
    assert.deepEqual(found.fixtures, before);
    assert.deepEqual(found.site, [['new.example', 'new.example']]);
    assert.equal((found.applications as unknown[]).length, 1);
  });

  test('a GeoServer that knows neither the new nor an older password is named, with what to do', async () => {
    const { code, output } = await bootstrap({ GEOSERVER_ADMIN_PASSWORD: 'a third one' });
    assert.equal(code, 1);
    assert.match(output, /give the present one in GEOSERVER_OLD_PASSWORDS/);
    const again = await bootstrap({
      GEOSERVER_ADMIN_PASSWORD: 'a third one',
      GEOSERVER_OLD_PASSWORDS: GEOSERVER_PASSWORD,
    });
    assert.equal(again.code, 0, again.output);
    assert.equal(await geoserverKnows('admin', 'a third one'), true);
  });

  test('everything that is missing in the environment is told in one go', async () => {
    const { code, output } = await runScript(['bootstrap.py'], { SITEURL: 'maps.example.org' }, python);
    assert.equal(code, 2);
    for (const name of ['GEONODE_ADMIN_PASSWORD', 'OAUTH2_CLIENT_SECRET', 'SITEURL is no http', 'GEOSERVER_URL'])
      assert.ok(output.includes(name), output);
    const odd = await bootstrap({ GEOSERVER_ADMIN_PASSWORD: 'über’s' });
    assert.equal(odd.code, 2);
    assert.match(odd.output, /GEOSERVER_ADMIN_PASSWORD has letters outside of Latin-1/);
  });
});
