/** What becomes of a batch with a document over which GeoNode falls, and of all documents while GeoNode is away. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { exampleJobs } from '../../jobs/src/testing/example-jobs.ts';
import type { RegistrationDocument } from './document.ts';
import { documentOf } from './document-of.ts';
import type { GeonodeError } from './errors.ts';
import { createHttpRegistrar, type HttpRegistrarOptions } from './http-registrar.ts';
import type { Registration } from './registrar.ts';

const signal = AbortSignal.timeout(60_000);
const job = exampleJobs().find((one) => one.stage === 'register' && one.kind === 'add');
assert.ok(job?.stage === 'register' && job.kind === 'add');
const template = documentOf(job, null);
const numbered = (count: number, letter = 'a'): RegistrationDocument[] =>
  Array.from({ length: count }, (_, at) => ({ ...template, dataset: `${letter}${at}` }));

/** How a GeoNode fails. */
type Failure = (response: ServerResponse) => void;
const status =
  (code: number): Failure =>
  (response) =>
    response.writeHead(code).end();
const breaksOff: Failure = (response) => response.destroy();

/** A GeoNode that fails over some documents, and how it does; its health is another matter. */
interface Geonode {
  failsOver(documents: ReadonlyArray<{ dataset: string }>): boolean;
  failure: Failure;
  isWell: boolean;
  /** Of each request that was to register, its datasets. */
  batches: string[][];
  healthAsked: number;
  register(documents: readonly RegistrationDocument[]): Promise<Array<PromiseSettledResult<Registration>>>;
}

