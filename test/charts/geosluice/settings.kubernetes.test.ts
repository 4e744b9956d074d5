import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readRules } from '../../../packages/rules/src/index.ts';
import {
  CLIENT,
  loadConfig,
  PROCESSES,
  type Section,
  SOURCE,
  TARGET,
} from '../../../packages/service-kit/src/index.ts';
import { chartSettings } from '../../../scripts/chart-values.ts';
import { ofKind } from '../shared/manifests.ts';
import { contentOf } from '../shared/secrets.ts';
import { environmentOf, release } from './release.ts';
import { samplesOf } from './sample-values.ts';

const { settings, processes } = chartSettings();

/** What runs, by component of the chart, and the sections it reads. */
const READERS: Record<string, Record<string, Section>> = {
  ...PROCESSES,
  'sweep-uploads': { target: TARGET },
  test: { client: CLIENT, target: TARGET, source: SOURCE },
};

/** Every section with every setting given, by one way to Redis. */
function everything(way: 'url' | 'sentinels' | 'cluster') {
  const others = {
    url: ['sentinels', 'sentinelName', 'sentinelUser', 'sentinelPassword', 'cluster'],
    sentinels: ['url', 'cluster'],
    cluster: ['url', 'sentinels', 'sentinelName', 'sentinelUser', 'sentinelPassword'],
  }[way];
  const sections = Object.values(READERS).flatMap((read) => Object.entries(read));
  return Object.fromEntries(
    sections.map(([id, section]) => [id, samplesOf(section, id === 'redis' ? others : [])] as const),
  );
}

for (const way of ['url', 'sentinels', 'cluster'] as const) {
  test(`every setting reaches every process that reads it, and no other, with a Redis by ${way}`, async () => {
    const config = everything(way);
    const manifests = await release({
      ...{ config, redis: { enabled: false }, key: { create: false }, autoscaling: { mode: 'external' } },
      ...{ secrets: {}, test: { enabled: true } },
    });
    for (const [component, sections] of Object.entries(READERS)) {
      const env = environmentOf(manifests, component);
      const read = loadConfig(sections, env) as Record<string, Record<string, unknown>>;
      for (const id of Object.keys(sections)) {
        for (const [key, value] of Object.entries(config[id] ?? {})) {
          assert.deepEqual(read[id]?.[key], value, `${component} reads config.${id}.${key}`);
        }
      }
      const foreign = settings.filter(({ section, env: name }) => !(section in sections) && name in env);
      assert.deepEqual(
        foreign.map(({ env: name }) => name),
        [],
        `${component} is told what is not its own`,
      );
    }
  });
}

test('rules reach the discover workers as the file that they read, and nobody else', async () => {
  const rules = [{ name: 'ortho', source: 's3://inbox/ortho/', workspace: 'imagery', duplicates: 'version' }];
  const manifests = await release({ rules });
  const file = ofKind(manifests, 'ConfigMap').find(({ data }) => data?.['rules.yaml'] !== undefined);
  const [rule] = readRules(file?.data?.['rules.yaml'] ?? '', 'rules.yaml');
  assert.deepEqual([rule?.name, rule?.workspace, rule?.duplicates], ['ortho', 'imagery', 'version']);
  for (const { metadata, spec } of ofKind(manifests, 'Deployment')) {
    const { containers, volumes = [] } = spec?.template.spec ?? { containers: [] };
    const discover = metadata?.name?.endsWith('-discover') === true;
    const volume = volumes.find(({ configMap }) => configMap?.name === file?.metadata?.name);
    assert.equal(volume !== undefined, discover, metadata?.name);
    const path = containers[0]?.env?.find(({ name }) => name === 'GEOSLUICE_RULES_FILE')?.value;
    const mount = containers[0]?.volumeMounts?.find(({ name }) => name === volume?.name);
    assert.equal(path, discover ? `${mount?.mountPath}/rules.yaml` : undefined, metadata?.name);
  }
  const stampOf = async (values: Parameters<typeof release>[0]) => {
    const deployments = ofKind(await release(values), 'Deployment');
    const discover = deployments.find(({ metadata }) => metadata?.name?.endsWith('-discover'));
    return discover?.spec?.template.metadata?.annotations?.['checksum/config'];
  };
  assert.notEqual(await stampOf({ rules }), await stampOf({ rules: [] }), 'a change makes pods anew');
});

