import assert from 'node:assert/strict';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { openPodman, type Podman } from '../counterparts/podman.ts';
import { buildImage } from './bases.ts';
import { CONFINED, imageOf } from './fleet.ts';
import { geoBases, writeModules } from './geo-bases.ts';

const ROOT = join(import.meta.dirname, '../..');
const MODULES = { 's3-geotiff': 'gs-s3-geotiff', cog: 'gs-cog-core', 'jms-cluster': 'gs-jms-commons' };
const LIB = '/usr/local/tomcat/webapps/geoserver/WEB-INF/lib';
const ENVIRONMENT = {
  ...{ CLUSTER_BROKER_URL: 'tcp://activemq:61616', CLUSTER_ROLE: 'primary', CLUSTER_INSTANCE_NAME: 'geoserver-0' },
  ...{ CLUSTER_BROKER_USER: 'geoserver', CLUSTER_BROKER_PASSWORD: 'hunter2', S3_ALIAS: 'minio' },
  ...{ S3_ENDPOINT: 'http://minio:9000', S3_ACCESS_KEY: 'key', S3_SECRET_KEY: 'secret' },
};

let podman: Podman;
let folder = '';
before(async () => {
  podman = await openPodman();
  folder = await mkdtemp(join(tmpdir(), 'geosluice-geo-images-'));
  await geoBases(podman);
});
after(() => rm(folder, { recursive: true }));

/** docker/geoserver with zips in its modules/, as somebody has who fetched them. */
async function context(name: string, version: string, modules: Readonly<Record<string, string>>): Promise<string> {
  const path = join(folder, name);
  await cp(join(ROOT, 'docker/geoserver'), path, { recursive: true, preserveTimestamps: true });
  await writeModules(join(path, 'modules'), version, modules);
  return path;
}

const build = (path: string, target: string, image: string) =>
  buildImage(
    podman,
    path,
    ...['-f', join(path, 'Dockerfile'), '--target', target, '--build-arg', 'MODULES_FROM=zips', '-t', image],
  );

for (const [target, version, extra] of [
  ['geoserver-2.28', '2.28.4', {}],
  ['geoserver-3.0', '3.0.1', { 'sec-oidc': 'gs-sec-oidc-core' }],
] as const) {
  test(`${target} is built with its modules, and starts confined with what its environment says`, async () => {
    const image = imageOf(target);
    await build(await context(target, version, { ...MODULES, ...extra }), target, image);
    assert.equal(await podman.run('image', 'inspect', '--format', '{{.Config.User}}', image), '65532:65532');
    const environment = Object.entries(ENVIRONMENT).flatMap(([key, value]) => ['--env', `${key}=${value}`]);
    const volume = podman.name(`data-${version}`);
    const run = (...args: string[]) =>
      podman.run('run', '--rm', ...CONFINED, '-v', `${volume}:/var/lib/geoserver/data`, ...environment, ...args);
    try {
      const said = await run(image);
      assert.match(said, /^run as 65532: run$/m);
      assert.match(
        said,
        /^CATALINA_OPTS=.*-DCLUSTER_CONFIG_DIR=\/var\/lib\/geoserver\/data\/cluster -Ds3\.properties\.location=/m,
      );
      assert.match(said, /^JAVA_OPTS=-XX:MaxRAMPercentage=70$/m);
      assert.match(
        said,
        /^brokerURL=failover:\(tcp:\/\/activemq:61616\)\?jms\.userName=geoserver&jms\.password=hunter2$/m,
      );
      assert.match(said, /^toggleMaster=true$/m);
      assert.match(said, /^minio\.s3\.password=secret$/m);
      assert.match(said, /^IIO_S3_AWS_ENDPOINT=http:\/\/minio:9000$/m);
      const seeded = await run(
        image,
        'cat',
        '/var/lib/geoserver/data/global.xml',
        '/var/lib/geoserver/data/security/config.xml',
      );
      assert.equal(seeded, `<global>${version}</global><security/>`);
      const jars = await run(image, 'ls', LIB);
      for (const jar of [...Object.values(MODULES), ...Object.values(extra), 'gs-main', 'gs-wms']) {
        assert.match(jars, new RegExp(`^${jar}-${version.replaceAll('.', '\\.')}\\.jar$`, 'm'));
      }
      const seed = await podman.run(
        'run',
        '--rm',
        ...CONFINED,
        '--entrypoint',
        '/opt/geosluice/seed.sh',
        '--env',
        'GEOSERVER_DATA_DIR=/tmp/data',
        image,
      );
      assert.equal(seed, '');
    } finally {
      await podman.attempt('volume', 'rm', '--force', volume);
    }
  });
}

test('modules of a nightly build are refused: no image is made', async () => {
  const path = await context('nightly', '2.28.4', { 's3-geotiff': 'gs-s3-geotiff', cog: 'gs-cog-core' });
  await writeModules(join(path, 'modules'), '2.28-SNAPSHOT', { 'jms-cluster': 'gs-jms-commons' });
  await cp(
    join(path, 'modules/geoserver-2.28-SNAPSHOT-jms-cluster-plugin.zip'),
    join(path, 'modules/geoserver-2.28.4-jms-cluster-plugin.zip'),
  );
  await assert.rejects(build(path, 'geoserver-2.28', imageOf('nightly')), (error: Error) => {
    assert.match(error.message, /gs-jms-commons-2\.28-SNAPSHOT\.jar is of version 2\.28-SNAPSHOT/);
    return true;
  });
  assert.equal((await podman.attempt('image', 'exists', imageOf('nightly'))).code, 1);
});

test('a module that is neither there nor fetched ends the build', async () => {
  const path = await context('missing', '2.28.4', { cog: 'gs-cog-core' });
  await assert.rejects(
    build(path, 'geoserver-2.28', imageOf('missing')),
    /put geoserver-2\.28\.4-s3-geotiff-plugin\.zip/,
  );
});

test('GeoNode’s image has the app, its settings and the scripts, and they run confined', async () => {
  const image = imageOf('geonode');
  const path = join(folder, 'geonode');
  for (const name of ['.dockerignore', 'docker/geonode', 'charts/geonode/scripts']) {
    const filter = (source: string): boolean => !source.endsWith('__pycache__');
    await cp(join(ROOT, name), join(path, name), { recursive: true, preserveTimestamps: true, filter });
  }
  await buildImage(podman, path, '-f', join(path, 'docker/geonode/Dockerfile'), '-t', image);
  assert.equal(await podman.run('image', 'inspect', '--format', '{{.Config.User}}', image), '65532:65532');
  const python = (...args: string[]) => podman.run('run', '--rm', ...CONFINED, image, 'python', ...args);
  const look = `
import importlib.metadata as m, importlib.util as u, os
import geosluice_geonode, geosluice_geonode.version
print(m.version("geosluice-geonode") == geosluice_geonode.version.VERSION, os.getuid(), os.environ["DJANGO_SETTINGS_MODULE"])
print(u.find_spec("geosluice_settings").origin)
print("registration.json" in os.listdir(os.path.dirname(geosluice_geonode.__file__) + "/generated"))`;
  assert.equal(await python('-c', look), 'True 65532 geosluice_settings\n/opt/geosluice/geosluice_settings.py\nTrue');
  const server = createServer((socket) => socket.end());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  assert.match(
    await python('/opt/geosluice/scripts/wait_for.py', '--timeout', '20', `tcp://127.0.0.1:${port}`),
    /answers/,
  );
  await new Promise((resolve) => server.close(resolve));
});
