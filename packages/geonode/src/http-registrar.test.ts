import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { type TestContext, test } from 'node:test';
import { exampleJobs } from '../../jobs/src/testing/example-jobs.ts';
import type { RegistrationDocument } from './document.ts';
import { documentOf } from './document-of.ts';
import { createHttpRegistrar, type HttpRegistrarOptions } from './http-registrar.ts';
import type { Registrar } from './registrar.ts';

const signal = AbortSignal.timeout(30_000);

function example(): RegistrationDocument {
  const job = exampleJobs().find((one) => one.stage === 'register' && one.kind === 'add');
  assert.ok(job?.stage === 'register' && job.kind === 'add');
  return documentOf(job, null);
}

async function serve(
  t: TestContext,
  listener: RequestListener,
  options: Partial<HttpRegistrarOptions> = {},
): Promise<Registrar> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  const registrar = createHttpRegistrar({ url: `http://127.0.0.1:${address.port}/`, batchWaitMs: 1, ...options });
  t.after(async () => {
    await registrar.close();
    server.closeAllConnections();
    server.close();
  });
  return registrar;
}

const CASES: Array<[number, Record<string, string>, string, object]> = [
  [401, {}, '{"detail":"Invalid username/password."}', { code: 'GEONODE_UNAUTHORIZED', down: true, means: 'retry' }],
  [403, {}, '', { code: 'GEONODE_UNAUTHORIZED', down: true }],
  [404, {}, '<html>', { code: 'GEONODE_NO_APP', down: true }],
  [405, {}, 'read only', { code: 'GEONODE_DOWN', down: true }],
  [429, { 'retry-after': '7' }, '', { code: 'GEONODE_BUSY', retryAfterMs: 7000, down: false }],
  [500, {}, '', { code: 'GEONODE_ERROR', down: true, means: 'retry' }],
  [502, {}, '', { code: 'GEONODE_DROPPED', down: true, means: 'retry' }],
  [504, {}, '', { code: 'GEONODE_TIMEOUT', down: true, means: 'retry' }],
  [503, { 'retry-after': '2' }, '', { code: 'GEONODE_DOWN', down: true, retryAfterMs: 2000 }],
  [302, { location: '/account/login/' }, '', { code: 'GEONODE_ANSWER', down: true }],
  [413, {}, '', { code: 'GEONODE_REFUSED', field: 'sidecar', means: 'reject' }],
  [200, {}, 'not json', { code: 'GEONODE_ANSWER' }],
  [200, {}, '{"answers":[]}', { code: 'GEONODE_ANSWER' }],
  [200, {}, '{"answers":[{"status":"created"}]}', { code: 'GEONODE_ANSWER' }],
  [200, {}, '{"answers":[{"status":"who knows"}]}', { code: 'GEONODE_ANSWER' }],
  [
    200,
    {},
    '{"answers":[{"status":"error","code":"FAILED","message":"deadlock","retry":true}]}',
    { code: 'GEONODE_ERROR', means: 'retry', down: false },
  ],
  [
    200,
    {},
    '{"answers":[{"status":"error","code":"AWAY","message":"GeoFence answers 503","retry":true,"down":true}]}',
    { code: 'GEONODE_ERROR', means: 'retry', down: true },
  ],
];

for (const [status, headers, body, expected] of CASES) {
  test(`where all is answered ${status} ${body.slice(0, 50)} it is told as ${JSON.stringify(expected)}`, async (t) => {
    const registrar = await serve(t, (_request, response) => response.writeHead(status, headers).end(body));
    await assert.rejects(registrar.register(example(), signal), expected);
  });
}

test('a server that is not there, breaks off, or says nothing is told apart', async (t) => {
  const nobody = createHttpRegistrar({ url: 'http://127.0.0.1:1', batchWaitMs: 1 });
  t.after(() => nobody.close());
  await assert.rejects(nobody.register(example(), signal), { code: 'GEONODE_DOWN', down: true });
  const broken = await serve(t, (request) => request.socket.destroy());
  await assert.rejects(broken.register(example(), signal), { code: 'GEONODE_DROPPED', down: true });
  const silent = await serve(t, () => {}, { timeoutMs: 50 });
  await assert.rejects(silent.register(example(), signal), { code: 'GEONODE_TIMEOUT', means: 'retry' });
});

test('a password or a token goes along, and neither is in an error', async (t) => {
  const seen: Array<string | undefined> = [];
  const refuse: RequestListener = (request, response) => {
    seen.push(request.headers.authorization);
    response.writeHead(401).end();
  };
  const basic = await serve(t, refuse, { user: 'ann', password: 'sécret' });
  const bearer = await serve(t, refuse, { token: 'tok3n' });
  for (const registrar of [basic, bearer]) {
    const error: unknown = await registrar.check(signal).catch((caught: unknown) => caught);
    assert.doesNotMatch(JSON.stringify(error) + String(error), /sécret|tok3n/);
  }
  assert.deepEqual(seen, [`Basic ${Buffer.from('ann:sécret').toString('base64')}`, 'Bearer tok3n']);
});

test('an app of another schema is not talked to', async (t) => {
  const health = { app: 'geosluice_geonode', version: '9.0.0', geonode: '6.0.0', schema: 2 };
  const registrar = await serve(t, (_request, response) => response.end(JSON.stringify(health)));
  await assert.rejects(registrar.check(signal), { code: 'GEONODE_NO_APP', message: /schema 2/ });
});
