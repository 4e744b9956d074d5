import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkScope, createKeyRing } from './keys.ts';
import { EVENTS_TOKEN, KEYS, openGateway, sha256 } from './testing/open-gateway.ts';

const ring = createKeyRing(
  [
    { name: 'reader', scopes: ['read'], sha256: sha256('one') },
    { name: 'boss', scopes: ['admin'], sha256: sha256('two').toUpperCase() },
  ],
  'token',
);

test('a key is known by its hash, whatever its place in the list', () => {
  assert.equal(ring.identify('Bearer one', { eventsToken: false }).name, 'reader');
  assert.equal(ring.identify('bearer  two', { eventsToken: false }).name, 'boss');
});

test('a missing key and an unknown one are told apart', () => {
  for (const header of [undefined, '', 'Bearer', 'Basic b25l', 'Bearer one two', 'one']) {
    assert.throws(() => ring.identify(header, { eventsToken: false }), { code: 'KEY_MISSING' }, String(header));
  }
  for (const header of ['Bearer on', 'Bearer one1', `Bearer ${sha256('one')}`, 'Bearer token']) {
    assert.throws(() => ring.identify(header, { eventsToken: false }), { code: 'KEY_UNKNOWN' }, header);
  }
});

test('the events token opens only what takes it, with and without a scheme', () => {
  for (const header of ['Bearer token', 'token']) {
    const caller = ring.identify(header, { eventsToken: true });
    assert.deepEqual([caller.name, [...caller.scopes]], ['events-token', ['ingest']]);
  }
  assert.throws(() => ring.identify('Bearer token', { eventsToken: false }), { code: 'KEY_UNKNOWN' });
  const without = createKeyRing([], null);
  assert.throws(() => without.identify('token', { eventsToken: true }), { code: 'KEY_UNKNOWN' });
});

test('admin may do what the others may, read and ingest only their own', () => {
  const callerOf = (scope: 'read' | 'ingest' | 'admin') => ({ name: scope, scopes: new Set([scope]) });
  for (const scope of ['read', 'ingest', 'admin'] as const) checkScope(callerOf('admin'), scope);
  checkScope(callerOf('read'), 'read');
  for (const [has, needs] of [
    ['read', 'ingest'],
    ['ingest', 'read'],
    ['ingest', 'admin'],
    ['read', 'admin'],
  ] as const) {
    assert.throws(() => checkScope(callerOf(has), needs), { code: 'SCOPE_MISSING' }, `${has} for ${needs}`);
  }
});

test('a hash that is none stops the start', () => {
  assert.throws(() => createKeyRing([{ name: 'a', scopes: [], sha256: 'plain-key' }], null), /key "a".*64 hexadecimal/);
});

/** What each route needs. */
const NEEDS: ReadonlyArray<[method: string, path: string, scope: keyof typeof KEYS]> = [
  ['POST', '/v1/ingestions', 'ingest'],
  ['GET', '/v1/ingestions', 'read'],
  ['GET', '/v1/ingestions/i1', 'read'],
  ['GET', '/v1/datasets', 'read'],
  ['GET', '/v1/datasets/x', 'read'],
  ['POST', '/v1/datasets/x/retry', 'ingest'],
  ['DELETE', '/v1/datasets/x', 'admin'],
  ['GET', '/v1/dead-letters', 'read'],
  ['POST', '/v1/dead-letters/replay', 'ingest'],
  ['GET', '/v1/watches', 'read'],
  ['PUT', '/v1/watches/w', 'admin'],
  ['DELETE', '/v1/watches/w', 'admin'],
  ['POST', '/v1/events/s3', 'ingest'],
  ['GET', '/v1/status', 'read'],
];

test('every route asks for a key with its scope before it looks at anything else', async (t) => {
  const { ask } = await openGateway(t);
  for (const [method, path, scope] of [...NEEDS, ['GET', '/v1/events', 'read'] as const]) {
    const what = `${method} ${path}`;
    const missing = await ask(method, path, { key: null });
    assert.deepEqual([missing.status, missing.body.code], [401, 'KEY_MISSING'], what);
    assert.match(missing.headers.get('www-authenticate') ?? '', /^Bearer realm="geosluice"/, what);
    const unknown = await ask(method, path, { key: 'guess' });
    assert.deepEqual([unknown.status, unknown.body.code], [401, 'KEY_UNKNOWN'], what);
    for (const other of ['read', 'ingest'] as const) {
      if (other === scope) continue;
      const { status, body, headers } = await ask(method, path, { key: KEYS[other] });
      assert.deepEqual([status, body.code], [403, 'SCOPE_MISSING'], `${what} with ${other}`);
      assert.match(headers.get('www-authenticate') ?? '', new RegExp(`scope="${scope}"`), what);
    }
  }
});

test('the right scope and the admin’s come in everywhere', async (t) => {
  const { ask } = await openGateway(t);
  for (const [method, path, scope] of NEEDS) {
    for (const key of [KEYS[scope], KEYS.admin]) {
      const { status } = await ask(method, path, { key });
      assert.ok(![401, 403, 500].includes(status), `${method} ${path} with ${key}: ${status}`);
    }
  }
});

test('the events token opens the notifications and nothing else', async (t) => {
  const { ask } = await openGateway(t);
  const body = { Records: [] };
  for (const headers of [{ authorization: EVENTS_TOKEN }, { authorization: `Bearer ${EVENTS_TOKEN}` }]) {
    assert.equal((await ask('POST', '/v1/events/s3', { key: null, body, headers })).status, 202);
    for (const [method, path] of NEEDS.filter(([, other]) => other !== '/v1/events/s3')) {
      assert.equal((await ask(method, path, { key: null, headers })).status, 401, `${method} ${path}`);
    }
  }
});

test('no key is written to the log', async (t) => {
  const { ask, logged } = await openGateway(t);
  await ask('POST', '/v1/ingestions', { body: { source: 's3://inbox/a' } });
  await ask('GET', '/v1/datasets', { key: 'guess-s3cr3t' });
  const text = JSON.stringify(logged);
  assert.match(text, /Request:Answer:Done/);
  assert.match(text, /"caller":"admin"/);
  assert.doesNotMatch(text, /admin-key|s3cr3t/);
});
