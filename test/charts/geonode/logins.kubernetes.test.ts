import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { test } from 'node:test';
import { kubernetesTools, runProgram } from '../../counterparts/helm.ts';
import { ofKind, theOne } from '../shared/manifests.ts';
import { ROOT, render } from '../shared/render.ts';
import { contentOf, references } from '../shared/secrets.ts';

const GROUPS = ['geoserverAdmin', 'geonodeAdmin', 'oauth', 's3', 'postgis', 'activemq', 'redis', 'snapshot'];
const KEYS: Record<string, string[]> = {
  'geonode-geoserver-admin': ['password', 'user'],
  'geonode-geonode-admin': ['password', 'secretKey', 'user'],
  'geonode-oauth': ['clientId', 'clientSecret'],
  'geonode-s3': ['accessKey', 'secretKey'],
  'geonode-postgis': ['geodataPassword', 'geonodePassword', 'password'],
  'geonode-activemq': ['password', 'user'],
  'geonode-redis': ['password'],
  'geonode-snapshot': ['token'],
};

test('every login is made up, long enough, and no two are alike', async () => {
  const secrets = ofKind(await render('geonode'), 'Secret');
  const found = Object.fromEntries(
    secrets.map(({ metadata, data }) => [metadata?.name, Object.keys(data ?? {}).sort()]),
  );
  assert.deepEqual(found, KEYS);
  const drawn = secrets.flatMap((secret) =>
    Object.entries(contentOf(secret))
      .filter(([key]) => key !== 'user')
      .map(([, value]) => value),
  );
  for (const value of drawn) assert.match(value, /^[A-Za-z0-9]{20,}$/);
  assert.equal(new Set(drawn).size, drawn.length);
});

test('for OpenID Connect GeoNode signs with a key of this release, not with the one everybody knows', async () => {
  const manifests = await render('geonode', { files: ['charts/geonode/examples/geoserver-3.yaml'] });
  const { privateKey = '' } = contentOf(theOne(manifests, 'Secret', 'geonode-oauth'));
  assert.equal(createPrivateKey(privateKey).asymmetricKeyType, 'rsa');
  for (const name of ['django', 'celery']) {
    const env = theOne(manifests, 'Deployment', `geonode-${name}`).spec?.template.spec?.containers[0]?.env ?? [];
    const key = env.find((one) => one.name === 'OIDC_RSA_PRIVATE_KEY')?.valueFrom?.secretKeyRef;
    assert.deepEqual(key, { name: 'geonode-oauth', key: 'privateKey' });
  }
});

test('given logins are taken as they are, in keys of one’s own', async () => {
  const manifests = await render('geonode', {
    values: { secrets: { activemq: { user: 'broker', password: 'p@ss "word"', keys: { password: 'pw' } } } },
  });
  assert.deepEqual(contentOf(theOne(manifests, 'Secret', 'geonode-activemq')), { user: 'broker', pw: 'p@ss "word"' });
  const env = theOne(manifests, 'StatefulSet', 'geonode-activemq').spec?.template.spec?.containers[0]?.env;
  const password = env?.find(({ name }) => name === 'ACTIVEMQ_CONNECTION_PASSWORD')?.valueFrom?.secretKeyRef;
  assert.deepEqual(password, { name: 'geonode-activemq', key: 'pw' });
});

test('each login may be in a secret of one’s own: then the chart makes none, and every pod reads that one', async () => {
  const secrets = Object.fromEntries(GROUPS.map((group) => [group, { existingSecret: `my-${group.toLowerCase()}` }]));
  const manifests = await render('geonode', { values: { secrets } });
  assert.deepEqual(ofKind(manifests, 'Secret'), []);
  const read = new Set(references(manifests).flatMap(({ kind, name }) => (kind === 'Secret' ? [name] : [])));
  assert.deepEqual([...read].sort(), GROUPS.map((group) => `my-${group.toLowerCase()}`).sort());
});

test('what data depends on outlasts an uninstall, and nothing does where nothing shall', async () => {
  const kept = async (set: string[]) =>
    ofKind(await render('geonode', { set }), 'Secret').flatMap(({ metadata }) =>
      metadata?.annotations?.['helm.sh/resource-policy'] === 'keep' ? [metadata.name] : [],
    );
  const deleted = async (set: string[]) =>
    ofKind(await render('geonode', { set }), 'StatefulSet').flatMap(
      ({ spec }) => spec?.persistentVolumeClaimRetentionPolicy?.whenDeleted ?? [],
    );
  assert.deepEqual((await kept([])).sort(), ['geonode-geonode-admin', 'geonode-postgis', 'geonode-s3']);
  assert.deepEqual(new Set(await deleted([])), new Set(['Retain']));
  assert.deepEqual(await kept(['persistence.retain=false']), []);
  assert.deepEqual(new Set(await deleted(['persistence.retain=false'])), new Set(['Delete']));
});

test('NOTES name every volume and secret that is kept, and the next step', async () => {
  const notes = await notesOf([]);
  for (const secret of ['geonode-geonode-admin', 'geonode-postgis', 'geonode-s3'])
    assert.match(notes, new RegExp(`delete secret .*${secret}`));
  for (const piece of ['geoserver-primary', 'activemq', 'postgis', 'minio', 'redis'])
    assert.ok(notes.includes(`data-geonode-${piece}-0`), piece);
  assert.match(notes, /Next: see it come up/);
  const asleep = await notesOf(['--set', 'mode=on-demand', '--set', 'persistence.retain=false']);
  assert.match(asleep, /Next: wake it/);
  assert.match(asleep, /removes everything, volumes too/);
  assert.ok(!asleep.includes('delete secret'));
});

test('with everything external, nothing is kept that is not there', async () => {
  const notes = await notesOf(['--values', `${ROOT}/charts/geonode/examples/production.yaml`]);
  assert.ok(!notes.includes('delete secret'), notes);
  assert.ok(!/data-geonode-(postgis|minio|redis)-0/.test(notes), notes);
});

async function notesOf(args: string[]): Promise<string> {
  const { helm } = await kubernetesTools();
  const chart = `${ROOT}/charts/geonode`;
  const { code, stdout, stderr } = await runProgram(helm, ['install', 'geonode', chart, '--dry-run=client', ...args]);
  assert.equal(code, 0, stderr);
  return stdout.slice(stdout.indexOf('NOTES:'));
}
