import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { startRedis } from '../test/counterparts/redis.ts';
import { freePorts, startProcess } from '../test/counterparts/server-process.ts';
import { bundle, processes } from './build.ts';
import type { BillOfMaterials } from './sbom.ts';

const FIXTURES = join(import.meta.dirname, '..', 'test', 'fixtures', 'rasters');
// outside of the workspace, so that nothing is found there by accident
const outdir = mkdtempSync(join(tmpdir(), 'geosluice-bundle-'));
before(() => bundle(outdir));
after(() => rmSync(outdir, { recursive: true, force: true }));

const geosluice = (...args: string[]) =>
  spawnSync(process.execPath, [join(outdir, 'bin', 'standalone.mjs'), ...args], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH },
  });

test('the bundled command inspects a raster, EPSG definitions included', () => {
  const { status, stdout, stderr } = geosluice('inspect', join(FIXTURES, 'rgb_utm.tif'), '--json');
  assert.equal(status, 0, stderr);
  assert.match(JSON.parse(stdout).facts.srs, /^EPSG:\d+$/);
});

test('the native checksum lies beside the bundle and runs from there', () => {
  const program = "process.stdout.write(String(require('@node-rs/crc32').crc32('123456789')))";
  const { stdout, stderr } = spawnSync(process.execPath, ['-e', program], { encoding: 'utf8', cwd: outdir, env: {} });
  assert.equal(stdout, `${0xcbf43926}`, stderr);
});

test('every bundled worker starts as far as its configuration', () => {
  for (const name of processes().filter((name) => name !== 'standalone')) {
    const { status, stderr } = spawnSync(process.execPath, [join(outdir, 'bin', `${name}.mjs`)], {
      encoding: 'utf8',
      env: {},
    });
    assert.equal(status, 2, stderr);
    assert.match(stderr, /GEOSLUICE_REDIS_URL is missing/);
  }
});

test('a bundle of one process holds what it needs, and its list of packages nothing else', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'geosluice-bundle-one-'));
  try {
    const made: Record<string, { files: string[]; packages: string[] }> = {};
    for (const name of ['upload', 'discover', 'gateway']) {
      await bundle(join(folder, name), [name]);
      const bill: BillOfMaterials = JSON.parse(readFileSync(join(folder, name, 'sbom.cdx.json'), 'utf8'));
      assert.equal(bill.metadata.component.name, `geosluice-${name}`);
      made[name] = {
        files: readdirSync(join(folder, name)).sort(),
        packages: bill.components.map(({ group, name: own }) => (group === undefined ? own : `${group}/${own}`)),
      };
    }
    assert.deepEqual(made.upload?.files, ['bin', 'node_modules', 'sbom.cdx.json']);
    assert.ok(
      made.upload?.packages.some((name) => name.startsWith('@node-rs/crc32-')),
      'the build for this platform',
    );
    assert.deepEqual(made.discover?.files, ['bin', 'node_modules', 'sbom.cdx.json']);
    assert.deepEqual(made.gateway?.files, ['bin', 'node_modules', 'sbom.cdx.json', 'static']);
    for (const { packages } of Object.values(made)) {
      for (const name of ['bullmq', 'ioredis', 'zod']) assert.ok(packages.includes(name), name);
      assert.ok(!packages.some((name) => name.startsWith('@geosluice/')), 'our own rooms are the application itself');
    }
    assert.ok(made.discover?.packages.includes('epsg-index'));
    assert.ok(made.gateway?.packages.includes('@fastify/swagger-ui'));
    assert.ok(!made.upload?.packages.some((name) => /^fastify$|^@fastify|^epsg-index$/.test(name)));
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('the bundled gateway serves its pages', async () => {
  const redis = await startRedis();
  const [port = 0] = await freePorts(1);
  const url = `http://127.0.0.1:${port}`;
  const folder = mkdtempSync(join(tmpdir(), 'geosluice-bundle-run-'));
  const gateway = await startProcess({
    name: 'bundled gateway',
    command: process.execPath,
    args: [join(outdir, 'bin', 'gateway.mjs')],
    folder,
    env: {
      GEOSLUICE_REDIS_URL: redis.url,
      GEOSLUICE_S3_BUCKET: 'geodata',
      GEOSLUICE_GATEWAY_HOST: '127.0.0.1',
      GEOSLUICE_GATEWAY_PORT: `${port}`,
    },
    probe: async () => assert.equal((await fetch(`${url}/readyz`)).status, 200),
  });
  try {
    for (const path of ['/', '/docs/', '/docs/static/swagger-ui.css', '/openapi.json', '/metrics']) {
      assert.equal((await fetch(url + path)).status, 200, path);
    }
  } finally {
    await gateway.end();
    await redis.stop();
    rmSync(folder, { recursive: true, force: true });
  }
});
