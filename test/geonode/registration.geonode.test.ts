import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { createCommandRegistrar, createHttpRegistrar, type RegistrationDocument } from '@geosluice/geonode';
import { readSidecar } from '@geosluice/metadata';
import { child, children, readXml, textOf, type XmlElement } from '@geosluice/xml';
import { startGeonode } from '../counterparts/geonode.ts';
import { APP_FOLDER } from '../counterparts/geonode-database.ts';
import { runInstaller } from '../counterparts/packages.ts';
import { exampleDocument } from '../ports/registrar-conformance.ts';
import { startSilentGeoserver } from './silent-geoserver.ts';

const SAMPLES = new URL('../fixtures/dublin-core/', import.meta.url);
const signal = AbortSignal.timeout(600_000);

const geoserver = await startSilentGeoserver();
const geonode = await startGeonode({ geoserver });
const registrar = createHttpRegistrar(geonode);
after(async () => {
  await registrar.close();
  await geonode.stop();
  await geoserver.stop();
});

const ADMIN = `Basic ${Buffer.from(`${geonode.user}:${geonode.password}`).toString('base64')}`;

function ask(path: string, as?: string): Promise<Response> {
  return fetch(path.startsWith('http') ? path : `${geonode.url}${path}`, {
    headers: as === undefined ? {} : { authorization: as },
    signal,
  });
}

interface Described {
  title: string;
  last_updated: string;
  keywords: Array<{ name: string }>;
  links: Array<{ name: string; url: string; link_type: string }>;
  srid: string;
  license: { identifier: string };
  is_published: boolean;
}

async function described(pk: number, as = ADMIN): Promise<Described | null> {
  const response = await ask(`/api/v2/datasets/${pk}/`, as);
  if (response.status === 404 || response.status === 403) return null;
  assert.equal(response.status, 200);
  return ((await response.json()) as { dataset: Described }).dataset;
}

async function cswRecord(uuid: string): Promise<XmlElement> {
  const query = `service=CSW&version=2.0.2&request=GetRecordById&id=${uuid}&elementsetname=full`;
  const text = await (await ask(`/catalogue/csw?${query}`)).text();
  const record = child(readXml(text), 'Record');
  assert.ok(record, text);
  return record;
}

const texts = (record: XmlElement, name: string): string[] => children(record, name).map(textOf);

test('a registered raster is in the API and, with its box, in the catalogue as Dublin Core', async () => {
  const document = exampleDocument(
    { title: 'Heights', permissions: 'public' },
    {
      abstract: 'Measured.',
      keywords: ['elevation', 'Harz'],
      publishers: ['admin'],
      license: 'CC-BY-4.0',
      language: 'de',
    },
  );
  const { pk, uuid, url } = await registrar.register(document, signal);
  const dataset = await described(pk);
  assert.ok(dataset);
  assert.equal(dataset.title, 'Heights');
  assert.equal(dataset.license.identifier, 'cc-by-4-0');
  assert.deepEqual(dataset.keywords.map(({ name }) => name).sort(), ['Harz', 'elevation']);
  for (const kind of ['OGC:WMS', 'OGC:WCS', 'data', 'image', 'html', 'metadata'])
    assert.ok(
      dataset.links.some(({ link_type: type }) => type === kind),
      kind,
    );
  assert.equal(url, `${geonode.url}/catalogue/#/dataset/${pk}`);
  const listed = await (await ask('/api/v2/datasets/?filter{title}=Heights')).json();
  assert.equal((listed as { total: number }).total, 1);

  const record = await cswRecord(uuid);
  assert.deepEqual(texts(record, 'title'), ['Heights']);
  assert.deepEqual(texts(record, 'abstract'), ['Measured.']);
  assert.deepEqual(texts(record, 'language'), ['ger']);
  assert.deepEqual(texts(record, 'publisher'), ['admin'], 'a publisher does not break the record');
  assert.ok(texts(record, 'subject').includes('Harz'));
  const box = child(record, 'BoundingBox');
  assert.ok(box);
  const [west, south, east, north] = document.layer.wgs84Bbox;
  const corner = (x: number, y: number): string => `${y.toFixed(1)} ${x.toFixed(1)}`;
  assert.deepEqual(texts(box, 'LowerCorner'), [corner(west, south)]);
  assert.deepEqual(texts(box, 'UpperCorner'), [corner(east, north)]);

  const all = await ask(
    '/catalogue/csw?service=CSW&version=2.0.2&request=GetRecords&typenames=csw:Record&elementsetname=full&resulttype=results',
  );
  assert.doesNotMatch(await all.text(), /ExceptionReport/);
});

