import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { startRedis } from '../test/counterparts/redis.ts';
import { freePorts, startProcess } from '../test/counterparts/server-process.ts';
import { bundle } from './build.ts';

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

test('every bundled worker starts as far as its configuration', () => {
  for (const name of ['discover', 'upload', 'publish', 'register', 'gateway']) {
    const { status, stderr } = spawnSync(process.execPath, [join(outdir, 'bin', `${name}.mjs`)], {
      encoding: 'utf8',
      env: {},
    });
    assert.equal(status, 2, stderr);
    assert.match(stderr, /GEOSLUICE_REDIS_URL is missing/);
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
