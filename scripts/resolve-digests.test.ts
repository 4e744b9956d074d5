import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { parseImage, resolveDigest } from './registry.ts';
import { basesIn, resolveDigests } from './resolve-digests.ts';

const INDEX = JSON.stringify({ schemaVersion: 2, mediaType: 'application/vnd.oci.image.index.v1+json', manifests: [] });
const DIGEST = `sha256:${createHash('sha256').update(INDEX).digest('hex')}`;
const folder = mkdtempSync(join(tmpdir(), 'geosluice-digests-'));
const asked: string[] = [];
let server: Server;
let registry = '';

before(async () => {
  // a registry that gives manifests to those who fetched a token for the repository
  server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', `http://${request.headers.host}`);
    asked.push(`${request.headers.authorization ?? 'nobody'} ${url.pathname}${url.search}`);
    if (url.pathname === '/token') {
      return response.end(JSON.stringify({ token: `for ${url.searchParams.get('scope')}` }));
    }
    if (request.headers.authorization !== 'Bearer for repository:team/node:pull') {
      const challenge = `Bearer realm="http://${registry}/token",service="test",scope="repository:team/node:pull"`;
      return response.writeHead(401, { 'www-authenticate': challenge }).end();
    }
    if (url.pathname.endsWith('/gone')) return response.writeHead(404).end();
    const wrong = url.pathname.endsWith('/wrong');
    const lists = (request.headers.accept ?? '').includes('image.index');
    return response
      .writeHead(lists ? 200 : 406, { 'docker-content-digest': wrong ? `sha256:${'0'.repeat(64)}` : DIGEST })
      .end(INDEX);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  registry = `127.0.0.1:${(server.address() as AddressInfo).port}`;
});
after(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

test('a reference is taken apart as Docker does it', () => {
  assert.deepEqual(parseImage('node:24-slim'), { registry: 'docker.io', repository: 'library/node', tag: '24-slim' });
  assert.deepEqual(parseImage('docker.io/library/node:24'), {
    registry: 'docker.io',
    repository: 'library/node',
    tag: '24',
  });
  assert.deepEqual(parseImage('geonode/geonode:5.1.1'), {
    registry: 'docker.io',
    repository: 'geonode/geonode',
    tag: '5.1.1',
  });
  assert.deepEqual(parseImage('docker.osgeo.org/geoserver:3.0.1'), {
    ...{ registry: 'docker.osgeo.org', repository: 'geoserver', tag: '3.0.1' },
  });
  assert.deepEqual(parseImage('localhost:5000/a/b:c'), { registry: 'localhost:5000', repository: 'a/b', tag: 'c' });
  assert.throws(() => parseImage('node'), /names no tag/);
  assert.throws(() => parseImage(`node:24@${DIGEST}`), /names no tag/);
});

test('a tag becomes the digest of its manifest, with a token where the registry asks for one', async () => {
  asked.length = 0;
  assert.equal(await resolveDigest(`${registry}/team/node:24-slim`), DIGEST);
  assert.deepEqual(asked, [
    'nobody /v2/team/node/manifests/24-slim',
    'nobody /token?service=test&scope=repository%3Ateam%2Fnode%3Apull',
    'Bearer for repository:team/node:pull /v2/team/node/manifests/24-slim',
  ]);
});

test('a digest is refused that is not the manifest’s', async () => {
  await assert.rejects(resolveDigest(`${registry}/team/node:wrong`), /says sha256:0+ of a manifest that is sha256:/);
  await assert.rejects(resolveDigest(`${registry}/team/node:gone`), /answers 404/);
});

test('what is reachable is written, what is not is named and left out', async () => {
  mkdirSync(join(folder, 'inner'));
  writeFileSync(
    join(folder, 'Dockerfile'),
    `ARG NODE_BASE=${registry}/team/node:24-slim\nARG PROCESS=x\nFROM \${NODE_BASE}\n`,
  );
  writeFileSync(join(folder, 'inner/Dockerfile'), 'ARG OTHER_BASE=127.0.0.1:3/other:1\nFROM scratch\n');
  writeFileSync(
    join(folder, 'compose.yaml'),
    `services:\n  a: { image: "${registry}/team/node:redis" }\n  b: { image: "ours:1", build: . }\n`,
  );
  const [said, warned]: [string[], string[]] = [[], []];
  const run = (buildArgs: boolean) =>
    resolveDigests(folder, { buildArgs, write: (text) => said.push(text), warn: (text) => warned.push(text) });
  assert.equal(await run(true), 1);
  assert.deepEqual(said, [`--build-arg NODE_BASE=${registry}/team/node:24-slim@${DIGEST}\n`]);
  assert.equal(existsSync(join(folder, 'digests.json')), false);
  assert.equal(await run(false), 1);
  assert.match(warned[0] ?? '', /^127\.0\.0\.1:3\/other:1: fetch failed: .*ECONNREFUSED/);
  assert.deepEqual(JSON.parse(readFileSync(join(folder, 'digests.json'), 'utf8')), {
    [`${registry}/team/node:24-slim`]: DIGEST,
    [`${registry}/team/node:redis`]: DIGEST,
  });
});

test('of docker/ every base is found', () => {
  const found = basesIn(join(import.meta.dirname, '../docker')).map(({ argument }) => argument);
  for (const argument of ['NODE_BASE', 'GEOSERVER_2_BASE', 'GEOSERVER_3_BASE', 'MAVEN_BASE', 'GEONODE_BASE']) {
    assert.ok(found.includes(argument), argument);
  }
});
