import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { datasetIdOf, jobIdOf } from '@geosluice/jobs';
import { openPipeline, type Pipeline } from '@geosluice/pipeline';
import { openScene, type Scene, smallRaster } from '../../../faults/scene.ts';
import { until } from '../../../world/until.ts';
import { startWorld, type World } from '../../../world/world.ts';
import { type Places, roadOf } from './dataset.ts';
import { fill, prepare } from './fill.ts';
import { RULE, rulesFile } from './rule.ts';
import { tracesOf } from './traces.ts';

const { signal } = new AbortController();
/** Not the one of a hundred that is gone. */
const NUMBER = 1;

suite('[bench] what a deployment is filled with', () => {
  let world: World;
  let scene: Scene;
  let places: Places;
  let filled: Pipeline;
  before(async () => {
    world = await startWorld();
    const folder = 'bench-normal/scenes/';
    const source = `s3://${world.inbox.name}/${folder}`;
    const rules = join(world.mount, 'rules.yaml');
    await writeFile(rules, rulesFile(source));
    scene = await openScene(world, 'bench-normal', { GEOSLUICE_RULES_FILE: rules });
    const { GEOSLUICE_S3_PREFIX: prefix = '', GEOSLUICE_WORKSPACE: workspace = '' } = scene.env;
    places = {
      ...{ inbox: world.inbox.name, folder, target: world.target.name, prefix, workspace },
      publicUrl: world.geoserver.url,
    };
    filled = await openPipeline({ redisUrl: world.redis.url, prefix: 'bench-filled' });
  });
  after(async () => {
    await filled?.close();
    await scene?.close();
    await world?.stop();
  });

  test('is what comes in the normal way: the same keys, indexes, fields and history', async () => {
    await scene.put(`scenes/scene_${NUMBER}.tif`, smallRaster(NUMBER));
    await scene.startAll();
    const ingestion = await scene.ingest('scenes');
    const [entry] = await scene.visible(ingestion, 1);
    // the next listing knows it, and its rule looks after it from then on
    await scene.ingest('scenes');
    await until('its rule looks after it', async () => (await scene.pipeline.files())[0]?.files === 1);
    const normal = await tracesOf(world.redis.url, scene.name, entry?.dataset ?? '', ingestion);

    await fill(filled, places, { from: NUMBER, count: 1 }, 'i0filled', signal);
    assert.deepEqual(await tracesOf(world.redis.url, 'bench-filled', entry?.dataset ?? '', 'i0filled'), normal);
    assert.ok(normal.includes(`P:files:${RULE} has it`) && normal.length > 20, normal.join('\n'));
  });

  test('is so many in each: entries, names and files of the rule, of which one in a hundred is gone', async () => {
    await fill(filled, places, { from: 1_000, count: 600 }, 'more', signal);
    assert.equal((await filled.ledger.counts()).visible, 601);
    assert.equal((await filled.ledger.counts('more')).visible, 600);
    assert.deepEqual(await filled.files(), [{ rule: RULE, files: 601, gone: 6 }]);
    const { upload } = await roadOf(1_599, 'more', places);
    const { workspace, name } = upload;
    assert.equal(await filled.ledger.claimName({ workspace, name, dataset: 'another' }), upload.dataset);
  });

  test('a dataset that is prepared waits for its publish job alone', async () => {
    const [job] = await prepare(filled, places, { from: 5_000, count: 1 }, 'next', signal);
    const location = { kind: 's3', bucket: places.inbox, key: `${places.folder}scene_5000.tif` } as const;
    const entry = await filled.ledger.get(datasetIdOf(location));
    assert.deepEqual([entry?.state, entry?.job], ['publishing', { stage: 'publish', id: jobIdOf(job!) }]);
    assert.equal((await filled.queues.counts()).publish.waiting, 0);
    await filled.queues.add([job!]);
    const { publish } = await filled.queues.counts();
    assert.equal(publish.waiting + publish.prioritized, 1);
  });
});
