import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refused } from '../shared/render.ts';
import { ALONE, over } from './release.ts';

/** Values, and what the reader is told: by the schema with the path of the value, beyond it with its name. */
const WRONG: Array<[what: string, values: Record<string, unknown>, told: RegExp]> = [
  ['a misspelled section', { configs: {} }, /additional properties 'configs' not allowed/],
  [
    'a misspelled setting',
    { config: { geoserver: { writeConcurency: 4 } } },
    /at '\/config\/geoserver': additional properties 'writeConcurency' not allowed/,
  ],
  ['a misspelled value of a worker', { upload: { replica: 3 } }, /at '\/upload': additional properties 'replica'/],
  [
    'a choice that there is not',
    { config: { rules: { storage: 'move' } } },
    /at '\/config\/rules\/storage': value must be one of 'copy', 'in-place'/,
  ],
  [
    'a number that is too large',
    { config: { geoserver: { writeConcurrency: 65 } } },
    /at '\/config\/geoserver\/writeConcurrency': maximum: got 65, want 64/,
  ],
  [
    'a word for a number',
    { config: { worker: { attempts: 'many' } } },
    /at '\/config\/worker\/attempts': got string, want .*integer/,
  ],
  [
    'a URL of another kind',
    { config: { target: { endpoint: 's3.example.org' } } },
    /at '\/config\/target\/endpoint': 's3\.example\.org' does not match pattern/,
  ],
  [
    'a text for a list',
    { config: { source: { allowBuckets: 'inbox' } } },
    /at '\/config\/source\/allowBuckets': got string, want .*array/,
  ],
  [
    'a key that is not hashed',
    { config: { gateway: { keys: ['ann:read:secret'] } } },
    /at '\/config\/gateway\/keys\/0': .* does not match pattern/,
  ],
  [
    'a mode of scaling that there is not',
    { autoscaling: { mode: 'magic' } },
    /at '\/autoscaling\/mode': value must be one of 'none', 'cpu', 'external', 'prometheus', 'keda'/,
  ],
  [
    'a rule that says what no rule may say',
    { rules: [{ name: 'ortho', source: 's3://inbox/', stor: 'cog' }] },
    /at '\/rules\/0': additional properties 'stor' not allowed/,
  ],
  [
    'rules in two places',
    { rules: [{ name: 'ortho', source: 's3://inbox/' }], config: { rules: { file: '/rules.yaml' } } },
    /rules and config\.rules\.file are both given; give one/,
  ],
  [
    'a Secret of a section without secrets',
    { secrets: { rules: { existingSecret: 'x' } } },
    /at '\/secrets': additional properties 'rules' not allowed/,
  ],
  [
    'a setting in a Secret that there is not',
    { secrets: { geoserver: { existingSecret: 'x', keys: { pasword: 'y' } } } },
    /at '\/secrets\/geoserver\/keys': additional properties 'pasword' not allowed/,
  ],
  ['a size without unit', { redis: { persistence: { size: '8 GB' } } }, /at '\/redis\/persistence\/size': '8 GB'/],
  [
    'a Secret without its keys',
    { secrets: { geonode: { existingSecret: 'x' } } },
    /secrets\.geonode\.existingSecret is given, but secrets\.geonode\.keys does not say/,
  ],
  [
    'keys without their Secret',
    { secrets: { source: { keys: { accessKeyId: 'x' } } } },
    /secrets\.source\.keys is given, but secrets\.source\.existingSecret is not/,
  ],
  [
    'a setting given twice',
    { secrets: { geoserver: { existingSecret: 'x', keys: { user: 'y' } } } },
    /config\.geoserver\.user and secrets\.geoserver\.keys\.user are both given; give one/,
  ],
  [
    'two Redises',
    { config: { redis: { url: 'redis://there:6379' } } },
    /redis\.enabled is true, and a Redis of yours is named as well \(config\.redis\.url\)/,
  ],
  ['no Redis', { redis: { enabled: false } }, /redis\.enabled is false, and no other is named/],
  [
    'two ways to Redis',
    { redis: { enabled: false }, config: { redis: { url: 'redis://a:1', cluster: ['b:2'] } } },
    /config\.redis\.url and config\.redis\.cluster are given; give one way to Redis/,
  ],
  [
    'Sentinels without a name',
    { redis: { enabled: false }, config: { redis: { sentinels: ['a:1'] } } },
    /config\.redis\.sentinelName is not: what the Sentinels call the primary/,
  ],
  [
    'half a login of S3',
    { config: { target: { secretAccessKey: null } } },
    /of config\.target\.accessKeyId and config\.target\.secretAccessKey one is missing/,
  ],
  [
    'none where nobody sees that jobs wait',
    { autoscaling: { scaleToZero: true } },
    /autoscaling\.scaleToZero does not go with autoscaling\.mode cpu/,
  ],
  [
    'more at least than at most',
    { upload: { autoscaling: { min: 20 } } },
    /upload\.autoscaling\.min is 20, more than upload\.autoscaling\.max, which is 10/,
  ],
  [
    'a certificate that is nowhere',
    { autoscaling: { mode: 'external', external: { certificate: { source: 'existing' } } } },
    /existingSecret and caBundle beside it must be given/,
  ],
  [
    'a login that KEDA cannot read',
    {
      ...{ autoscaling: { mode: 'keda' }, redis: { enabled: false } },
      config: { redis: { url: 'redis://:password@there:6379' } },
    },
    /config\.redis\.url holds a login, which KEDA cannot read/,
  ],
  [
    'an address that KEDA cannot read',
    {
      ...{ autoscaling: { mode: 'keda' }, redis: { enabled: false } },
      secrets: { redis: { existingSecret: 'x', keys: { url: 'url' } } },
    },
    /autoscaling\.keda\.address is missing/,
  ],
  ['a route to nowhere', { httpRoute: { enabled: true } }, /httpRoute\.parentRefs is empty/],
];

for (const [what, values, told] of WRONG) {
  test(`refused with its reason: ${what}`, async () => {
    assert.match(await refused('geosluice', { values: over(ALONE, values) }), told);
  });
}

test('what is missing is told in one list, each by the value that would give it', async () => {
  const said = await refused('geosluice', { values: { geonode: { release: '' } } });
  for (const name of [
    'config.target.bucket',
    'config.geoserver.url',
    'config.geoserver.user',
    'config.geoserver.password, or secrets.geoserver.keys.password',
    'config.geonode.url',
    'config.geonode.user and config.geonode.password',
  ]) {
    assert.ok(said.includes(name), `${name} is not told in\n${said}`);
  }
});

test('a cluster that is too old is refused', async () => {
  const said = await refused('geosluice', { values: ALONE, kubeVersion: '1.29' });
  assert.match(said, /requires kubeVersion: >=1\.30\.0-0 which is incompatible with Kubernetes v?1\.29/);
});
