import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { configurationPage, describeConfig } from './describe.ts';
import { type ConfigError, loadConfig } from './load.ts';
import { ALL_SECTIONS, GATEWAY, GEOSERVER, PROCESS, REDIS, TARGET, WORKER } from './sections.ts';

const folder = mkdtempSync(join(tmpdir(), 'geosluice-config-'));
after(() => rmSync(folder, { recursive: true }));

const enough = {
  GEOSLUICE_REDIS_URL: 'redis://:hunter2@redis:6379',
  GEOSLUICE_GEOSERVER_URL: 'http://geoserver:8080/geoserver',
  GEOSLUICE_GEOSERVER_USER: 'admin',
  GEOSLUICE_GEOSERVER_PASSWORD: 'hunter2',
};

test('what is given is read, what is not has its default', () => {
  const config = loadConfig(
    { process: PROCESS, redis: REDIS, geoserver: GEOSERVER },
    { ...enough, GEOSLUICE_GEOSERVER_NODES: 'http://a/geoserver, http://b/geoserver' },
  );
  assert.equal(config.redis.prefix, 'geosluice');
  assert.equal(config.geoserver.writeConcurrency, 4);
  assert.deepEqual(config.geoserver.nodes, ['http://a/geoserver', 'http://b/geoserver']);
  assert.equal(config.geoserver.alias, undefined);
});

