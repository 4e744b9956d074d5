import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, test } from 'node:test';
import { parse } from 'yaml';
import { CLIENT, loadConfig, PROCESSES, SOURCE, TARGET } from '../../packages/service-kit/src/index.ts';
import { runClean } from './shell.ts';

interface Service {
  image: string;
  build?: { context: string; dockerfile?: string; target?: string; args?: Record<string, string> };
  environment?: Record<string, string>;
  healthcheck?: { test: string[] };
  depends_on?: Record<string, { condition: string }>;
  volumes?: string[];
  configs?: Array<{ source: string }>;
  ports?: string[];
  profiles?: string[];
  restart?: string;
  read_only?: boolean;
  cap_drop?: string[];
}

const DOCKER = join(import.meta.dirname, '../../docker');
const TEXT = readFileSync(join(DOCKER, 'compose.yaml'), 'utf8');
const PROCESS_IMAGE = /^geosluice\/(discover|upload|publish|register|gateway|cli):/;
const folder = mkdtempSync(join(tmpdir(), 'geosluice-compose-'));
after(() => rmSync(folder, { recursive: true }));

/** As Compose does it: `${NAME:-default}`, and `$$` for a dollar. */
function interpolated(env: Readonly<Record<string, string>> = {}): {
  services: Record<string, Service>;
  volumes: Record<string, unknown>;
  configs: Record<string, { file?: string; content?: string }>;
} {
  const text = TEXT.replace(/\$\$|\$\{(\w+):-([^}]*)\}/g, (whole, name: string | undefined, fallback: string) =>
    name === undefined ? whole : (env[name] ?? fallback),
  );
  const [bare] = /^[^#\n]*[^$#\n]\$\{?[A-Z].*$/m.exec(text) ?? [];
  assert.equal(bare, undefined, 'every variable has a default');
  return parse(text, { merge: true, uniqueKeys: true });
}

const { services, volumes, configs } = interpolated();
const isOneShot = (name: string): boolean =>
  Object.values(services).some((other) => other.depends_on?.[name]?.condition === 'service_completed_successfully');

test('every service is healthy before it says so, or is waited for until it is done', () => {
  for (const [name, { healthcheck, restart, profiles }] of Object.entries(services)) {
    if (profiles !== undefined) continue;
    if (isOneShot(name)) {
      assert.equal(restart, undefined, `${name} runs once`);
      assert.equal(healthcheck, undefined, name);
    } else {
      assert.ok((healthcheck?.test.length ?? 0) > 1 && healthcheck?.test[0] === 'CMD', `${name} has a health check`);
      assert.equal(restart, 'unless-stopped', name);
    }
  }
});

test('dependencies name services that are there, by the condition that fits, and go in no circle', () => {
  const seen = new Map<string, 'open' | 'done'>();
  const visit = (name: string, path: readonly string[]): void => {
    assert.notEqual(seen.get(name), 'open', `${[...path, name].join(' → ')} is a circle`);
    if (seen.has(name)) return;
    seen.set(name, 'open');
    for (const [needed, { condition }] of Object.entries(services[name]?.depends_on ?? {})) {
      assert.ok(needed in services, `${name} needs ${needed}`);
      assert.equal(
        condition,
        isOneShot(needed) ? 'service_completed_successfully' : 'service_healthy',
        `${name} → ${needed}`,
      );
      visit(needed, [...path, name]);
    }
    seen.set(name, 'done');
  };
  for (const name of Object.keys(services)) visit(name, []);
});

test('our processes start with what they are given: every setting is known and right', () => {
  let count = 0;
  for (const [name, { image, environment = {} }] of Object.entries(services)) {
    const [, process] = PROCESS_IMAGE.exec(image) ?? [];
    if (process === undefined) continue;
    count += 1;
    assert.equal(process, name);
    const env = Object.fromEntries(Object.entries(environment).map(([key, value]) => [key, `${value}`]));
    if (process === 'cli') loadConfig({ client: CLIENT, target: TARGET, source: SOURCE }, env);
    else loadConfig(PROCESSES[process as keyof typeof PROCESSES], env);
  }
  assert.equal(count, 6);
});

test('images have tags that stay, and each build is of a Dockerfile and target that is there', () => {
  for (const [name, { image, build }] of Object.entries(services)) {
    assert.match(image, /:[A-Za-z0-9_][\w.-]*$/, `${name} has a tag`);
    assert.doesNotMatch(image, /:latest$/, name);
    if (build === undefined) {
      assert.match(image, /^docker\.io\//, `${name} names its registry`);
      continue;
    }
    const dockerfile = join(resolve(DOCKER, build.context), build.dockerfile ?? 'Dockerfile');
    const text = readFileSync(dockerfile, 'utf8');
    if (build.target !== undefined) assert.match(text, new RegExp(`AS ${build.target.replaceAll('.', '\\.')}$`, 'm'));
    const process = build.args?.PROCESS;
    if (process !== undefined) assert.match(text, new RegExp(`AS image-${process}$`, 'm'));
  }
});

test('no folder of the machine is mounted, and no volume belongs to two servers', () => {
  const owners = new Map<string, string[]>();
  for (const [name, service] of Object.entries(services)) {
    for (const mount of service.volumes ?? []) {
      const [source = ''] = mount.split(':');
      assert.ok(source in volumes, `${name} mounts ${source}`);
      if (!isOneShot(name)) owners.set(source, [...(owners.get(source) ?? []), name]);
    }
    for (const { source } of service.configs ?? []) assert.ok(source in configs, source);
  }
  for (const [volume, names] of owners) assert.equal(names.length, 1, `${volume}: ${names}`);
  assert.deepEqual([...owners.keys()].sort(), Object.keys(volumes).sort());
  for (const { file } of Object.values(configs))
    if (file !== undefined) assert.ok(existsSync(join(DOCKER, file)), file);
});

test('only this machine reaches what is published', () => {
  for (const { ports = [] } of Object.values(services)) for (const port of ports) assert.match(port, /^127\.0\.0\.1:/);
});

test('images of ours are confined', () => {
  for (const [name, { image, read_only, cap_drop }] of Object.entries(services)) {
    if (!image.startsWith('geosluice/')) continue;
    assert.equal(read_only, true, name);
    assert.deepEqual(cap_drop, ['ALL'], name);
  }
});

test('a .env of its own replaces every password of development, and is made once', async () => {
  const file = join(folder, '.env');
  const made = await runClean('sh', [join(DOCKER, 'make-env.sh'), file]);
  assert.equal(made.code, 0, made.stderr);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  const env = Object.fromEntries(lines.map((line) => [line.split('=')[0] ?? '', line.slice(line.indexOf('=') + 1)]));
  const used = [...TEXT.matchAll(/\$\{(\w+):-/g)].map(([, name = '']) => name);
  assert.deepEqual(Object.keys(env).sort(), [...new Set(used)].sort());
  assert.equal(new Set(Object.values(env)).size, lines.length, 'no two are the same');
  assert.equal(
    env.GEOSLUICE_KEY_SHA256,
    createHash('sha256')
      .update(env.GEOSLUICE_KEY ?? '')
      .digest('hex'),
  );
  const text = JSON.stringify(interpolated(env));
  assert.doesNotMatch(text, /geosluice-development|7b14be6e/);
  const before = readFileSync(file, 'utf8');
  assert.equal((await runClean('sh', [join(DOCKER, 'make-env.sh'), file])).code, 1);
  assert.equal(readFileSync(file, 'utf8'), before);
});
