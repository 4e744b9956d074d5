import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { datasetIdOf, parseLocation } from '@geosluice/jobs';
import { startRedis } from '../../../test/counterparts/redis.ts';
import type { Pipeline } from './api.ts';
import { internalsOf } from './internals.ts';
import { openPipeline } from './pipeline.ts';

let server: Awaited<ReturnType<typeof startRedis>>;
let pipeline: Pipeline;
let at = new Date('2026-11-01T00:00:00Z');
const HOUR_MS = 3_600_000;

before(async () => {
  server = await startRedis();
  pipeline = await openPipeline({ redisUrl: server.url, prefix: `looks-${process.pid}`, now: () => at });
});
after(async () => {
  await pipeline.close();
  await server.stop();
});

let count = 0;
/** A dataset that has come so far. */
async function dataset(state: 'visible' | 'dead' | 'uploading', ingestion = 'i1'): Promise<string> {
  count += 1;
  const location = parseLocation(`s3://inbox/looks/${count}.tif`);
  const id = datasetIdOf(location);
  const version = 'aaaaaaaaaa-0';
  const claim = { dataset: id, location, ingestion, options: {}, expected: 0, version, takenBy: 'job' };
  await pipeline.ledger.takeGeneration(claim);
  const record = { state, workspace: 'w', name: `n${count}`, publishedVersion: version };
  await pipeline.ledger.apply(id, 1, record, {});
  return id;
}

const waitingOf = async (): Promise<string[]> => {
  const jobs = await internalsOf(pipeline).queues.of('discover').getJobs(['waiting', 'prioritized']);
  return jobs.map(({ data }) => data.dataset).sort();
};
const drain = () => internalsOf(pipeline).queues.of('discover').drain();

test('files are looked at once their time has come, each by one who asks, and again where nothing came of it', async () => {
  const [one, other, dead, going] = [
    ...[await dataset('visible'), await dataset('visible')],
    ...[await dataset('dead'), await dataset('uploading')],
  ];
  assert.ok(one !== undefined && other !== undefined && dead !== undefined && going !== undefined);
  await pipeline.ledger.sighted('inbox', [one, dead, going], new Date(at.getTime() + HOUR_MS));
  await pipeline.ledger.sighted('inbox', [other], new Date(at.getTime() + 2 * HOUR_MS));
  assert.deepEqual(await pipeline.files(), [{ rule: 'inbox', files: 4, gone: 0 }]);
  assert.equal(await pipeline.lookAfterFiles(), 0);

  at = new Date(at.getTime() + HOUR_MS);
  const asked = await Promise.all([pipeline.lookAfterFiles(), pipeline.lookAfterFiles()]);
  assert.deepEqual(asked.sort(), [0, 1]);
  assert.deepEqual(await waitingOf(), [one]);
  const [job] = await internalsOf(pipeline).queues.of('discover').getJobs(['waiting', 'prioritized']);
  assert.deepEqual([job?.data.force, job?.data.options.priority], [false, 'reconcile']);
  assert.deepEqual(await pipeline.files(), [{ rule: 'inbox', files: 3, gone: 0 }], 'a dead letter is let go of');
  await drain();

  at = new Date(at.getTime() + HOUR_MS);
  assert.equal(await pipeline.lookAfterFiles(), 2, 'the other’s time, and nothing was told of the first');
  assert.deepEqual(await waitingOf(), [one, other].sort());
  await drain();
  for (const id of [one, other, going]) await pipeline.ledger.unwatch(id);
  assert.deepEqual(await pipeline.files(), []);
});

test('a file that is gone is looked at at the end of its grace, and counts for a day after its layer went', async () => {
  const [gone, there] = [await dataset('visible'), await dataset('visible')];
  await pipeline.ledger.sighted('forecasts', [gone, there], new Date(at.getTime() + 1_000 * HOUR_MS));
  const look = { graceMs: 5 * HOUR_MS, again: new Date(at.getTime() + 29 * HOUR_MS) };
  await pipeline.ledger.missed('forecasts', gone, look);
  at = new Date(at.getTime() + 4 * HOUR_MS);
  assert.equal(await pipeline.lookAfterFiles(), 0);
  at = new Date(at.getTime() + HOUR_MS);
  assert.equal(await pipeline.lookAfterFiles(), 1);
  assert.deepEqual(await waitingOf(), [gone]);
  await drain();
  assert.deepEqual(await pipeline.ledger.missed('forecasts', gone, look), {
    ...{ forMs: 5 * HOUR_MS, gone: 1, of: 2 },
  });
  await pipeline.remove(gone, 'delete', 'rule');
  const { generation = 0 } = (await pipeline.ledger.get(gone)) ?? {};
  await pipeline.ledger.apply(gone, generation, { state: 'removed' }, {});
  at = new Date(at.getTime() + 23 * HOUR_MS);
  await pipeline.lookAfterFiles();
  assert.deepEqual(await pipeline.files(), [{ rule: 'forecasts', files: 2, gone: 1 }]);
  at = new Date(at.getTime() + HOUR_MS);
  await pipeline.lookAfterFiles();
  assert.deepEqual(await pipeline.files(), [{ rule: 'forecasts', files: 1, gone: 0 }]);
});

test('a file missed first by a clock that is ahead is gone for no time, not for less', async () => {
  const gone = await dataset('visible');
  const look = { graceMs: 0, again: new Date(at.getTime() + 24 * HOUR_MS) };
  await pipeline.ledger.missed('ahead', gone, look);
  at = new Date(at.getTime() - 3);
  assert.equal((await pipeline.ledger.missed('ahead', gone, look)).forMs, 0);
});

test('what a rule removed comes in again with its file, what a person removed does not', async () => {
  const version = 'aaaaaaaaaa-0';
  for (const [by, known] of [
    ['rule', 'changed'],
    ['request', 'known'],
  ] as const) {
    const id = await dataset('visible');
    await pipeline.remove(id, 'unpublish', by);
    const removing = await pipeline.ledger.get(id);
    assert.deepEqual([removing?.state, removing?.version], ['removing', version]);
    await pipeline.ledger.apply(id, removing?.generation ?? 0, { state: 'removed' }, {});
    assert.deepEqual(await pipeline.ledger.compare([{ dataset: id, version }]), [known]);
    // its object can be deleted later all the same
    await pipeline.ledger.apply(id, removing?.generation ?? 0, { object: object(id) }, {});
    await pipeline.remove(id, 'delete');
    assert.equal((await pipeline.ledger.get(id))?.state, 'removing');
  }
});

const object = (id: string) => ({
  ...{ bucket: 'geodata', key: `${id}.tif`, size: 4, etag: 'e', checksum: null, owned: true },
});
