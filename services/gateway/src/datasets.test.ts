import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type LedgerEntry, STATES } from '@geosluice/jobs';
import { openGateway } from './testing/open-gateway.ts';

const REASON = { code: 'NO_CRS', message: 'a.tif names no CRS', stage: 'discover' } as const;
const FACTS: NonNullable<LedgerEntry['facts']> = {
  ...{ format: 'geotiff', size: 1000, bigTiff: false, littleEndian: true, width: 10, height: 10, bands: 1 },
  ...{ sampleFormat: 'uint', bitsPerSample: 8, nodata: null, compression: { code: 1, name: 'none' }, photometric: 1 },
  ...{
    tiled: true,
    blockWidth: 256,
    blockHeight: 256,
    overviews: [],
    cog: false,
    srs: 'EPSG:4326',
    srsDeclared: false,
  },
  ...{ geotransform: [5, 0.1, 0, 48, 0, -0.1], pixelIsPoint: false, nativeBbox: [5, 47, 6, 48] },
  ...{ wgs84Bbox: [5, 47, 6, 48], probeBbox: null, warnings: [] },
};

test('datasets are filtered by state, ingestion, text and place, and paged', async (t) => {
  const { ask, pipeline } = await openGateway(t);
  const uris = ['a', 'b', 'c'].map((name) => pipeline.set(`s3://inbox/${name}.tif`).uri);
  pipeline.set('s3://inbox/b.tif', { state: 'visible', ingestion: 'i2', facts: FACTS });
  const find = async (query: string): Promise<string[]> => {
    const { status, body } = await ask('GET', `/v1/datasets?${query}`);
    assert.equal(status, 200, query);
    return body.datasets.map(({ uri }: LedgerEntry) => uri).sort();
  };
  assert.deepEqual(await find(''), uris);
  for (const query of ['state=visible', 'ingestion=i2', 'q=b.tif', 'bbox=5.5,47.5,7,50', 'state=visible&q=b']) {
    assert.deepEqual(await find(query), ['s3://inbox/b.tif'], query);
  }
  assert.deepEqual(await find('bbox=8,47,9,48'), []);
  const page = await ask('GET', '/v1/datasets?limit=2');
  assert.equal(page.body.datasets.length, 2);
  const rest = await ask('GET', `/v1/datasets?limit=2&cursor=${page.body.cursor}`);
  assert.deepEqual([rest.body.datasets.length, rest.body.cursor], [1, null]);
});

test('a query that is wrong is refused by the name of its field', async (t) => {
  const { ask } = await openGateway(t);
  const wrongs: Array<[query: string, field: string, message: RegExp]> = [
    ['state=lost', 'state', /visible/],
    ['limit=0', 'limit', />=1/],
    ['limit=100000', 'limit', /<=200/],
    ['limit=ten', 'limit', /number/],
    ['bbox=1,2,3', 'bbox', /west,south,east,north/],
    ['bbox=1,2,3,', 'bbox', /west,south,east,north/],
    ['bbox=0,50,1,40', 'bbox', /west,south,east,north/],
    ['bbox=0,0,200,1', 'bbox', /west,south,east,north/],
    ['colour=red', 'colour', /not known/],
  ];
  for (const [query, field, message] of wrongs) {
    const { status, body } = await ask('GET', `/v1/datasets?${query}`);
    assert.deepEqual(
      [status, body.code, body.errors?.[0].in, body.errors?.[0].field],
      [422, 'FIELDS_INVALID', 'query', field],
    );
    assert.match(body.errors[0].message, message);
  }
  const { status, body } = await ask('GET', '/v1/datasets?cursor=of-another-list');
  assert.deepEqual([status, body.code], [422, 'CURSOR_INVALID']);
  assert.equal((await ask('GET', '/v1/datasets?bbox=170,-10,-170,10')).status, 200, 'across the antimeridian');
});

test('one dataset comes whole, with its history, newest first', async (t) => {
  const { ask, pipeline } = await openGateway(t);
  const entry = pipeline.set('s3://inbox/a.tif', { generation: 1, facts: FACTS, title: 'Heights' });
  pipeline.set('s3://inbox/a.tif', { state: 'dead', reason: REASON });
  const { status, body } = await ask('GET', `/v1/datasets/${entry.dataset}`);
  assert.equal(status, 200);
  const { steps, ...rest } = body;
  assert.deepEqual(rest, { ...entry, state: 'dead', reason: REASON });
  assert.deepEqual(
    steps.map(({ state }: { state: string }) => state),
    ['dead', 'found'],
  );
});