test('everything that is wrong is told in one go, each by its name and what would be right', () => {
  const wrong = {
    GEOSLUICE_REDIS_URL: 'http://redis',
    GEOSLUICE_ATTEMPTS: 'many',
    GEOSLUICE_LOCK_SECONDS: '0',
    GEOSLUICE_KEYS: 'ann:read:abc',
    GEOSLUICE_REDIS_PREFX: 'x',
    GEOSLUICE_LOG_LEVEL: 'loud',
  };
  assert.throws(
    () => loadConfig({ process: PROCESS, redis: REDIS, geoserver: GEOSERVER, worker: WORKER, gateway: GATEWAY }, wrong),
    (error: ConfigError) => {
      assert.equal(error.code, 'CONFIG_INVALID');
      assert.match(error.message, /GEOSLUICE_REDIS_PREFX is not a setting; did you mean GEOSLUICE_REDIS_PREFIX\?/);
      assert.match(error.message, /GEOSLUICE_REDIS_URL must be a URL beginning with redis:\/\/ or rediss:\/\//);
      assert.match(error.message, /GEOSLUICE_ATTEMPTS must be a whole number from 1 to 100 \(is "many"\)/);
      assert.match(error.message, /GEOSLUICE_LOCK_SECONDS must be a whole number from 1 to 600/);
      assert.match(error.message, /GEOSLUICE_KEYS must be name:scope\+scope:sha256/);
      assert.match(error.message, /GEOSLUICE_LOG_LEVEL must be one of debug, info/);
      assert.match(error.message, /GEOSLUICE_GEOSERVER_PASSWORD is missing/);
      assert.doesNotMatch(error.message, /ann:read:abc/, 'a secret is not repeated, wrong or not');
      return true;
    },
  );
});

test('a secret may come from a file, but not from both', () => {
  const file = join(folder, 'password');
  writeFileSync(file, 'from-file\n');
  const { GEOSLUICE_GEOSERVER_PASSWORD: _, ...rest } = enough;
  const config = loadConfig({ geoserver: GEOSERVER }, { ...rest, GEOSLUICE_GEOSERVER_PASSWORD_FILE: file });
  assert.equal(config.geoserver.password, 'from-file');
  assert.throws(
    () => loadConfig({ geoserver: GEOSERVER }, { ...enough, GEOSLUICE_GEOSERVER_PASSWORD_FILE: file }),
    /both given/,
  );
  assert.throws(
    () => loadConfig({ geoserver: GEOSERVER }, { ...rest, GEOSLUICE_GEOSERVER_PASSWORD_FILE: `${file}.not` }),
    /cannot be read/,
  );
});

test('a list in a file may have its items on lines of their own', () => {
  const file = join(folder, 'keys');
  const hash = 'ab'.repeat(32);
  writeFileSync(file, `ann:read:${hash}\r\n\nbob:read+ingest:${hash}\n`);
  const { gateway } = loadConfig({ gateway: GATEWAY }, { GEOSLUICE_KEYS_FILE: file });
  assert.deepEqual(gateway.keys, [`ann:read:${hash}`, `bob:read+ingest:${hash}`]);
});

test('settings of other processes and of tests are no mistakes', () => {
  const config = loadConfig({ redis: REDIS }, { ...enough, GEOSLUICE_TEST_S3_ENDPOINT: 'x', GEOSLUICE_CACHE: '/tmp' });
  assert.equal(config.redis.url, enough.GEOSLUICE_REDIS_URL);
});

test('a description masks every secret', () => {
  const rows = describeConfig(enough);
  assert.equal(JSON.stringify(rows).includes('hunter2'), false);
  assert.deepEqual(
    rows.find(({ name }) => name === 'GEOSLUICE_REDIS_URL'),
    { name: 'GEOSLUICE_REDIS_URL', value: '••••••', source: 'environment' },
  );
  assert.equal(rows.find(({ name }) => name === 'GEOSLUICE_ATTEMPTS')?.value, '8');
});

test('a description tells what is wrong and what is misspelled', () => {
  const rows = describeConfig({ ...enough, GEOSLUICE_ATTEMPTS: 'many', GEOSLUICE_ATEMPTS: '3' });
  const wrong = rows.filter(({ source }) => source === 'wrong');
  assert.deepEqual(
    wrong.map(({ name }) => name),
    ['GEOSLUICE_ATTEMPTS', 'GEOSLUICE_ATEMPTS'],
  );
  assert.match(wrong[1]?.value ?? '', /did you mean GEOSLUICE_ATTEMPTS/);
});

test('what several settings have wrong together is told with the rest, and is only missing where none is given', () => {
  const together = (env: Record<string, string>) =>
    describeConfig(env, { redis: REDIS })
      .filter(({ name }) => name === 'Redis')
      .map(({ value, source }) => [source, value.slice(0, 30)]);
  assert.deepEqual(together({}), [['missing', 'GEOSLUICE_REDIS_URL is missing']]);
  assert.deepEqual(together({ GEOSLUICE_REDIS_USER: 'ann' }), [['wrong', 'GEOSLUICE_REDIS_URL is missing']]);
  assert.deepEqual(together({ GEOSLUICE_REDIS_URL: 'http://redis' }), [], 'it is told once');
  assert.deepEqual(together({ GEOSLUICE_REDIS_URL: 'redis://redis' }), []);
});

test('bounds of uploads are right by themselves and for each other', () => {
  const read = (settings: Record<string, string>) =>
    loadConfig({ target: TARGET }, { GEOSLUICE_S3_BUCKET: 'rasters', ...settings }).target;
  const { partMib, minPartsInFlight, partsInFlight, memoryMib, shareMib, verify, bandwidth, signPayload } = read({});
  assert.deepEqual([partMib, minPartsInFlight, partsInFlight, memoryMib, shareMib], [8, undefined, 8, 128, 4096]);
  assert.deepEqual([verify, bandwidth, signPayload], ['head', undefined, false]);
  // whoever asks for one part at a time need not say so twice
  assert.equal(read({ GEOSLUICE_UPLOAD_PARTS_IN_FLIGHT: '1' }).partsInFlight, 1);
  assert.equal(read({ GEOSLUICE_UPLOAD_TIME_ZONE: 'Europe/Berlin' }).timeZone, 'Europe/Berlin');

  for (const [name, value, said] of [
    ['MIN_PARTS_IN_FLIGHT', '9', /_MIN_PARTS_IN_FLIGHT \(9\) must not be above GEOSLUICE_UPLOAD_PARTS_IN_FLIGHT \(8\)/],
    ['PART_MIB', '256', /_MEMORY_MIB \(128\) must hold one part at least: GEOSLUICE_UPLOAD_PART_MIB is 256/],
    ['TIME_ZONE', 'Berlin', /_TIME_ZONE must be a time zone such as Europe\/Berlin \(is "Berlin"\)/],
    ['VERIFY', 'some', /_VERIFY must be one of head, sample, full/],
    [
      'BANDWIDTH',
      '06:00-22:00=fast,1MiB/s',
      /GEOSLUICE_UPLOAD_BANDWIDTH cannot be read at "06:00-22:00=fast": "fast" must be a rate such as 50MiB\/s/,
    ],
  ] as const) {
    assert.throws(() => read({ [`GEOSLUICE_UPLOAD_${name}`]: value }), said, name);
  }
});

test('no two settings share a name, and every one is on the page', () => {
  const names = Object.values(ALL_SECTIONS).flatMap(({ settings }) => Object.values(settings).map(({ env }) => env));
  assert.equal(new Set(names).size, names.length);
  const page = configurationPage();
  for (const name of names) assert.ok(page.includes(`\`${name}\``), name);
});
