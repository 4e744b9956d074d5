import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { fencedBlocks } from './shared/cases.ts';
import { type Manifest, ofKind, workloads } from './shared/manifests.ts';
import { commands, deadLinks, installs, PAGES } from './shared/pages.ts';
import { containersOf } from './shared/pod-security.ts';
import { ROOT, readPage, render } from './shared/render.ts';
import { contentOf } from './shared/secrets.ts';

const DEPLOY = 'docs/deploy.md';
const everyInstall = PAGES.flatMap(installs);

for (const { page, command, chart, inputs } of everyInstall)
  test(`${page}: "${command.slice(0, 90)}" has values that charts/${chart} takes`, async () => {
    assert.ok((await render(chart, inputs)).length > 10);
  });

test('the pages on deploying install both charts', () => {
  const of = (page: string) => installs(page).map(({ chart }) => chart);
  assert.deepEqual(of(DEPLOY), ['geonode', 'geosluice']);
  assert.deepEqual(of('docs/deploy-community.md'), ['geosluice']);
});

/** What the commands of docs/deploy.md install. */
async function deployed(): Promise<Manifest[]> {
  const all = await Promise.all(installs(DEPLOY).map(({ chart, inputs }) => render(chart, inputs)));
  return all.flat();
}

test('every object that a command of the deployment names is installed', async () => {
  const manifests = await deployed();
  const text = commands(DEPLOY).join('\n');
  const services = [...text.matchAll(/port-forward service\/(\S+) (\d+)/g)];
  assert.equal(services.length, 2);
  for (const [, name = '', port] of services) {
    const ports = ofKind(manifests, 'Service').find(({ metadata }) => metadata?.name === name)?.spec?.ports ?? [];
    assert.ok(
      ports.some((one) => String(one.port) === port),
      `service/${name} ${port}`,
    );
  }
  const secrets = [
    ...text.matchAll(/(?:get secret|\$\(secret) ([a-z][\w-]*)(?: --output jsonpath='\{\.data\.(\w+)\}'| (\w+))/g),
  ];
  assert.equal(secrets.length, 4, text);
  for (const [, name = '', byPath, byWord] of secrets) {
    const secret = ofKind(manifests, 'Secret').find(({ metadata }) => metadata?.name === name);
    assert.ok(
      secret !== undefined && (byPath ?? byWord ?? '') in contentOf(secret),
      `Secret ${name} ${byPath ?? byWord}`,
    );
  }
});

test('the images that are built are those that the charts start, and no other of ours', async () => {
  const text = commands(DEPLOY).join('\n');
  const processes = /for process in (.*); do/.exec(text)?.[1]?.split(' ') ?? [];
  const built = [...text.matchAll(/-t (geosluice\/\S+)/g)].flatMap(([, image = '']) =>
    image.includes('$process') ? processes.map((name) => image.replace('$process', name)) : [image],
  );
  const started = workloads(await deployed()).flatMap(({ template }) =>
    containersOf(template.spec).map(({ image }) => image ?? ''),
  );
  const ours = [...new Set(started.filter((image) => image.startsWith('geosluice/')))];
  assert.deepEqual(built.sort(), ours.sort());
  for (const [, file = ''] of text.matchAll(/docker build -f (\S+)/g)) assert.ok(existsSync(join(ROOT, file)), file);
});

test('images are built from the folder that their Dockerfile is written for', () => {
  const told = commands(DEPLOY).filter((command) => command.includes('docker build'));
  assert.equal(told.length, 3);
  for (const command of told) {
    const [, file = '', context] = /-f (\S+) .* (\S+)$/.exec(command) ?? [];
    const copied = [...readPage(file).matchAll(/^COPY (?:--chown=\S+ )?([a-z][\w/.-]*)/gm)].map(
      ([, path = '']) => path,
    );
    for (const path of copied) assert.ok(existsSync(join(ROOT, context ?? '', path)), `${file} copies ${path}`);
  }
});

test('every file that a command names is there', () => {
  const missing = PAGES.flatMap((page) =>
    commands(page)
      .flatMap((command) => command.match(/(?<=^|\s|\.\/)(?:charts|docker|test|docs|scripts)\/[\w./-]+/g) ?? [])
      .filter((path) => !existsSync(join(ROOT, path)))
      .map((path) => `${page}: ${path}`),
  );
  assert.deepEqual(missing, []);
});

for (const page of PAGES)
  test(`every link of ${page} leads somewhere`, () => {
    assert.deepEqual(deadLinks(page), []);
  });

test('the numbers of docs/autoscaling.md are those of the values', () => {
  const values = parse(readPage('charts/geosluice/values.yaml')) as Record<
    string,
    { autoscaling: { jobsPerPod: number; max: number } }
  >;
  const page = readPage('docs/autoscaling.md');
  for (const worker of ['discover', 'upload', 'publish', 'register']) {
    const { jobsPerPod, max } = values[worker]!.autoscaling;
    const [, told, most] = new RegExp(`^\\| ${worker} \\|[^|]*\\| (\\d+) \\| (\\d+) \\|`, 'm').exec(page) ?? [];
    assert.deepEqual([Number(told), Number(most)], [jobsPerPod, max], worker);
  }
});

test('the formula for KEDA in docs/autoscaling.md is the one of the chart', async () => {
  const manifests = await render('geosluice', { files: ['charts/geosluice/examples/autoscaling-keda.yaml'] });
  const [scaled] = ofKind(manifests, 'ScaledObject') as unknown as {
    spec: { advanced: { scalingModifiers: { formula: string } } };
  }[];
  const formula = scaled?.spec.advanced.scalingModifiers.formula ?? 'none';
  assert.ok(readPage('docs/autoscaling.md').includes(`\`${formula}\``), formula);
});

test('what is said of the community chart’s names is what the example uses', () => {
  const page = readPage('docs/deploy-community.md');
  const example = readPage('charts/geosluice/examples/community-geonode.yaml');
  for (const name of [
    'geonode-geoserver',
    'geonode-nginx',
    'geonode-geoserver-secret',
    'geonode-geonode-secret',
    'geosluice-s3',
  ])
    for (const text of [page, example]) assert.ok(text.includes(name), name);
  for (const key of [
    'GEOSERVER_ADMIN_USER',
    'GEOSERVER_ADMIN_PASSWORD',
    'ADMIN_USERNAME',
    'ADMIN_PASSWORD',
    'accessKey',
    'secretKey',
  ])
    for (const text of [page, example]) assert.ok(text.includes(key), key);
  assert.ok(fencedBlocks('docs/deploy-community.md').length >= 6);
});