async function start(t: TestContext, options: Partial<HttpRegistrarOptions> = {}): Promise<Geonode> {
  const server = createServer(async (request, response) => {
    if (request.url?.endsWith('/health')) {
      geonode.healthAsked += 1;
      if (!geonode.isWell) return geonode.failure(response);
      response.end(JSON.stringify({ app: 'geosluice_geonode', version: '1', geonode: '5', schema: 1 }));
      return;
    }
    const { registrations } = JSON.parse(await text(request)) as { registrations: RegistrationDocument[] };
    geonode.batches.push(registrations.map(({ dataset }) => dataset));
    if (geonode.failsOver(registrations)) return geonode.failure(response);
    const answers = registrations.map((_, at) => {
      return { status: 'created', pk: at + 1, uuid: 'u', url: 'http://geonode.test/1' };
    });
    response.end(JSON.stringify({ answers }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  const url = `http://127.0.0.1:${address.port}`;
  const registrar = createHttpRegistrar({ url, batchSize: 50, batchWaitMs: 20, ...options });
  t.after(async () => {
    await registrar.close();
    server.closeAllConnections();
    server.close();
  });
  const geonode: Geonode = {
    failsOver: () => false,
    failure: status(500),
    isWell: true,
    batches: [],
    healthAsked: 0,
    register: (documents) => Promise.allSettled(documents.map((document) => registrar.register(document, signal))),
  };
  return geonode;
}

const has =
  (...poison: string[]) =>
  (documents: ReadonlyArray<{ dataset: string }>): boolean =>
    documents.some(({ dataset }) => poison.includes(dataset));

function failuresOf(results: ReadonlyArray<PromiseSettledResult<Registration>>): GeonodeError[] {
  return results.flatMap((result) => (result.status === 'rejected' ? [result.reason as GeonodeError] : []));
}

const FAILURES: Array<[string, Failure, string]> = [
  ['is answered 500', status(500), 'GEONODE_ERROR'],
  ['kills its worker, so that a proxy answers 502', status(502), 'GEONODE_DROPPED'],
  ['is too slow for a proxy, which answers 504', status(504), 'GEONODE_TIMEOUT'],
  ['breaks the connection', breaksOff, 'GEONODE_DROPPED'],
  ['is never answered', () => {}, 'GEONODE_TIMEOUT'],
  ['is answered with no JSON', (response) => response.end('<html>'), 'GEONODE_ANSWER'],
  ['is answered with too few answers', (response) => response.end('{"answers":[]}'), 'GEONODE_ANSWER'],
];

for (const [what, failure, code] of FAILURES) {
  test(`of fifty documents one ${what}: the others are registered, and it is told why`, async (t) => {
    const geonode = await start(t, { timeoutMs: 300 });
    geonode.failure = failure;
    geonode.failsOver = has('a17');
    const [failed, ...more] = failuresOf(await geonode.register(numbered(50)));
    assert.deepEqual(more, []);
    assert.partialDeepStrictEqual({ ...failed }, { code, means: 'retry', down: false, subject: 'a17' });
    assert.match(failed?.message ?? '', /it is well otherwise, so it is this dataset/);
    assert.ok(geonode.batches.length <= 13, `${geonode.batches.length} requests`);

    geonode.batches = [];
    const again = await geonode.register([...numbered(18), ...numbered(10, 'b')]);
    assert.equal(failuresOf(again).length, 1);
    assert.deepEqual(
      geonode.batches.filter((batch) => batch.includes('a17')),
      [['a17']],
      'it goes by itself',
    );
    assert.ok(geonode.batches.length <= 3, `${geonode.batches.length} requests`);
  });
}

test('several in one batch are found, wherever they stand', async (t) => {
  const geonode = await start(t);
  const poison = ['a3', 'a20', 'a33', 'a49'];
  geonode.failsOver = has(...poison);
  const failed = failuresOf(await geonode.register(numbered(50)));
  assert.deepEqual(
    failed.map(({ subject }) => subject),
    poison,
  );
  assert.ok(failed.every(({ down }) => !down));
});

test('one that is mended goes with the others again', async (t) => {
  const geonode = await start(t);
  geonode.failsOver = has('a17');
  await geonode.register(numbered(50));
  geonode.failsOver = () => false;
  await geonode.register(numbered(50));
  geonode.batches = [];
  await geonode.register(numbered(50));
  assert.equal(geonode.batches.length, 1);
});

test('alone in the world it is to blame all the same, as often as it comes', async (t) => {
  const geonode = await start(t);
  geonode.failsOver = () => true;
  for (let attempt = 0; attempt < 8; attempt += 1) {
    const [failed] = failuresOf(await geonode.register(numbered(1)));
    assert.equal(failed?.down, false, `attempt ${attempt}`);
  }
});

test('a GeoNode that is away is asked twice for fifty documents, and no document is blamed', async (t) => {
  const geonode = await start(t);
  Object.assign(geonode, { failsOver: () => true, isWell: false, failure: status(502) });
  const failed = failuresOf(await geonode.register(numbered(50)));
  assert.equal(failed.length, 50);
  assert.ok(failed.every(({ down, means }) => down && means === 'retry'));
  assert.deepEqual([geonode.batches.length, geonode.healthAsked], [1, 1]);

  // back again: in parts once, in case that it was one of them, then as ever
  Object.assign(geonode, { failsOver: () => false, isWell: true, batches: [] });
  assert.deepEqual(failuresOf(await geonode.register(numbered(50))), []);
  assert.equal(geonode.batches.length, 8);
  await geonode.register(numbered(50));
  assert.equal(geonode.batches.length, 9);
});

test('a GeoNode that registers nothing, though it says it is well, is away: few requests, and all but two are not blamed', async (t) => {
  const geonode = await start(t);
  geonode.failsOver = () => true;
  const failed = failuresOf(await geonode.register(numbered(50)));
  assert.equal(failed.length, 50);
  assert.equal(failed.filter(({ down }) => !down).length, 2);
  assert.ok(geonode.batches.length <= 15, `${geonode.batches.length} requests`);
  // for as long as nothing gets through
  geonode.batches = [];
  for (const letter of ['b', 'c', 'd']) {
    const more = failuresOf(await geonode.register(numbered(50, letter)));
    assert.ok(more.length === 50 && more.every(({ down }) => down));
  }
  assert.equal(geonode.batches.length, 3);
  geonode.failsOver = () => false;
  assert.deepEqual(failuresOf(await geonode.register(numbered(50, 'b'))), []);
});

test('a GeoNode that one document takes away for a while: after two times it goes by itself, and the others do well', async (t) => {
  const geonode = await start(t, { inFlight: 1 });
  geonode.failure = breaksOff;
  geonode.failsOver = (documents) => {
    if (has('a17')(documents)) geonode.isWell = false;
    return !geonode.isWell;
  };
  let left = numbered(50);
  for (let times = 0; times < 2; times += 1) {
    geonode.isWell = true;
    const results = await geonode.register(left);
    assert.ok(failuresOf(results).every(({ down }) => down));
    left = left.filter((_, at) => results[at]?.status === 'rejected');
  }
  assert.ok(left.length < 50, 'those of other parts got through the second time');
  geonode.isWell = true;
  geonode.batches = [];
  const others = left.filter(({ dataset }) => dataset !== 'a17');
  const results = await geonode.register([...others, ...left.filter(({ dataset }) => dataset === 'a17')]);
  assert.equal(failuresOf(results).length, 1);
  assert.deepEqual(geonode.batches.at(-1), ['a17']);
});

test('what is refused for all is not looked into', async (t) => {
  const geonode = await start(t);
  Object.assign(geonode, { failsOver: () => true, failure: status(429) });
  const failed = failuresOf(await geonode.register(numbered(50)));
  assert.ok(failed.every(({ code }) => code === 'GEONODE_BUSY'));
  assert.deepEqual([geonode.batches.length, geonode.healthAsked], [1, 0]);
});
