/** `geosluice inspect` as a person types it, with nothing configured. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { runCli } from '@geosluice/cli';
import { cliPorts } from '@geosluice/service-standalone';
import { writeTiff } from '../rasters/write-tiff.ts';

const folder = mkdtempSync(join(tmpdir(), 'geosluice-cli-test-'));
after(() => rmSync(folder, { recursive: true }));
const samples = join(import.meta.dirname, '..', 'fixtures', 'rasters');
copyFileSync(join(samples, 'dem_4326.tif'), join(folder, 'dem.tif'));
copyFileSync(join(samples, 'rgb_utm.tif'), join(folder, 'rgb.tif'));
copyFileSync(join(samples, 'truncated.tif'), join(folder, 'truncated.tif'));
const dublinCore = (title: string) =>
  `<dc xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>${title}</dc:title></dc>`;
writeFileSync(join(folder, 'dem.xml'), dublinCore('Heights'));
writeFileSync(join(folder, 'rgb.xml'), '<!DOCTYPE dc [<!ENTITY e "boom">]><dc>&e;</dc>');

async function inspect(args: string[], env: Record<string, string> = {}) {
  let [stdout, stderr] = ['', ''];
  const code = await runCli(['inspect', ...args], {
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
    signal: AbortSignal.timeout(30_000),
    version: '0',
    cwd: folder,
    ports: cliPorts(env),
  });
  return { code, stdout, stderr };
}

test('a good raster is told with its facts and its metadata', async () => {
  const { code, stdout } = await inspect(['dem.tif']);
  assert.equal(code, 0);
  assert.match(stdout, /verdict +accepted, as layer dem\n/);
  assert.match(stdout, /256 × 256, 1 band of 32 bit float/);
  assert.match(stdout, /crs +EPSG:4326\n/);
  assert.match(stdout, /sidecars +dem\.xml \(metadata\)\n/);
  assert.match(stdout, /title +Heights\n/);
});

test('--json is one document with facts, metadata and verdict', async () => {
  const { code, stdout } = await inspect(['dem.tif', '--json']);
  assert.equal(code, 0);
  const document = JSON.parse(stdout);
  assert.equal(document.verdict, 'accepted');
  assert.equal(document.facts.srs, 'EPSG:4326');
  assert.equal(document.metadata.title, 'Heights');
});

test('a file that would be refused exits 1 with the reason and what to do', async () => {
  const { code, stdout } = await inspect(['truncated.tif']);
  assert.equal(code, 1);
  assert.match(stdout, /rejected: TRUNCATED\n.*ends at byte \d+, but the file ends at 3000/);
  assert.equal((await inspect(['nowhere.tif'])).code, 1);
});

test('the rule on sidecars is that of ingestion', async () => {
  const bad = await inspect(['rgb.tif', '--json']);
  assert.equal(JSON.parse(bad.stdout).metadataState, 'degraded');
  assert.equal(bad.code, 0, 'a bad sidecar does not stop its raster');
  const invalid = await inspect(['rgb.tif', '--metadata', 'required', '--json']);
  assert.equal(JSON.parse(invalid.stdout).reason.code, 'METADATA_INVALID');
  copyFileSync(join(samples, 'dem_4326.tif'), join(folder, 'alone.tif'));
  const missing = await inspect(['alone.tif', '--metadata', 'required', '--json']);
  assert.equal(JSON.parse(missing.stdout).reason.code, 'METADATA_MISSING');
  assert.equal(missing.code, 1);
});

test('compressions that this deployment reads are accepted', async () => {
  const tiff = writeTiff({ width: 64, height: 64, epsg: 32633, extraTags: [{ tag: 259, type: 3, values: [50000] }] });
  writeFileSync(join(folder, 'zstd.tif'), tiff);
  const refused = await inspect(['zstd.tif', '--json']);
  assert.equal(JSON.parse(refused.stdout).reason.code, 'UNSUPPORTED_COMPRESSION');
  assert.equal((await inspect(['zstd.tif'], { GEOSLUICE_EXTRA_COMPRESSIONS: '50000' })).code, 0);
});

test('a file behind a web server without ranges is fetched, looked at, and leaves nothing behind', async () => {
  const bytes = readFileSync(join(samples, 'dem_4326.tif'));
  const server = createServer(({ url, method }, response) => {
    if (url !== '/dem.tif') return void response.writeHead(404).end();
    response.writeHead(200, { 'transfer-encoding': 'chunked' });
    response.end(method === 'HEAD' ? undefined : bytes);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const copies = () => readdirSync(tmpdir()).filter((name) => name.startsWith('geosluice-inspect-')).length;
  const before = copies();
  try {
    const { port } = server.address() as AddressInfo;
    const { code, stdout } = await inspect([`http://127.0.0.1:${port}/dem.tif`, '--json']);
    assert.equal(code, 0, stdout);
    const { facts, reads } = JSON.parse(stdout);
    assert.deepEqual([facts.srs, facts.size, reads], ['EPSG:4326', bytes.length, { requests: 1, bytes: bytes.length }]);
  } finally {
    server.close();
  }
  assert.equal(copies(), before);
});
