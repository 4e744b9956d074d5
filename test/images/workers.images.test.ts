import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { DatasetHistory } from '@geosluice/gateway-api';
import { datasetIdOf, parseLocation } from '@geosluice/jobs';
import { smallRaster } from '../e2e/samples.ts';
import { assertDrawn, registeredIn } from '../world/look.ts';
import { until } from '../world/until.ts';
import { startWorld, type World } from '../world/world.ts';
import { NODE } from './bases.ts';
import { type Containers, startContainers } from './containers.ts';
import { BUILD, buildWorkers, CONFINED, type Container, type Fleet, imageOf, openFleet } from './fleet.ts';
import { type Gate, startGate } from './gate.ts';

const ROOT = join(import.meta.dirname, '../..');
const WORKERS = ['discover', 'upload', 'publish', 'register'];
const ALL = [...WORKERS, 'gateway', 'cli'].concat(
  existsSync(join(ROOT, 'services/external-metrics/src/main.ts')) ? ['external-metrics'] : [],
);
const MB = 1_000_000;
/** What an image may add to its base; the EPSG index is 8,000 files in those that read headers. */
const MAY_ADD: Readonly<Record<string, number>> = { discover: 60 * MB, cli: 65 * MB };

let [fleet, containers, world, gate] = [] as unknown as [Fleet, Containers, World, Gate];
const running = new Map<string, Container>();

before(async () => {
  fleet = await openFleet();
  await buildWorkers(fleet.podman, ALL);
  containers = await startContainers();
  Object.assign(process.env, containers.env);
  gate = await startGate(smallRaster(7, { width: 1536, height: 1536, tileSize: 256 }), 500_000);
  world = await startWorld({ nodes: 2, env: { GEOSLUICE_ALLOW_HOSTS: gate.host } });
  const started = [...WORKERS, 'gateway'].map(async (name) => running.set(name, await fleet.start(name, world.env)));
  await Promise.all(started);
});

after(async () => {
  await fleet?.close();
  await world?.stop();
  await gate?.stop();
  await containers?.stop();
});

const entryOf = (uri: string): Promise<DatasetHistory> =>
  world.gateway.dataset(datasetIdOf(parseLocation(uri)), AbortSignal.timeout(10_000));

const inspect = async (image: string, format: string): Promise<string> =>
  fleet.podman.run('image', 'inspect', '--format', format, image);

test('a raster goes in through the command’s image and becomes visible through the others', async () => {
  const raster = smallRaster(1);
  // a container's user is not the one who made the folder
  await chmod(world.mount, 0o755);
  await writeFile(join(world.mount, 'first.tif'), raster);
  const { code, stdout, stderr } = await fleet.cli(
    ['ingest', '/data/first.tif', '--wait', '--json'],
    world.env,
    world.mount,
  );
  const logs = await Promise.all([...running.values()].map((one) => one.logs()));
  assert.equal(code, 0, [stdout, stderr, ...logs].join('\n').slice(-6000));
  const [listed, ...others] = await registeredIn(world, 'geosluice');
  assert.equal(others.length, 0);
  const { datasets } = await world.gateway.datasets({ state: 'visible', limit: 10 }, AbortSignal.timeout(10_000));
  assert.equal(datasets.length, 1);
  const entry = await entryOf(datasets[0]?.uri ?? '');
  assert.equal(listed?.alternate, `${entry.layer?.workspace}:${entry.layer?.name}`);
  await assertDrawn(world, entry, raster);
});

test('SIGTERM drains: the container ends with 0, and another one finishes its job', async () => {
  const first = running.get('upload');
  assert.ok(first);
  const { id } = await world.gateway.startIngestion({ sources: [gate.url], options: {} }, AbortSignal.timeout(10_000));
  await until('the upload is under way', () => gate.held() > 0, { withinMs: 30_000, describe: first.logs });
  const started = performance.now();
  assert.equal(await first.end('TERM'), 0, await first.logs());
  assert.ok(performance.now() - started < 30_000, 'within its grace');
  assert.match(await first.logs(), /Process:Stop:Done/);
  gate.open();
  running.set('upload', await fleet.start('upload', world.env));
  await until(
    'the ingestion has ended',
    async () => !(await world.gateway.ingestion(id, AbortSignal.timeout(10_000))).running,
    { withinMs: 60_000, describe: async () => JSON.stringify(await entryOf(gate.url)) },
  );
  const entry = await entryOf(gate.url);
  assert.equal(entry.state, 'visible', JSON.stringify(entry));
  assert.equal(entry.generation, 1, 'it was not begun anew');
  const named = (await registeredIn(world, 'geosluice')).filter(({ alternate }) =>
    alternate.endsWith(`:${entry.name}`),
  );
  assert.equal(named.length, 1, 'and is there once');
});

