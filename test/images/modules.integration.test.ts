import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { aptInstall, findOnPath } from '../counterparts/packages.ts';
import { runClean } from './shell.ts';
import { writeJar, writeZip } from './zips.ts';

const SCRIPTS = join(import.meta.dirname, '../../docker/geoserver');
const folder = mkdtempSync(join(tmpdir(), 'geosluice-modules-'));
after(() => rmSync(folder, { recursive: true }));
before(async () => {
  const missing = [];
  for (const program of ['unzip', 'curl']) if ((await findOnPath(program)) === null) missing.push(program);
  if (missing.length > 0) await aptInstall(...missing);
});

let made = 0;
const fresh = (name: string): string => {
  made += 1;
  const path = join(folder, `${name}-${made}`);
  mkdirSync(path);
  return path;
};

/** A server's library folder, as GeoNode's 2.28.4 has it in part. */
async function server(): Promise<string> {
  const lib = fresh('lib');
  await writeJar(join(lib, 'gs-main-2.28.4.jar'), '2.28.4');
  await writeJar(join(lib, 'gs-wms-2.28.4.jar'), '2.28.4');
  await writeJar(join(lib, 'commons-pool2-2.12.0.jar'), null);
  return lib;
}

async function jars(versions: Record<string, [byName: string, byManifest: string | null]>): Promise<string> {
  const added = fresh('added');
  for (const [module, [name, manifest]] of Object.entries(versions)) {
    await writeJar(join(added, `${module}-${name}.jar`), manifest);
  }
  return added;
}

const check = (lib: string, added: string, ...wanted: string[]) =>
  runClean('sh', [join(SCRIPTS, 'check-modules.sh'), lib, added, ...wanted]);

test('modules of exactly the server’s version pass, with libraries of any version beside them', async () => {
  const added = await jars({
    'gs-jms-commons': ['2.28.4', '2.28.4'],
    'gs-s3-geotiff': ['2.28.4', null],
    'activemq-client': ['5.18.3', null],
  });
  const { code, stdout, stderr } = await check(await server(), added, 'gs-jms-commons', 'gs-s3-geotiff');
  assert.equal(code, 0, stderr);
  assert.match(stdout, /all modules are of GeoServer 2\.28\.4/);
});

test('a module of another version is refused and named: a nightly, a patch release, a relabelled one', async () => {
  const added = await jars({
    'gs-jms-commons': ['2.28-SNAPSHOT', '2.28-SNAPSHOT'],
    'gs-cog-core': ['2.28.5', '2.28.5'],
    'gs-s3-geotiff': ['2.28.4', '2.28-SNAPSHOT'],
    'gs-wms-extra': ['2.28.4', '2.28.4'],
  });
  const { code, stderr } = await check(await server(), added);
  assert.equal(code, 1);
  assert.match(stderr, /gs-jms-commons-2\.28-SNAPSHOT\.jar is of version 2\.28-SNAPSHOT .*GeoServer is 2\.28\.4/);
  assert.match(stderr, /gs-cog-core-2\.28\.5\.jar/);
  assert.match(stderr, /gs-s3-geotiff-2\.28\.4\.jar .*its manifest: 2\.28-SNAPSHOT/);
  assert.doesNotMatch(stderr, /gs-wms-extra/);
});

test('a wanted module that is missing, and a folder that is no GeoServer, are refused', async () => {
  const added = await jars({ 'gs-jms-commons': ['2.28.4', '2.28.4'] });
  const missing = await check(await server(), added, 'gs-jms-commons', 'gs-s3-geotiff');
  assert.equal(missing.code, 1);
  assert.match(missing.stderr, /no gs-s3-geotiff among the modules/);
  const empty = await check(fresh('lib'), added);
  assert.equal(empty.code, 1);
  assert.match(empty.stderr, /holds no gs-main/);
  const two = await server();
  await writeJar(join(two, 'gs-main-2.28.5.jar'), '2.28.5');
  assert.match((await check(two, added)).stderr, /more than one gs-main/);
});

test('installing adds what is new, keeps the server’s own libraries, and adds nothing where one module is wrong', async () => {
  const zips = fresh('zips');
  const added = await jars({
    'gs-jms-commons': ['2.28.4', '2.28.4'],
    'gs-main': ['2.28.4', '2.28.4'],
    'commons-pool2': ['2.11.1', null],
    'jms-api-1.1-rev': ['1', null],
  });
  const entries = Object.fromEntries(readdirSync(added).map((name) => [name, readFileSync(join(added, name))]));
  await writeZip(join(zips, 'geoserver-2.28.4-jms-cluster-plugin.zip'), { ...entries, 'LICENSE.md': 'x' });
  const lib = await server();
  const install = () =>
    runClean('sh', [join(SCRIPTS, 'install-modules.sh'), lib, zips, 'gs-jms-commons'], { TMPDIR: folder });
  const done = await install();
  assert.equal(done.code, 0, done.stderr);
  assert.deepEqual(readdirSync(lib).sort(), [
    'commons-pool2-2.12.0.jar',
    'gs-jms-commons-2.28.4.jar',
    'gs-main-2.28.4.jar',
    'gs-wms-2.28.4.jar',
    'jms-api-1.1-rev-1.jar',
  ]);
  assert.match(done.stdout, /commons-pool2-2\.12\.0\.jar stays, not commons-pool2-2\.11\.1\.jar/);
  const nightly = await jars({ 'gs-cog-core': ['2.28-SNAPSHOT', null] });
  const jar = readFileSync(join(nightly, 'gs-cog-core-2.28-SNAPSHOT.jar'));
  await writeZip(join(zips, 'geoserver-2.28-SNAPSHOT-cog-plugin.zip'), { 'gs-cog-core-2.28-SNAPSHOT.jar': jar });
  const before = readdirSync(lib);
  assert.equal((await install()).code, 1);
  assert.deepEqual(readdirSync(lib), before);
});

test('zips that lie there are taken, others are fetched by their name, and one that is nowhere ends the build', async () => {
  const zips = fresh('zips');
  await writeZip(join(zips, 'geoserver-2.28.4-cog-plugin.zip'), { 'x.jar': 'there' });
  const asked: string[] = [];
  const web = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.writeHead(request.url?.includes('jms-cluster') ? 200 : 404).end('fetched');
  });
  await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(web.address() as AddressInfo).port}/modules`;
  const fetchModules = (...args: string[]) =>
    runClean('sh', [join(SCRIPTS, 'fetch-modules.sh'), zips, '2.28.4', ...args]);
  try {
    const done = await fetchModules(url, 'cog', 'jms-cluster');
    assert.equal(done.code, 0, done.stderr);
    assert.deepEqual(asked, ['/modules/geoserver-2.28.4-jms-cluster-plugin.zip']);
    assert.equal(readFileSync(join(zips, 'geoserver-2.28.4-jms-cluster-plugin.zip'), 'utf8'), 'fetched');
    assert.notEqual((await fetchModules(url, 's3-geotiff')).code, 0);
    const nowhere = await fetchModules('', 's3-geotiff');
    assert.equal(nowhere.code, 1);
    assert.match(nowhere.stderr, /put geoserver-2\.28\.4-s3-geotiff-plugin\.zip into/);
    assert.deepEqual(
      readdirSync(zips).filter((name) => name.includes('s3-geotiff-plugin.zip') && !name.endsWith('.part')),
      [],
    );
  } finally {
    web.close();
  }
});