test('the chart knows of every process which sections it reads', () => {
  for (const [component, sections] of Object.entries(READERS)) {
    const name = component === 'test' ? 'smoke' : component;
    assert.deepEqual([...(processes[name] ?? [])].sort(), Object.keys(sections).sort(), component);
  }
});

test('a secret is in a Secret, and what is none is not', async () => {
  const config = everything('url');
  const manifests = await release({ config, redis: { enabled: false }, autoscaling: { mode: 'external' } });
  const secret = new Set(settings.filter((setting) => setting.secret).map(({ env }) => env));
  for (const { metadata, data = {} } of ofKind(manifests, 'ConfigMap')) {
    const wrong = Object.keys(data).filter((name) => secret.has(name));
    assert.deepEqual(wrong, [], `ConfigMap ${metadata?.name}`);
  }
  const inSecrets = ofKind(manifests, 'Secret').flatMap((object) => Object.keys(contentOf(object)));
  const plain = settings.filter((setting) => !setting.secret).map(({ env }) => env);
  assert.deepEqual(
    plain.filter((name) => inSecrets.includes(name)),
    [],
  );
});

test('settings that nobody gives are those of the code', async () => {
  const manifests = await release();
  for (const component of ['gateway', 'discover', 'upload', 'publish', 'register'] as const) {
    const sections: Record<string, Section> = PROCESSES[component];
    const env = environmentOf(manifests, component);
    const read = loadConfig(sections, env) as Record<string, Record<string, unknown>>;
    for (const [id, { settings: own }] of Object.entries(sections)) {
      for (const [key, { fallback, schema }] of Object.entries(own)) {
        if (fallback === undefined || fallback === '') continue;
        assert.deepEqual(read[id]?.[key], schema.parse(fallback), `${component}: ${id}.${key}`);
      }
    }
  }
});

test('settings of Secrets that are there come from them, under whatever names they have', async () => {
  const manifests = await release({
    config: { geoserver: { user: null, password: null }, gateway: { keys: [] } },
    secrets: {
      geoserver: {
        existingSecret: 'theirs',
        keys: { user: 'GEOSERVER_ADMIN_USER', password: 'GEOSERVER_ADMIN_PASSWORD' },
      },
      gateway: { existingSecret: 'keys', keys: { keys: 'all' } },
    },
  });
  const env = environmentOf(manifests, 'publish');
  assert.equal(env.GEOSLUICE_GEOSERVER_USER, 'from theirs/GEOSERVER_ADMIN_USER');
  assert.equal(env.GEOSLUICE_GEOSERVER_PASSWORD, 'from theirs/GEOSERVER_ADMIN_PASSWORD');
  const theirs = `ann:read:${'ab'.repeat(32)}`;
  const { gateway } = loadConfig(PROCESSES.gateway, environmentOf(manifests, 'gateway', { 'keys/all': theirs }));
  assert.equal(gateway.keys.length, 2, 'the chart’s key is there beside theirs');
  assert.match(gateway.keys[0] ?? '', /^chart:read\+ingest\+admin:/);
  assert.equal(gateway.keys[1], theirs);
});

test('a changed setting makes anew the pods that read it, and no other', async () => {
  const sums = async (values: Record<string, unknown>) => {
    const manifests = await release({ ...values, key: { create: false } });
    const of = (name: string) =>
      ofKind(manifests, 'Deployment').find(({ metadata }) => metadata?.name === `geosluice-${name}`)?.spec?.template
        .metadata?.annotations?.['checksum/config'];
    return { gateway: of('gateway'), upload: of('upload'), publish: of('publish'), register: of('register') };
  };
  const before = await sums({ redis: { auth: { existingSecret: 'there' } } });
  const after = await sums({
    redis: { auth: { existingSecret: 'there' } },
    config: { geoserver: { password: 'another-password' } },
  });
  assert.notEqual(after.publish, before.publish);
  assert.deepEqual({ ...after, publish: '' }, { ...before, publish: '' });
});
