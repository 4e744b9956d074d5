import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openGateway } from './testing/open-gateway.ts';

test('one source starts an ingestion, and the answer says where to look', async (t) => {
  const { ask, pipeline } = await openGateway(t);
  const options = { workspace: 'maps', srs: 'EPSG:32631' };
  const { status, headers, body } = await ask('POST', '/v1/ingestions', { body: { source: 's3://inbox/a/', options } });
  assert.equal(status, 202);
  assert.equal(headers.get('location'), `/v1/ingestions/${body.id}`);
  assert.deepEqual([body.sources, body.options, body.running], [['s3://inbox/a/'], options, true]);
  assert.deepEqual(pipeline.asked, ['start s3://inbox/a/']);
  const again = await ask('GET', headers.get('location') ?? '');
  assert.deepEqual([again.status, again.body], [200, body]);
});

test('several sources are one ingestion, each source once', async (t) => {
  const { ask } = await openGateway(t);
  const sources = ['s3://inbox/a.tif', 'file:///mnt/in/b.tif', 'https://data.example/c.tif', 's3://inbox/a.tif'];
  const { status, body } = await ask('POST', '/v1/ingestions', { body: { sources } });
  assert.equal(status, 202);
  assert.deepEqual(body.sources, sources.slice(0, 3));
});

test('keys of S3 are kept as they are', async (t) => {
  const { ask } = await openGateway(t);
  const sources = ['s3://inbox/a b+c%2Fd#e?f=g.tif', 's3://inbox/../ünï.tif'];
  const { body } = await ask('POST', '/v1/ingestions', { body: { sources } });
  assert.deepEqual(body.sources, sources);
});

test('the same idempotency key gives the same ingestion, and refuses another request', async (t) => {
  const { ask, pipeline } = await openGateway(t);
  const start = (source: string, options: object) =>
    ask('POST', '/v1/ingestions', { body: { source, options }, headers: { 'idempotency-key': 'k1' } });
  const first = await start('s3://inbox/a.tif', { workspace: 'w', store: 'cog' });
  const second = await start('s3://inbox/a.tif', { store: 'cog', workspace: 'w' });
  assert.equal(second.status, 202);
  assert.equal(second.body.id, first.body.id);
  assert.equal(pipeline.asked.length, 1);
  for (const other of [await start('s3://inbox/b.tif', {}), await start('s3://inbox/a.tif', { workspace: 'v' })]) {
    assert.deepEqual([other.status, other.body.code], [409, 'IDEMPOTENCY_KEY_REUSED']);
  }
});

test('a source that is not allowed is refused by name, with what would have to be added', async (t) => {
  const { ask, pipeline } = await openGateway(t);
  const sources = ['s3://inbox/a.tif', 's3://secret/b.tif', 'https://evil.example/x.tif?token=s3cr3t', 'file:///etc/'];
  const { status, body } = await ask('POST', '/v1/ingestions', { body: { sources } });
  assert.deepEqual([status, body.code], [422, 'SOURCE_NOT_ALLOWED']);
  assert.deepEqual(
    body.errors.map(({ field }: { field: string }) => field),
    ['sources.1', 'sources.2', 'sources.3'],
  );
  assert.match(body.errors[0].message, /add the bucket secret to the allowed buckets/);
  assert.doesNotMatch(JSON.stringify(body), /s3cr3t/);
  assert.deepEqual(pipeline.asked, []);
});

test('each wrong field is named, with what would be right', async (t) => {
  const { ask } = await openGateway(t);
  const wrongs: Array<[body: unknown, field: string, message: RegExp]> = [
    [{}, 'source', /either source or sources/],
    [{ source: 's3://inbox/a', sources: ['s3://inbox/b'] }, 'source', /either source or sources/],
    [{ sources: [] }, 'sources', />=1/],
    [{ sources: Array(1001).fill('s3://inbox/a') }, 'sources', /<=1000/],
    [{ source: 'ftp://x/y' }, 'source', /s3:\/\/bucket\/key/],
    [{ source: 's3:///y' }, 'source', /s3:\/\/bucket\/key/],
    [{ source: 'file:///a%2Fb' }, 'source', /file:\/\/\/path/],
    [{ source: `s3://inbox/${'ü'.repeat(600)}` }, 'source', /1,024 bytes/],
    [{ source: 's3://inbox/a', options: { srs: '4326' } }, 'options.srs', /EPSG:<code>/],
    [{ source: 's3://inbox/a', options: { storage: 'move' } }, 'options.storage', /copy.*in-place/],
    [{ source: 's3://inbox/a', options: { worksapce: 'w' } }, 'options.worksapce', /not known/],
    [{ source: 's3://inbox/a', colour: 'red' }, 'colour', /not known/],
    [{ source: 's3://inbox/a/', options: { name: 'dem' } }, 'options.name', /one file only/],
    [{ source: 7 }, 'source', /expected string/],
    [[], '', /expected object/],
  ];
  for (const [body, field, message] of wrongs) {
    const { status, headers, body: problem } = await ask('POST', '/v1/ingestions', { body });
    const what = JSON.stringify(body).slice(0, 100);
    assert.deepEqual([status, problem.code], [422, 'FIELDS_INVALID'], what);
    assert.equal(headers.get('content-type'), 'application/problem+json', what);
    assert.deepEqual([problem.errors[0].in, problem.errors[0].field], ['body', field], what);
    assert.match(problem.errors[0].message, message, what);
  }
});

test('ingestions are listed newest first, page by page', async (t) => {
  const { ask } = await openGateway(t);
  for (const name of ['a', 'b', 'c']) await ask('POST', '/v1/ingestions', { body: { source: `s3://inbox/${name}` } });
  const first = await ask('GET', '/v1/ingestions?limit=2');
  assert.deepEqual([first.body.ingestions.length, first.body.ingestions[0].sources], [2, ['s3://inbox/c']]);
  const second = await ask('GET', `/v1/ingestions?limit=2&cursor=${first.body.cursor}`);
  assert.deepEqual([second.body.ingestions.length, second.body.cursor], [1, null]);
});

test('an ingestion nobody started is not found', async (t) => {
  const { ask } = await openGateway(t);
  for (const id of ['i99', 'x'.repeat(90)]) {
    const { status, body } = await ask('GET', `/v1/ingestions/${id}`);
    assert.deepEqual([status, body.code], [404, 'INGESTION_UNKNOWN']);
  }
});

test('values in the query string of a source are masked in what is answered', async (t) => {
  const { ask, pipeline } = await openGateway(t);
  const source = 'https://data.example/a.tif?X-Amz-Signature=s3cr3t&b=1';
  const { body } = await ask('POST', '/v1/ingestions', { body: { source } });
  assert.deepEqual(body.sources, ['https://data.example/a.tif?X-Amz-Signature=masked&b=masked']);
  assert.deepEqual(pipeline.asked, [`start ${source}`]);
  pipeline.set(source);
  const list = await ask('GET', '/v1/datasets');
  assert.doesNotMatch(JSON.stringify(list.body), /s3cr3t/);
});