test('retry and removal are taken, each with the dataset as it is then', async (t) => {
  const { ask, pipeline } = await openGateway(t);
  const { dataset } = pipeline.set('s3://inbox/a.tif', { state: 'dead', reason: REASON });
  const retried = await ask('POST', `/v1/datasets/${dataset}/retry`);
  assert.deepEqual([retried.status, retried.body.state, retried.body.reason], [202, 'found', undefined]);
  const removed = await ask('DELETE', `/v1/datasets/${dataset}?mode=unpublish`);
  assert.deepEqual([removed.status, removed.body.state], [202, 'removing']);
  await ask('DELETE', `/v1/datasets/${dataset}`);
  assert.deepEqual(pipeline.asked, [`retry ${dataset}`, `remove ${dataset} unpublish`, `remove ${dataset} delete`]);
  const wrong = await ask('DELETE', `/v1/datasets/${dataset}?mode=burn`);
  assert.deepEqual([wrong.status, wrong.body.errors[0].field], [422, 'mode']);
});

test('a dataset nobody found is not found, whatever is asked of it', async (t) => {
  const { ask } = await openGateway(t);
  for (const id of ['daaaaaaaaaaaaaaaaaaaa', 'x', '..%2F..%2Fetc', 'x'.repeat(99)]) {
    for (const [method, path] of [
      ['GET', ''],
      ['POST', '/retry'],
      ['DELETE', ''],
    ]) {
      const { status, body } = await ask(method ?? '', `/v1/datasets/${id}${path}`);
      assert.deepEqual([status, body.code], [404, 'DATASET_UNKNOWN'], `${method} ${id}`);
    }
  }
});

test('dead letters are listed with their reason and replayed by filter', async (t) => {
  const { ask, pipeline } = await openGateway(t);
  const a = pipeline.set('s3://inbox/a.tif', { state: 'dead', reason: REASON });
  pipeline.set('s3://inbox/b.tif', {
    state: 'dead',
    reason: { ...REASON, code: 'RETRIES_EXHAUSTED', stage: 'publish' },
  });
  const all = await ask('GET', '/v1/dead-letters');
  assert.equal(all.body.deadLetters.length, 2);
  const { body } = await ask('GET', '/v1/dead-letters?code=NO_CRS&stage=discover');
  assert.deepEqual(body.deadLetters, [{ entry: a, ...REASON, at: a.updatedAt }]);
  assert.equal((await ask('GET', '/v1/dead-letters?stage=bake')).status, 422);

  const none = await ask('POST', '/v1/dead-letters/replay', { body: { datasets: [a.dataset], code: 'TRUNCATED' } });
  assert.deepEqual([none.status, none.body], [202, { replayed: 0 }]);
  const one = await ask('POST', '/v1/dead-letters/replay', { body: { stage: 'publish', asItWas: true } });
  assert.deepEqual(one.body, { replayed: 1 });
  assert.deepEqual((await ask('POST', '/v1/dead-letters/replay', { body: {} })).body, { replayed: 1 });
  assert.deepEqual(pipeline.asked, [
    `replay {"datasets":["${a.dataset}"],"code":"TRUNCATED"}`,
    'replay {"stage":"publish","asItWas":true}',
    'replay {}',
  ]);
  const wrong = await ask('POST', '/v1/dead-letters/replay', { body: { datasets: ['x'] } });
  assert.deepEqual([wrong.status, wrong.body.errors[0].field], [422, 'datasets.0']);
  assert.equal((await ask('POST', '/v1/dead-letters/replay')).status, 422, 'no body replays nothing');
});

test('the status counts datasets by state and jobs by queue', async (t) => {
  const { ask, pipeline } = await openGateway(t);
  pipeline.set('s3://inbox/a.tif', { state: 'visible' });
  const { body } = await ask('GET', '/v1/status');
  assert.deepEqual(Object.keys(body.datasets), [...STATES]);
  assert.equal(body.datasets.visible, 1);
  assert.deepEqual(Object.keys(body.queues), ['discover', 'upload', 'publish', 'register']);
  assert.equal(body.version, '0.1.0');
});