test('the same again leaves GeoNode as it was', async () => {
  const document = exampleDocument();
  const { pk } = await registrar.register(document, signal);
  const before = await described(pk);
  await registrar.register(document, signal);
  assert.deepEqual(await described(pk), before);
});

test('the original sidecar is given to who may see the dataset, byte for byte, and to nobody else', async () => {
  const bytes = readFileSync(new URL('10-utf16-bom.xml', SAMPLES));
  const sidecar = { name: 'scene 1.xml', contentType: 'application/xml', base64: bytes.toString('base64') };
  const document = exampleDocument({ sidecar, permissions: 'public' });
  const { pk } = await registrar.register(document, signal);
  const link = (await described(pk))?.links.find(({ name }) => name === 'Original sidecar');
  assert.ok(link);
  const response = await ask(link.url);
  assert.equal(response.status, 200);
  assert.deepEqual(Buffer.from(await response.arrayBuffer()), bytes);
  assert.match(response.headers.get('content-disposition') ?? '', /attachment; filename="scene_1.xml"/);

  await registrar.register({ ...document, generation: 2, permissions: 'owner' }, signal);
  assert.equal((await ask(link.url)).status, 404);
  assert.equal((await ask(link.url, ADMIN)).status, 200);
  assert.notEqual((await ask(`/api/v2/datasets/${pk}/`)).status, 200, 'nor the dataset itself');
});

test('what was unregistered is in neither the API nor the catalogue', async () => {
  const document = exampleDocument();
  const { pk, uuid } = await registrar.register(document, signal);
  const { dataset, layer } = document;
  await registrar.unregister({ dataset, generation: 2, workspace: layer.workspace, name: layer.name }, signal);
  assert.equal(await described(pk), null);
  const query = `service=CSW&version=2.0.2&request=GetRecordById&id=${uuid}&elementsetname=full`;
  assert.doesNotMatch(await (await ask(`/catalogue/csw?${query}`)).text(), /<csw:Record/);
});

for (const name of readdirSync(SAMPLES).filter((file) => file.endsWith('.xml') && !file.includes('hostile'))) {
  test(`metadata of ${name} arrives in GeoNode and comes out of its catalogue`, async () => {
    const metadata = readSidecar(readFileSync(new URL(name, SAMPLES)), { name });
    const document = { ...exampleDocument(), metadata, title: metadata.title ?? 'untitled' };
    const { pk, uuid } = await registrar.register(document, signal);
    const title = document.title.replaceAll(',', '_').replaceAll(/\s+/g, ' ');
    assert.equal((await described(pk))?.title, title);
    const record = await cswRecord(uuid);
    assert.deepEqual(texts(record, 'title'), [title]);
    const subjects = texts(record, 'subject').join('|').toLowerCase();
    for (const keyword of metadata.keywords.filter((word) => /^[\p{L} ]+$/u.test(word)))
      assert.ok(subjects.includes(keyword.toLowerCase()), `${keyword} is a subject: ${subjects}`);
  });
}

test('a batch is refused to strangers, by size and by shape, and a bad item costs only itself', async () => {
  const path = `${geonode.url}/api/geosluice/v1/registrations`;
  const post = (body: string, authorization?: string): Promise<Response> =>
    fetch(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(authorization === undefined ? {} : { authorization }) },
      body,
      signal,
    });
  assert.equal((await post('{"registrations":[]}')).status, 401);
  assert.equal((await post('{"registrations":7}', ADMIN)).status, 400);
  assert.equal((await post('not json', ADMIN)).status, 400);
  assert.equal((await post(JSON.stringify({ registrations: Array(101).fill({}) }), ADMIN)).status, 413);
  const mixed = await post(JSON.stringify({ registrations: [null, exampleDocument(), { schema: 1 }] }), ADMIN);
  const { answers } = (await mixed.json()) as { answers: Array<{ status: string }> };
  assert.deepEqual(
    answers.map(({ status }) => status),
    ['error', 'created', 'error'],
  );
});

