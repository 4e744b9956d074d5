import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { PROCESSES } from '../../packages/service-kit/src/index.ts';
import { readDockerfile } from './dockerfile.ts';

const DOCKER = join(import.meta.dirname, '../../docker');
const files = globSync('**/Dockerfile', { cwd: DOCKER }).sort();
const read = (name: string) => readDockerfile(readFileSync(join(DOCKER, name), 'utf8'));
/** What becomes an image: stages that no other is built on or copies from. */
const IMAGES: Readonly<Record<string, readonly string[]>> = {
  Dockerfile: ['image'],
  'geonode/Dockerfile': [''],
  'geoserver/Dockerfile': ['geoserver-2.28', 'geoserver-3.0'],
};
const LABELS = ['title', 'version', 'revision', 'created', 'source', 'licenses'];

test('there is one Dockerfile for our processes, one for GeoServer, one for GeoNode', () => {
  assert.deepEqual(files, Object.keys(IMAGES).sort());
});

test('every base is an argument with a registry and a tag, never latest, or a stage of the file', () => {
  for (const file of files) {
    const { globals, stages } = read(file);
    const earlier = new Set<string>();
    for (const { from, name } of stages) {
      const [, argument] = /^\$\{(\w+_BASE)\}$/.exec(from) ?? [];
      if (argument !== undefined) {
        assert.match(globals.get(argument) ?? '', /^[a-z0-9.-]+\.[a-z]+\/[\w./-]+:[\w.-]+$/, `${file}: ${argument}`);
        assert.doesNotMatch(globals.get(argument) ?? '', /:latest$/);
      } else {
        const asPattern = new RegExp(`^${from.replaceAll('.', '\\.').replace(/\$\{\w+\}/g, '.+')}$`);
        assert.ok(
          [...earlier].some((stage) => asPattern.test(stage)),
          `${file}: FROM ${from}`,
        );
      }
      earlier.add(name);
    }
  }
});

test('every image ends as a user that is not root, tells what it is, and stops by SIGTERM', () => {
  for (const [file, names] of Object.entries(IMAGES)) {
    const { stages } = read(file);
    for (const name of names) {
      const stage = stages.find((one) => one.name === name);
      assert.ok(stage, `${file}: ${name}`);
      const { instructions } = stage;
      assert.deepEqual(instructions.findLast(({ keyword }) => keyword === 'USER')?.value, '65532:65532', name);
      assert.equal(instructions.at(-1)?.keyword, 'USER', `${file} ${name}: nothing is done as somebody else after it`);
      const labels = instructions
        .filter(({ keyword }) => keyword === 'LABEL')
        .map(({ value }) => value)
        .join(' ');
      for (const label of LABELS)
        assert.match(labels, new RegExp(`org\\.opencontainers\\.image\\.${label}=`), `${name}: ${label}`);
      const inherited = stages.filter((one) => one.instructions.some(({ keyword }) => keyword === 'STOPSIGNAL'));
      assert.ok(
        inherited.length > 0 && inherited.every((one) => one.instructions.some(({ value }) => value === 'SIGTERM')),
      );
    }
  }
});

test('our processes each have an image, and those that serve a health check', () => {
  const { stages } = read('Dockerfile');
  const worker = stages.find(({ name }) => name === 'worker');
  assert.match(worker?.instructions.find(({ keyword }) => keyword === 'HEALTHCHECK')?.value ?? '', /"9464"/);
  for (const process of [...Object.keys(PROCESSES), 'cli']) {
    const stage = stages.find(({ name }) => name === `image-${process}`);
    assert.ok(stage, `image-${process}`);
    const program = process === 'cli' ? 'standalone' : process;
    assert.equal(
      stage.instructions.find(({ keyword }) => keyword === 'ENTRYPOINT')?.value,
      `["node", "/app/bin/${program}.mjs"]`,
    );
    if (process === 'gateway') assert.ok(stage.instructions.some(({ keyword }) => keyword === 'HEALTHCHECK'));
    else assert.equal(stage.from, process === 'cli' ? 'runtime' : 'worker');
  }
});

test('no secret, no mirror and no certificate of a machine is in a Dockerfile', () => {
  for (const file of files) {
    const text = readFileSync(join(DOCKER, file), 'utf8');
    assert.doesNotMatch(text, /password=|secret=|--no-check-certificate|--insecure|npmrc|index-url|http_proxy/i, file);
    for (const { instructions } of read(file).stages) {
      for (const { keyword, value } of instructions) {
        if (keyword === 'ARG' || keyword === 'ENV') assert.doesNotMatch(value, /(PASSWORD|SECRET|TOKEN|_KEY)\b/, file);
        // fetched at build by a script that fails where the download does
        assert.ok(keyword !== 'ADD', `${file} adds ${value}`);
      }
    }
  }
});

test('GeoServer’s modules are checked before they are in an image, and each image has all of them', () => {
  const { stages } = read('geoserver/Dockerfile');
  for (const [line, wanted] of [
    ['2.28', 3],
    ['3.0', 4],
  ] as const) {
    const checked = stages.find(({ name }) => name === `checked-${line}`);
    const run = checked?.instructions.find(({ keyword }) => keyword === 'RUN')?.value ?? '';
    const modules = run.match(/gs-(s3-geotiff|cog-core|jms-commons|sec-oidc)/g) ?? [];
    assert.equal(new Set(modules).size, wanted, `${line}: ${modules}`);
    const image = stages.find(({ name }) => name === `geoserver-${line}`);
    assert.ok(
      image?.instructions.some(({ value }) => value.startsWith(`--from=checked-${line} /added/`)),
      line,
    );
  }
});