test('every container that serves is healthy by its image’s own check, and one that is stuck is not', async () => {
  for (const [name, container] of running) assert.equal(await container.isHealthy(), true, name);
  const discover = running.get('discover');
  assert.ok(discover);
  await fleet.podman.run('pause', discover.name);
  try {
    // a paused container cannot be asked from inside of it, so its check is run beside it
    const check = ['--entrypoint', 'node', '--env', `GEOSLUICE_HEALTH_PORT=${new URL(discover.url).port}`];
    const healthcheck = ['/app/healthcheck.mjs', 'GEOSLUICE_HEALTH_PORT', '9464'];
    const { code } = await fleet.podman.attempt(
      'run',
      '--rm',
      ...CONFINED,
      ...check,
      imageOf('discover'),
      ...healthcheck,
    );
    assert.equal(code, 1);
  } finally {
    await fleet.podman.run('unpause', discover.name);
  }
});

test('no image runs as root, and each says what it is', async () => {
  for (const name of ALL) {
    const image = imageOf(name);
    assert.equal(await inspect(image, '{{.Config.User}}'), '65532:65532', name);
    const labels = JSON.parse(await inspect(image, '{{json .Labels}}')) as Record<string, string>;
    assert.equal(labels['org.opencontainers.image.title'], `geosluice ${name}`);
    assert.equal(labels['org.opencontainers.image.version'], BUILD.VERSION);
    assert.equal(labels['org.opencontainers.image.revision'], BUILD.REVISION);
    assert.equal(labels['org.opencontainers.image.created'], BUILD.CREATED);
    assert.equal(await inspect(image, '{{.Config.StopSignal}}'), 'SIGTERM');
    const program = name === 'cli' ? 'standalone' : name;
    assert.equal(await inspect(image, '{{json .Config.Entrypoint}}'), `["node","/app/bin/${program}.mjs"]`);
    const check = await inspect(image, '{{json .HealthCheck}}');
    if (name === 'cli') assert.equal(check, 'null');
    else assert.match(check, /healthcheck\.mjs/);
  }
});

test('each image adds little to its base', async (t) => {
  const base = Number(await inspect(NODE, '{{.Size}}'));
  for (const name of ALL) {
    const added = Number(await inspect(imageOf(name), '{{.Size}}')) - base;
    t.diagnostic(`${name}: ${(added / MB).toFixed(1)} MB on a base of ${(base / MB).toFixed(0)} MB`);
    assert.ok(added > 0 && added < (MAY_ADD[name] ?? 15 * MB), `${name} adds ${added} bytes`);
  }
});

test('an image holds its bundle, a list of what is in it, and nothing else of ours', async () => {
  const script = `
    const { readFileSync, readdirSync } = require('node:fs');
    const bill = JSON.parse(readFileSync('/app/sbom.cdx.json', 'utf8'));
    let root = 'writable';
    try { require('node:fs').writeFileSync('/app/x', ''); } catch (error) { root = error.code; }
    console.log(JSON.stringify({ bill, files: readdirSync('/app'), root, uid: process.getuid() }));`;
  const look = async (name: string) => {
    const args = ['run', '--rm', ...CONFINED, '--entrypoint', 'node', imageOf(name), '-e', script];
    return JSON.parse(await fleet.podman.run(...args)) as {
      bill: { bomFormat: string; components: Array<{ name: string; version: string; purl: string }> };
      files: string[];
      root: string;
      uid: number;
    };
  };
  const upload = await look('upload');
  assert.deepEqual(upload.files.sort(), ['bin', 'healthcheck.mjs', 'node_modules', 'sbom.cdx.json']);
  assert.ok(
    upload.bill.components.some(({ purl }) => purl.includes('node-rs/crc32')),
    'the native checksum',
  );
  assert.equal(upload.root, 'EROFS');
  assert.equal(upload.uid, 65532);
  assert.equal(upload.bill.bomFormat, 'CycloneDX');
  const names = upload.bill.components.map(({ name }) => name);
  for (const name of ['bullmq', 'ioredis', 'zod', 'client-s3', 'pino']) assert.ok(names.includes(name), name);
  for (const name of ['fastify', 'testcontainers', 'esbuild']) assert.ok(!names.includes(name), name);
  const discover = await look('discover');
  assert.deepEqual(discover.files.sort(), ['bin', 'healthcheck.mjs', 'node_modules', 'sbom.cdx.json']);
  assert.ok(discover.bill.components.some(({ purl }) => purl.startsWith('pkg:npm/epsg-index@')));
});

test('a container without a configuration says everything that is missing and ends with 2', async () => {
  const { code, stderr } = await fleet.podman.attempt('run', '--rm', ...CONFINED, imageOf('publish'));
  assert.equal(code, 2);
  assert.match(stderr, /GEOSLUICE_REDIS_URL is missing/);
  assert.match(stderr, /GEOSLUICE_GEOSERVER_PASSWORD is missing/);
});