test('a user who is no administrator may not register', async (t) => {
  if (geonode.python === '') return t.skip('needs manage.py');
  const make = `from django.contrib.auth import get_user_model as m; m().objects.create_user("plain", "p@example.org", "plain")`;
  assert.equal((await geonode.manage(['shell', '-c', make])).code, 0);
  const plain = createHttpRegistrar({ ...geonode, user: 'plain', password: 'plain' });
  await assert.rejects(plain.register(exampleDocument(), signal), { code: 'GEONODE_UNAUTHORIZED' });
  await plain.close();
});

test('two processes that register the same datasets and keywords at once make each once', async (t) => {
  if (geonode.python === '') return t.skip('needs manage.py');
  const command = [geonode.python, '-m', 'django', 'geosluice_register'];
  const pair = [0, 1].map(() => createCommandRegistrar({ command, env: geonode.env }));
  await Promise.all(pair.map((one) => one.check(signal)));
  const documents = Array.from({ length: 8 }, (_, index): RegistrationDocument => {
    return exampleDocument({}, { keywords: [`shared ${index}`, 'shared by all'] });
  });
  const results = await Promise.all(
    pair.map((one) => Promise.all(documents.map((each) => one.register(each, signal)))),
  );
  await Promise.all(pair.map((one) => one.close()));
  assert.deepEqual(
    results[0]?.map(({ pk }) => pk),
    results[1]?.map(({ pk }) => pk),
  );
  assert.equal(new Set(results[0]?.map(({ pk }) => pk)).size, documents.length);
  assert.equal(results.flat().filter(({ status }) => status === 'created').length, documents.length);
  for (const [index, { pk }] of results[0]?.entries() ?? []) {
    const names = (await described(pk))?.keywords.map(({ name }) => name);
    assert.deepEqual(names?.sort(), [`shared ${index}`, 'shared by all'].sort());
  }
});

test('the command goes on after a line it cannot read, and ends with its input', async (t) => {
  if (geonode.python === '') return t.skip('needs manage.py');
  const lines = ['not json', '[]', '{"id":"a"}', '', JSON.stringify({ id: 'b', register: [exampleDocument()] })];
  const { code, stdout } = await geonode.manage(['geosluice_register'], { stdin: lines.join('\n') });
  assert.equal(code, 0);
  const [ready, ...answers] = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { ready?: boolean; id: string | null; answers: Array<{ status: string }> });
  assert.equal(ready?.ready, true);
  assert.deepEqual(
    answers.map(({ id }) => id),
    [null, null, 'a', 'b'],
  );
  assert.deepEqual(
    answers.map(({ answers: [answer] }) => answer?.status),
    ['error', 'error', 'error', 'created'],
  );
});

test('the package that pip builds holds the migrations, the commands and the schemas', async (t) => {
  if (geonode.python === '') return t.skip('needs its Python');
  const target = await mkdtemp(join(tmpdir(), 'geosluice-pip-'));
  t.after(() => rm(target, { recursive: true, force: true }));
  const options = ['--no-deps', '--no-build-isolation', '--disable-pip-version-check', '--root-user-action=ignore'];
  // a copy: setuptools writes beside what it builds
  await runInstaller('cp', ['-r', APP_FOLDER, join(target, 'source')]);
  await runInstaller(geonode.python, [
    '-m',
    'pip',
    'install',
    ...options,
    '--target',
    join(target, 'site'),
    join(target, 'source'),
  ]);
  const files = await readdir(join(target, 'site', 'geosluice_geonode'), { recursive: true });
  for (const file of [
    'migrations/0001_initial.py',
    'management/commands/geosluice_register.py',
    'generated/registration.json',
  ])
    assert.ok(files.includes(file), file);
});

test('the migrations are the models’', async (t) => {
  if (geonode.python === '') return t.skip('needs manage.py');
  const { code, stdout } = await geonode.manage(['makemigrations', '--check', '--dry-run', 'geosluice_geonode']);
  assert.equal(code, 0, stdout);
});

test('not one call to GeoServer was made for all of this', () => {
  assert.deepEqual(geoserver.requests, []);
});
