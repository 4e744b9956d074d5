import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { type ConfigError, loadConfig, REDIS } from '@geosluice/service-kit';
import { redisConfigOf } from './redis.ts';

const folder = mkdtempSync(join(tmpdir(), 'geosluice-redis-settings-'));
after(() => rmSync(folder, { recursive: true }));
const PEM = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';
const caFile = join(folder, 'ca.pem');
writeFileSync(caFile, PEM);

function read(settings: Record<string, string>) {
  const env = Object.entries(settings).map(([name, value]) => [`GEOSLUICE_REDIS_${name}`, value]);
  return redisConfigOf(loadConfig({ redis: REDIS }, Object.fromEntries(env)).redis);
}

function problemsOf(settings: Record<string, string>): readonly string[] {
  try {
    read(settings);
  } catch (error) {
    return (error as ConfigError).problems;
  }
  return [];
}

suite('how Redis is reached', () => {
  test('a URL stays as it is', () => {
    assert.equal(read({ URL: 'redis://ann:p%2Fw@redis:6379/3' }), 'redis://ann:p%2Fw@redis:6379/3');
  });

  test('user and password beside the URL win over those in it, whatever characters they have', () => {
    assert.equal(read({ URL: 'redis://redis:6379', PASSWORD: 'a/b@c:d%' }), 'redis://:a%2Fb%40c%3Ad%25@redis:6379');
    assert.equal(
      read({ URL: 'rediss://old:older@redis:6379/1', USER: 'ann', PASSWORD: 'new' }),
      'rediss://ann:new@redis:6379/1',
    );
    assert.equal(read({ URL: 'redis://:kept@redis:6379', USER: 'ann' }), 'redis://ann:kept@redis:6379');
  });

  test('a password alone may come from a file, as a Secret is mounted', () => {
    const file = join(folder, 'password');
    writeFileSync(file, 's3cret\n');
    assert.equal(read({ URL: 'redis://redis:6379', PASSWORD_FILE: file }), 'redis://:s3cret@redis:6379');
  });

  test('certificates of one’s own are trusted instead of the system’s', () => {
    assert.deepEqual(read({ URL: 'rediss://redis:6380', CA_FILE: caFile }), {
      url: 'rediss://redis:6380',
      options: { tls: { ca: PEM } },
    });
  });

  test('Sentinels name the primary, each side with its own login', () => {
    assert.deepEqual(
      read({
        SENTINELS: 's-0:26379, [fd00::1]:26380',
        SENTINEL_NAME: 'mymaster',
        SENTINEL_PASSWORD: 'watch',
        USER: 'ann',
        PASSWORD: 'pw',
      }),
      {
        sentinels: [
          { host: 's-0', port: 26379 },
          { host: 'fd00::1', port: 26380 },
        ],
        name: 'mymaster',
        username: 'ann',
        password: 'pw',
        sentinelPassword: 'watch',
      },
    );
  });

  test('TLS with Sentinels is TLS to both', () => {
    assert.deepEqual(read({ SENTINELS: 's-0:26379', SENTINEL_NAME: 'm', TLS: 'true', CA_FILE: caFile }), {
      sentinels: [{ host: 's-0', port: 26379 }],
      name: 'm',
      tls: { ca: PEM },
      sentinelTLS: { ca: PEM },
      enableTLSForSentinelMode: true,
    });
  });

  test('a cluster is reached by its nodes; with TLS by their names, which the certificates hold', () => {
    assert.deepEqual(read({ CLUSTER: 'c-0:6379,c-1:6379', PASSWORD: 'pw' }), {
      cluster: [
        { host: 'c-0', port: 6379 },
        { host: 'c-1', port: 6379 },
      ],
      redisOptions: { password: 'pw' },
    });
    const { options, redisOptions } = read({ CLUSTER: 'c-0:6379', TLS: 'true' }) as {
      options: { dnsLookup(host: string, answer: (error: null, address: string) => void): void };
      redisOptions: object;
    };
    assert.deepEqual(redisOptions, { tls: {} });
    options.dnsLookup('c-0', (error, address) => assert.deepEqual([error, address], [null, 'c-0']));
  });
});

suite('what is wrong with the settings of Redis', () => {
  const cases: Array<[what: string, settings: Record<string, string>, problems: RegExp[]]> = [
    ['no way at all', {}, [/GEOSLUICE_REDIS_URL is missing.*GEOSLUICE_REDIS_SENTINELS.*GEOSLUICE_REDIS_CLUSTER/]],
    [
      'two ways',
      { URL: 'redis://redis', CLUSTER: 'c-0:6379' },
      [/^GEOSLUICE_REDIS_URL and GEOSLUICE_REDIS_CLUSTER are given; give one way to Redis$/],
    ],
    ['Sentinels without the primary’s name', { SENTINELS: 's:26379' }, [/GEOSLUICE_REDIS_SENTINEL_NAME is missing/]],
    [
      'a Sentinel’s password without Sentinels',
      { URL: 'redis://redis', SENTINEL_PASSWORD: 'x' },
      [/GEOSLUICE_REDIS_SENTINEL_PASSWORD is given, and GEOSLUICE_REDIS_SENTINELS is not/],
    ],
    ['a user without a password', { URL: 'redis://redis', USER: 'ann' }, [/USER is given, and .*PASSWORD is not/]],
    ['TLS against the URL', { URL: 'redis://redis', TLS: 'true' }, [/does not begin with rediss:\/\//]],
    ['certificates without TLS', { CLUSTER: 'c:6379', CA_FILE: caFile }, [/CA_FILE is given, and neither/]],
    ['a server without a port', { CLUSTER: 'c-0' }, [/GEOSLUICE_REDIS_CLUSTER must be host:port/]],
    ['certificates that are not there', { URL: 'rediss://r', CA_FILE: `${caFile}.not` }, [/CA_FILE cannot be read/]],
    [
      'a file without certificates',
      { URL: 'rediss://r', CA_FILE: join(import.meta.dirname, 'config.ts') },
      [/holds no certificate/],
    ],
  ];
  for (const [what, settings, patterns] of cases) {
    test(`${what} is told`, () => {
      const problems = problemsOf(settings);
      assert.equal(problems.length, patterns.length, problems.join('\n'));
      for (const [index, pattern] of patterns.entries()) assert.match(problems[index] ?? '', pattern);
    });
  }
});
