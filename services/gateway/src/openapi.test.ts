import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { PROBLEMS } from '@geosluice/gateway-api';
import { ingestOptionsSchema, STATES } from '@geosluice/jobs';
import { Validator } from '@seriousme/openapi-schema-validator';
import { ROUTES } from './routes/index.ts';
import { openGateway } from './testing/open-gateway.ts';

interface Operation {
  operationId: string;
  tags: string[];
  summary: string;
  description?: string;
  security: Array<Record<string, string[]>>;
  parameters?: Array<{ name: string; in: string; required?: boolean; schema: object }>;
  requestBody?: { content: Record<string, { schema: object }> };
  responses: Record<string, { description: string; headers?: object; content: Record<string, { schema: object }> }>;
}

interface Document {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Record<string, unknown>>; securitySchemes: Record<string, object> };
}

const SERVED = [
  ...[
    'POST /v1/ingestions',
    'GET /v1/ingestions',
    'GET /v1/ingestions/{id}',
    'GET /v1/datasets',
    'GET /v1/datasets/{id}',
  ],
  ...[
    'POST /v1/datasets/{id}/retry',
    'DELETE /v1/datasets/{id}',
    'GET /v1/dead-letters',
    'POST /v1/dead-letters/replay',
  ],
  ...['POST /v1/events/s3', 'GET /v1/events', 'GET /v1/watches', 'PUT /v1/watches/{id}', 'DELETE /v1/watches/{id}'],
  ...['GET /v1/status', 'GET /metrics', 'GET /healthz', 'GET /readyz', 'GET /openapi.json', 'GET /'],
];

function operationsOf({ paths }: Document): Array<[name: string, operation: Operation]> {
  return Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]): [string, Operation] => [
      `${method.toUpperCase()} ${path}`,
      operation,
    ]),
  );
}

test('the document is valid OpenAPI and every reference in it leads somewhere', async (t) => {
  const { ask } = await openGateway(t);
  const { status, body } = await ask('GET', '/openapi.json', { key: null });
  assert.equal(status, 200);
  const text = JSON.stringify(body);
  const result = await new Validator().validate(structuredClone(body));
  assert.deepEqual([result.valid, result.errors ?? []], [true, []]);
  const names = new Set(
    Object.keys((body as Document).components.schemas).map((name) => `#/components/schemas/${name}`),
  );
  const references = [...text.matchAll(/"\$ref":"([^"]+)"/g)].map(([, reference]) => reference);
  assert.ok(references.length > 50);
  assert.deepEqual(
    references.filter((reference) => !names.has(reference ?? '')),
    [],
  );
});

test('every route is in it, with one file a route', async (t) => {
  const { ask } = await openGateway(t);
  const document: Document = (await ask('GET', '/openapi.json')).body;
  assert.deepEqual(
    operationsOf(document)
      .map(([name]) => name)
      .sort(),
    [...SERVED].sort(),
  );
  const files = readdirSync(new URL('./routes/', import.meta.url)).filter(
    (file) => file.endsWith('.ts') && !/^index\.ts$|\.test\.ts$/.test(file),
  );
  assert.deepEqual([files.length, ROUTES.length], [SERVED.length, SERVED.length]);
});

