import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseLocation } from '@geosluice/jobs';
import { openGateway } from './testing/open-gateway.ts';
import { overlapsOutput } from './watch-output.ts';

test('a watch is put, listed, replaced and removed', async (t) => {
  const { ask, pipeline } = await openGateway(t);
  const first = await ask('PUT', '/v1/watches/inbox', {
    body: { source: 's3://inbox/in/', options: { workspace: 'w' } },
  });
  assert.equal(first.status, 201);
  assert.deepEqual([first.body.id, first.body.source, first.body.intervalSeconds], ['inbox', 's3://inbox/in/', 300]);
  const second = await ask('PUT', '/v1/watches/inbox', { body: { source: 'file:///mnt/in/', intervalSeconds: 60 } });
  assert.deepEqual([second.status, second.body.source, second.body.intervalSeconds], [200, 'file:///mnt/in/', 60]);
  assert.deepEqual((await ask('GET', '/v1/watches')).body, { watches: [second.body] });
  assert.deepEqual((await ask('DELETE', '/v1/watches/inbox')).body, { id: 'inbox' });
  for (const id of ['inbox', 'NOT_ONE']) {
    const { status, body } = await ask('DELETE', `/v1/watches/${id}`);
    assert.deepEqual([status, body.code], [404, 'WATCH_UNKNOWN']);
  }
  assert.deepEqual(await pipeline.watches.list(), []);
});

test('a watch that is wrong is refused with what would be right', async (t) => {
  const { ask, pipeline } = await openGateway(t);
  const wrongs: Array<[id: string, body: object, code: string, field: string | undefined]> = [
    ['Inbox', { source: 's3://inbox/' }, 'FIELDS_INVALID', 'id'],
    ['w', {}, 'FIELDS_INVALID', 'source'],
    ['w', { source: 's3://inbox/a.tif' }, 'FIELDS_INVALID', 'source'],
    ['w', { source: 'https://data.example/' }, 'FIELDS_INVALID', 'source'],
    ['w', { source: 's3://inbox/', intervalSeconds: 0 }, 'FIELDS_INVALID', 'intervalSeconds'],
    ['w', { source: 's3://inbox/', options: { name: 'dem' } }, 'FIELDS_INVALID', 'options.name'],
    ['w', { source: 's3://other/' }, 'SOURCE_NOT_ALLOWED', 'source'],
    ['w', { source: 's3://store/' }, 'WATCH_CONTAINS_OUTPUT', undefined],
    ['w', { source: 's3://store/geosluice/x/' }, 'WATCH_CONTAINS_OUTPUT', undefined],
  ];
  for (const [id, request, code, field] of wrongs) {
    const { status, body } = await ask('PUT', `/v1/watches/${id}`, { body: request });
    assert.deepEqual([status, body.code, body.errors?.[0].field], [422, code, field], JSON.stringify(request));
  }
  assert.deepEqual(await pipeline.watches.list(), []);
  assert.equal((await ask('PUT', '/v1/watches/w', { body: { source: 's3://store/in/' } })).status, 201);
});

test('a watch and the output prefix overlap where one holds the other, in one bucket', () => {
  const output = { bucket: 'b', prefix: 'out' };
  const overlap = (uri: string, prefix = output.prefix): string | null =>
    overlapsOutput(parseLocation(uri), { ...output, prefix });
  assert.match(
    overlap('s3://b/') ?? '',
    /^s3:\/\/b\/ contains the output prefix s3:\/\/b\/out\/.*watch a prefix beside it/,
  );
  assert.match(overlap('s3://b/out/in/') ?? '', /lies in the output prefix/);
  assert.notEqual(overlap('s3://b/out/'), null);
  assert.notEqual(overlap('s3://b'), null);
  assert.notEqual(overlap('s3://b/in/', ''), null, 'an output without prefix is the whole bucket');
  assert.notEqual(overlap('s3://b/a/', 'a/out/'), null);
  for (const apart of ['s3://c/', 's3://b/in/', 's3://b/outer/', 's3://b/ou/', 'file:///b/out/']) {
    assert.equal(overlap(apart), null, apart);
  }
});
