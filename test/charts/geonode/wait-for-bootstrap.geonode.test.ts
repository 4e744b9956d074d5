import assert from 'node:assert/strict';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { geonodeDump, geonodeEnvironment } from '../../counterparts/geonode-database.ts';
import { geonodePython } from '../../counterparts/geonode-python.ts';
import { type Ran, runProgram } from '../../counterparts/helm.ts';
import { type PostgisServer, startPostgis } from '../../counterparts/postgis.ts';
import { removeFolder } from '../../counterparts/server-process.ts';
import { ROOT } from '../shared/render.ts';

const SCRIPT = join(ROOT, 'charts/geonode/files/python/wait_for_bootstrap.py');
const SITE = "from django.contrib.sites.models import Site; Site.objects.filter(pk=1).update(domain='DOMAIN')";
const APPLICATION = `
from oauth2_provider.models import get_application_model
get_application_model().objects.update_or_create(client_id='of-the-secret', defaults={'name': 'GeoServer'})`;

let python: string;
let postgis: PostgisServer;
let folder: string;

before(async () => {
  [python, postgis, folder] = await Promise.all([
    geonodePython(),
    startPostgis(),
    mkdtemp(join(tmpdir(), 'geosluice-wait-')),
  ]);
});
after(async () => {
  await postgis?.stop();
  await removeFolder(folder);
});

function environment(database: string, clientId?: string): Record<string, string> {
  const geoserver = { url: 'http://127.0.0.1:9/geoserver/', user: 'admin', password: 'geoserver' };
  const siteUrl = 'http://maps.example.net/';
  const place = { python, postgis, database, geodatabase: database, geoserver, siteUrl, folder };
  return { ...geonodeEnvironment(place), ...(clientId === undefined ? {} : { OAUTH2_CLIENT_ID: clientId }) };
}

const wait = (env: Record<string, string>): Promise<Ran> =>
  runProgram(python, [SCRIPT, '--timeout', '1', '--interval', '1'], { env });

async function django(env: Record<string, string>, program: string): Promise<void> {
  const { code, stderr } = await runProgram(python, ['-c', `import django; django.setup()\n${program}`], { env });
  assert.equal(code, 0, stderr);
}

test('an empty database lacks migrations, and the wait ends with a sentence', async () => {
  const env = environment(await postgis.createDatabase('nothing'), 'of-the-secret');
  const { code, stdout } = await wait(env);
  assert.equal(code, 1);
  assert.match(stdout, /^waiting for the bootstrap: \d+ migrations, the next one \w+\.\d+_\w+$/m);
  assert.match(stdout, /^gave up after 1 s; still missing: \d+ migrations.* Look at the logs of the bootstrap Job$/m);
});

test('a migrated one lacks the OAuth application of the secret, then the default site, and then nothing', async () => {
  const env = environment(
    await postgis.createDatabase('migrated', await geonodeDump(python, postgis)),
    'of-the-secret',
  );
  await django(env, SITE.replace('DOMAIN', 'example.com'));
  assert.match((await wait(env)).stdout, /waiting for the bootstrap: the OAuth application/);
  await django(env, APPLICATION);
  assert.match((await wait(env)).stdout, /waiting for the bootstrap: the default site/);
  await django(env, SITE.replace('DOMAIN', 'maps.example.net'));
  const done = await wait(env);
  assert.equal(done.code, 0, done.stderr);
  assert.match(done.stdout, /the bootstrap is done/);
});

test('a database that does not answer is waited for; an environment that lacks the client id is told', async () => {
  const away = await wait(environment('postgresql://nobody:x@127.0.0.1:9/none', 'of-the-secret'));
  assert.equal(away.code, 1);
  assert.match(away.stdout, /waiting for the bootstrap: the database: .*refused/);
  const lacking = await wait(environment('postgresql://nobody:x@127.0.0.1:9/none'));
  assert.equal(lacking.code, 2);
  assert.match(lacking.stderr, /OAUTH2_CLIENT_ID is not set/);
});