test('each operation says what it does, what it needs and how it refuses', async (t) => {
  const { ask } = await openGateway(t);
  const document: Document = (await ask('GET', '/openapi.json')).body;
  const ids = new Set<string>();
  for (const [name, operation] of operationsOf(document)) {
    const { operationId, summary, tags, security, parameters = [], requestBody, responses } = operation;
    assert.ok(!ids.has(operationId), `${name}: ${operationId} twice`);
    ids.add(operationId);
    assert.ok(summary.length > 5 && tags.length === 1, name);
    const schemes = security.flatMap((one) => Object.keys(one));
    for (const scheme of schemes) assert.ok(scheme in document.components.securitySchemes, `${name}: ${scheme}`);
    assert.equal(schemes.includes('bearer'), name.includes('/v1/'), `${name}: security`);
    const inPath = [...name.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => parameter);
    assert.deepEqual(
      parameters.filter((one) => one.in === 'path').map((one) => one.name),
      inPath,
      name,
    );
    if (/^(POST \/v1\/(ingestions|events|dead)|PUT)/.test(name)) assert.ok(requestBody, `${name}: body`);
    const answers = Object.entries(responses);
    assert.ok(
      answers.some(([status]) => status.startsWith('2')),
      name,
    );
    for (const [status, { description, content }] of answers) {
      assert.notEqual(description, 'Default Response', `${name} ${status}`);
      if (status.startsWith('2')) continue;
      assert.deepEqual(Object.keys(content), ['application/problem+json'], `${name} ${status}`);
    }
    if (name.includes('/v1/'))
      for (const status of ['401', '403', '503']) assert.ok(status in responses, `${name} ${status}`);
  }
});

test('schemas carry examples, and the examples keep to them', async (t) => {
  const { ask } = await openGateway(t);
  const document: Document = (await ask('GET', '/openapi.json')).body;
  const examples = (name: string): unknown[] => (document.components.schemas[name]?.examples ?? []) as unknown[];
  for (const name of ['Dataset', 'Ingestion', 'Problem', 'Watch', 'LedgerEvent'])
    assert.ok(examples(name).length > 0, name);
  const started = await ask('POST', '/v1/ingestions', { body: examples('StartIngestionInput')[0] });
  assert.equal(started.status, 202);
  const put = await ask('PUT', '/v1/watches/w', { body: examples('PutWatchInput')[0] });
  assert.equal(put.status, 201);
  assert.equal((await ask('POST', '/v1/dead-letters/replay', { body: examples('ReplayInput')[0] })).status, 202);
  assert.equal((await ask('POST', '/v1/events/s3', { body: examples('NotificationInput')[0] })).status, 202);
});

test('every code of a problem is named where it can come', async (t) => {
  const { ask } = await openGateway(t);
  const text = JSON.stringify(((await ask('GET', '/openapi.json')).body as Document).paths);
  const unnamed = Object.keys(PROBLEMS).filter((code) => !text.includes(`\`${code}\``));
  // the one of paths that there are none of
  assert.deepEqual(unnamed, ['NOT_FOUND']);
});

test('the docs page is served with the document, and with a policy', async (t) => {
  const { ask } = await openGateway(t);
  const page = await ask('GET', '/docs/', { key: null });
  assert.equal(page.status, 200);
  assert.match(page.body, /swagger-ui/);
  assert.match(page.headers.get('content-security-policy') ?? '', /default-src 'self'/);
  const script = await ask('GET', '/docs/static/swagger-ui-bundle.js', { key: null });
  assert.deepEqual([script.status, script.headers.get('x-content-type-options')], [200, 'nosniff']);
  assert.equal((await ask('GET', '/docs/json', { key: null })).body.openapi, '3.1.0');
});

test('docs/api.md names every endpoint with its scope, every code with its status, and every state and option', async (t) => {
  const { ask } = await openGateway(t);
  const document: Document = (await ask('GET', '/openapi.json')).body;
  const page = readFileSync(new URL('../../../docs/api.md', import.meta.url), 'utf8');
  for (const [name, { description }] of operationsOf(document)) {
    const [, scope = ''] = /scope `(\w+)`/.exec(description ?? '') ?? [];
    assert.ok(page.includes(`| \`${name}\` | ${scope === '' ? '' : `${scope} `}| `), `${name} ${scope}`);
  }
  for (const [code, { status }] of Object.entries(PROBLEMS)) {
    assert.match(page, new RegExp(`^\\| ${status} \\| [^|]*\`${code}\``, 'm'), code);
  }
  const words = [...STATES, ...Object.keys(ingestOptionsSchema.shape)];
  assert.deepEqual(
    words.filter((word) => !page.includes(`\`${word}\``)),
    [],
  );
});
