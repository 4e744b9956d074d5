import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { datasetIdOf, parseLocation } from '@geosluice/jobs';
import { startRedis } from '../../../test/counterparts/redis.ts';
import type { Pipeline } from './api.ts';
import { internalsOf } from './internals.ts';
import { openPipeline } from './pipeline.ts';
import type { RecoveredDataset } from './recovery.ts';

let server: Awaited<ReturnType<typeof startRedis>>;
let pipeline: Pipeline;
before(async () => {
  server = await startRedis();
  pipeline = await openPipeline({ redisUrl: server.url, prefix: `recovery-${process.pid}` });
});
after(async () => {
  await pipeline.close();
  await server.stop();
});

function recovered(name: string, over: Partial<RecoveredDataset> = {}): RecoveredDataset {
  const location = parseLocation(`s3://inbox/recovery/${name}.tif`);
  const dataset = datasetIdOf(location);
  const box: [number, number, number, number] = [0, 0, 1, 1];
  return {
    ...{ dataset, location, generation: 7, version: 'aaaaaaaaaa-0', title: name, options: { owner: 'ann' } },
    object: { bucket: 'geodata', key: `${dataset}.tif`, size: 4, etag: 'e', checksum: null, owned: true },
    layer: {
      ...{
        workspace: 'w',
        store: name,
        name,
        storeType: 's3geotiff',
        srs: 'EPSG:4326',
        nativeBbox: box,
        wgs84Bbox: box,
      },
      ...{ wms: 'http://geoserver.test/w/wms', style: null },
    },
    geonode: { pk: 3, uuid: 'u', url: 'http://geonode.test/3' },
    ...over,
  };
}

test('a dataset is taken in as it is, under its generation and with its name, and once', async () => {
  const one = recovered('one');
  assert.deepEqual(await pipeline.recovery.owners('w', ['one', 'nobody']), [null, null]);
  assert.equal(await pipeline.recovery.adopt(one), true);
  assert.equal(await pipeline.recovery.adopt(recovered('one', { title: 'Another' })), false);
  const entry = await pipeline.ledger.get(one.dataset);
  const { state, generation, version, publishedVersion, title, options, object, layer, geonode, job } = entry ?? {};
  assert.deepEqual(
    [state, generation, version, publishedVersion, title],
    ['visible', 7, one.version, one.version, 'one'],
  );
  assert.deepEqual(
    [options, object, layer, geonode, job],
    [one.options, one.object, one.layer, one.geonode, undefined],
  );
  assert.deepEqual(await pipeline.recovery.owners('w', ['one', 'nobody']), [one.dataset, null]);
  assert.deepEqual(await pipeline.ledger.compare([{ dataset: one.dataset, version: one.version }]), ['known']);
  assert.equal((await pipeline.ingestions.get('recovered'))?.counts.visible, 1);
});

test('a layer of another dataset is not taken over', async () => {
  await pipeline.recovery.adopt(recovered('mine'));
  const thief = recovered('thief', { layer: recovered('mine').layer });
  await assert.rejects(pipeline.recovery.adopt(thief), /w:mine belongs to dataset d/);
  assert.equal(await pipeline.ledger.get(thief.dataset), null);
});

test('a name has an owner as long as its dataset shows it, or left it and it is not taken away yet', async () => {
  const { dataset, ...moving } = recovered('moves');
  await pipeline.recovery.adopt({ dataset, ...moving });
  const owners = () =>
    Promise.all(['w', 'w2'].map(async (workspace) => (await pipeline.recovery.owners(workspace, ['moves']))[0]));
  assert.deepEqual(await owners(), [dataset, null]);
  const { location, version, options } = moving;
  const claim = { dataset, location, version, options, ingestion: 'i', expected: 7, takenBy: 'job' };
  assert.equal(await pipeline.ledger.takeGeneration(claim), 8);
  const [from, to] = ['w', 'w2'].map((workspace) => ({ workspace, name: 'moves' }));
  assert.ok(from !== undefined && to !== undefined);
  await pipeline.ledger.claimName({ ...to, dataset });
  await pipeline.ledger.apply(dataset, 8, { ...to, state: 'uploading' }, { stage: 'discover' });
  await pipeline.ledger.apply(dataset, 8, { state: 'visible' }, { stage: 'register' });
  assert.deepEqual(await owners(), [dataset, dataset]);
  const again = new Date(Date.now() + 60_000);
  assert.equal(await pipeline.ledger.vacate({ ...from, dataset }, { until: new Date(), again }), true);
  assert.deepEqual(await owners(), [dataset, dataset]);
  await pipeline.ledger.free({ ...from, dataset }, again);
  assert.deepEqual(await owners(), [null, dataset]);
  await pipeline.ledger.claimName({ ...from, dataset });
  assert.deepEqual(await owners(), [null, dataset], 'owned, and nothing leads there');
});

test('a stop between the two writes of it leaves what the sweep finds', async () => {
  const { dataset, location, options } = recovered('half');
  await pipeline.ledger.enter([{ dataset, location, ingestion: 'recovered', options }]);
  assert.equal(await pipeline.sweep({ olderThanMs: -1 }), 1);
  assert.equal((await pipeline.ledger.get(dataset))?.job?.stage, 'discover');
});

test('a file that is asked for is looked at behind everything else', async () => {
  const location = parseLocation('s3://inbox/recovery/lost.tif');
  await pipeline.recovery.ask(location);
  const jobs = await internalsOf(pipeline).queues.of('discover').getJobs(['waiting', 'prioritized']);
  const job = jobs.find(({ data }) => data.dataset === datasetIdOf(location));
  assert.deepEqual([job?.data.force, job?.data.options.priority], [false, 'reconcile']);
  assert.equal((await pipeline.ledger.get(datasetIdOf(location)))?.state, 'found');
});
