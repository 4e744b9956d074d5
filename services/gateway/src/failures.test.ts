import assert from 'node:assert/strict';
import { request } from 'node:http';
import { connect } from 'node:net';
import { test } from 'node:test';
import { PipelineError } from '@geosluice/pipeline';
import { openGateway } from './testing/open-gateway.ts';

const READS = ['/v1/ingestions', '/v1/ingestions/i1', '/v1/datasets', '/v1/datasets/daaaaaaaaaaaaaaaaaaaa'];
const ALL: ReadonlyArray<[method: string, path: string, body?: object]> = [
  ...[...READS, '/v1/dead-letters', '/v1/watches', '/v1/status', '/v1/events', '/readyz'].map(
    (path) => ['GET', path] as [string, string],
  ),
  ['POST', '/v1/ingestions', { source: 's3://inbox/a.tif' }],
  ['POST', '/v1/datasets/daaaaaaaaaaaaaaaaaaaa/retry'],
  ['DELETE', '/v1/datasets/daaaaaaaaaaaaaaaaaaaa'],
  ['POST', '/v1/dead-letters/replay', {}],
  ['PUT', '/v1/watches/w', { source: 's3://inbox/in/' }],
  ['DELETE', '/v1/watches/w'],
  ['POST', '/v1/events/s3', { Records: [] }],
];

test('where Redis hangs, every route says so in time, and says when to come again', async (t) => {
  const { ask, pipeline } = await openGateway(t);
  pipeline.hang();
  const started = performance.now();
  for (const [method, path, body] of ALL) {
    const answer = await ask(method, path, body === undefined ? {} : { body });
    assert.deepEqual([answer.status, answer.body.code], [503, 'REDIS_AWAY'], `${method} ${path}`);
    assert.equal(answer.headers.get('retry-after'), '5', path);
  }
  assert.ok(performance.now() - started < ALL.length * 1_000);
  assert.equal((await ask('GET', '/healthz', { key: null })).status, 200, 'the process itself is well');
  pipeline.answer();
  assert.equal((await ask('GET', '/readyz', { key: null })).status, 200);
  assert.equal((await ask('GET', '/v1/datasets')).status, 200);
});

test('where Redis refuses or is gone, the answer is 503 with its code', async (t) => {
  const { ask, pipeline, logged } = await openGateway(t);
  const errors: Array<[error: Error, code: string]> = [
    [new PipelineError('REDIS_AWAY', 'Redis does not answer: ECONNREFUSED'), 'REDIS_AWAY'],
    [new PipelineError('REDIS_REFUSED', 'Redis refused a command: OOM'), 'REDIS_REFUSED'],
    [new Error('Connection is closed.'), 'REDIS_AWAY'],
    [new Error('Command timed out'), 'REDIS_AWAY'],
  ];
  for (const [error, code] of errors) {
    pipeline.fail(error);
    const { status, body, headers } = await ask('GET', '/v1/datasets');
    assert.deepEqual([status, body.code, headers.get('retry-after')], [503, code, '5'], error.message);
  }
  assert.equal((await ask('GET', '/readyz')).status, 503);
  assert.ok(logged.some(({ level, event }) => level === 'warn' && event === 'Request:Answer:Failed'));
});

test('a bug is an answer without its details, and a line in the log with them', async (t) => {
  const { ask, pipeline, logged } = await openGateway(t);
  pipeline.fail(new TypeError('secret of the house'));
  const { status, body } = await ask('GET', '/v1/datasets');
  assert.deepEqual([status, body.code], [500, 'INTERNAL']);
  assert.doesNotMatch(JSON.stringify(body), /secret of the house|TypeError/);
  const line = logged.find(({ level }) => level === 'error');
  assert.match(String(line?.data.stack), /secret of the house/);
  assert.equal(line?.data.request, body.request);
});

test('an answer that its schema does not allow is an error, not an untrue page of docs', async (t) => {
  const { ask, pipeline } = await openGateway(t);
  const { dataset } = pipeline.set('s3://inbox/a.tif', { generation: -1 });
  const { status, body } = await ask('GET', `/v1/datasets/${dataset}`);
  assert.deepEqual([status, body.code], [500, 'INTERNAL']);
});

test('fields that the API does not have do not come out', async (t) => {
  const { ask, pipeline } = await openGateway(t);
  const { dataset } = pipeline.set('s3://inbox/a.tif', { internal: 'x' } as object);
  assert.equal((await ask('GET', `/v1/datasets/${dataset}`)).body.internal, undefined);
});

test('bodies are bounded, of one type, and JSON', async (t) => {
  const { ask } = await openGateway(t);
  const send = async (body: string, type = 'application/json') => {
    const answer = await ask('POST', '/v1/ingestions', { body, headers: { 'content-type': type } });
    assert.equal(answer.headers.get('content-type'), 'application/problem+json');
    return [answer.status, answer.body.code];
  };
  assert.deepEqual(await send(JSON.stringify({ source: 'x'.repeat(70_000) })), [413, 'BODY_TOO_LARGE']);
  for (const type of ['text/plain', 'application/xml', 'application/x-www-form-urlencoded']) {
    assert.deepEqual(await send('{"source":"s3://inbox/a"}', type), [415, 'MEDIA_TYPE_UNSUPPORTED'], type);
  }
  for (const text of ['{', 'nonsense', '{"source":"s3://inbox/a","__proto__":{"x":1}}']) {
    assert.deepEqual(await send(text), [400, 'JSON_INVALID'], text);
  }
  assert.deepEqual(await send(''), [422, 'FIELDS_INVALID']);
});

test('paths that are not served, and ones that cannot be read, are problems too', async (t) => {
  const { ask, url } = await openGateway(t);
  for (const [method, path] of [
    ['GET', '/v2/datasets'],
    ['PATCH', '/v1/datasets'],
    ['GET', '/v1/datasets/a/b/c'],
  ]) {
    const { status, body } = await ask(method ?? '', `${path}?token=s3cr3t`);
    assert.deepEqual([status, body.code, body.instance], [404, 'NOT_FOUND', path]);
    assert.doesNotMatch(JSON.stringify(body), /s3cr3t/);
  }
  const bad = await new Promise<{ status: number | undefined; type: string | undefined }>((resolve, reject) => {
    const { hostname, port } = new URL(url);
    request(
      { hostname, port, path: '/v1/datasets/%E0%A4%A', headers: { authorization: 'Bearer admin-key' } },
      (answer) => {
        answer.resume();
        resolve({ status: answer.statusCode, type: answer.headers['content-type'] });
      },
    )
      .on('error', reject)
      .end();
  });
  assert.deepEqual(bad, { status: 400, type: 'application/problem+json' });
});

test('what is not HTTP is told so', async (t) => {
  const { url } = await openGateway(t);
  const answer = await new Promise<string>((resolve, reject) => {
    let text = '';
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.write('HELLO\r\n\r\n'));
    socket.on('data', (chunk) => {
      text += chunk;
    });
    socket.on('end', () => resolve(text)).on('error', reject);
  });
  assert.match(answer, /^HTTP\/1.1 400 .*problem\+json.*"code":"REQUEST_INVALID"/s);
});

test('every answer forbids sniffing, framing and storing, and no other origin is let in', async (t) => {
  const { ask } = await openGateway(t);
  for (const path of ['/', '/healthz', '/v1/datasets', '/openapi.json', '/nowhere', '/metrics']) {
    const { headers } = await ask('GET', path, { headers: { origin: 'https://evil.example' } });
    assert.equal(headers.get('x-content-type-options'), 'nosniff', path);
    assert.equal(headers.get('x-frame-options'), 'DENY', path);
    assert.equal(headers.get('access-control-allow-origin'), null, path);
    assert.match(headers.get('x-request-id') ?? '', /^[0-9a-f-]{36}$/, path);
  }
  const preflight = await ask('OPTIONS', '/v1/datasets', { headers: { origin: 'https://evil.example' } });
  assert.deepEqual([preflight.status, preflight.headers.get('access-control-allow-origin')], [404, null]);
});

test('metrics are text for Prometheus, or not found where none are kept', async (t) => {
  const { ask } = await openGateway(t);
  const { status, headers, body } = await ask('GET', '/metrics', { key: null });
  assert.deepEqual([status, headers.get('content-type')], [200, 'text/plain; version=0.0.4; charset=utf-8']);
  assert.match(body, /^geosluice_up 1$/m);
  const broken = await openGateway(t, { metrics: () => new Promise(() => {}) });
  assert.equal((await broken.ask('GET', '/metrics', { key: null })).status, 503);
});

test('HEAD is answered where GET is, and not for the stream', async (t) => {
  const { ask } = await openGateway(t);
  assert.deepEqual([(await ask('HEAD', '/healthz')).status, (await ask('HEAD', '/v1/datasets')).status], [200, 200]);
  assert.equal((await ask('HEAD', '/v1/datasets', { key: null })).status, 401);
  assert.equal((await ask('HEAD', '/v1/events')).status, 404);
});
