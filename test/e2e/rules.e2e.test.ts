import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import type { DatasetHistory } from '@geosluice/gateway-api';
import { layerOn } from '../world/look.ts';
import { until } from '../world/until.ts';
import type { World } from '../world/world.ts';
import { type Deployment, startDeployment } from './deployment.ts';
import { sidecar, smallRaster } from './samples.ts';

const WATCHED = ['deleted', 'unpublished', 'patient', 'capped'];

function rulesOf(bucket: string): string {
  const source = (folder: string): string => `source: s3://${bucket}/${folder}/`;
  return `version: 1
rules:
  - { name: described, ${source('described')}, category: elevation, keywords: [by rule], style: generic, permissions: owner }
  - { name: deeper, ${source('described/deeper')}, keywords: [by the deeper rule] }
  - { name: deleted, ${source('deleted')}, deletions: { policy: delete, graceHours: 0, capPercent: 100 } }
  - { name: unpublished, ${source('unpublished')}, deletions: { policy: unpublish, graceHours: 0, capPercent: 100 } }
  - { name: patient, ${source('patient')}, deletions: { policy: delete, graceHours: 1, capPercent: 100 } }
  - { name: capped, ${source('capped')}, deletions: { policy: delete, graceHours: 0, capPercent: 34 } }
  - { name: versions, ${source('versions')}, duplicates: version }
  - { name: skipped, ${source('skipped')}, duplicates: skip }
  - { name: refused, ${source('refused')}, duplicates: error }
`;
}

suite('[contract] what a rules file says', () => {
  let deployment: Deployment;

  before(async () => {
    const env = ({ mount, inbox }: World): Record<string, string> => {
      const path = join(mount, 'rules.yaml');
      writeFileSync(path, rulesOf(inbox.name));
      return { GEOSLUICE_RULES_FILE: path };
    };
    deployment = await startDeployment({ env });
    // looked through once: from then on notifications tell
    for (const folder of WATCHED) await deployment.watch(`${folder}/`, {}, 3_600);
  });
  after(async () => {
    await deployment?.close();
  });

  const brought = async (key: string, seed: number): Promise<DatasetHistory> => {
    const uri = await deployment.put(key, smallRaster(seed));
    await deployment.ingested(uri);
    return await deployment.becomes(uri, 'visible');
  };
  const defaultStyle = async ({ workspace, name }: DatasetHistory): Promise<string | undefined> => {
    const { geoserver } = deployment.world;
    const layer = await layerOn(deployment.world, geoserver.nodes[0] ?? geoserver.url, `${workspace}:${name}`);
    return ((layer?.defaultStyle ?? {}) as { name?: string }).name;
  };
  const takeAway = async (key: string): Promise<void> => {
    await deployment.world.inbox.drop(key);
    await deployment.notify(key, 'ObjectRemoved:Delete');
  };
  const noted = (uri: string, note: string): Promise<DatasetHistory> =>
    until(`the history of ${uri} has ${note}`, async () => {
      const entry = await deployment.entry(uri);
      return entry?.steps.some((step) => step.note === note) === true ? entry : null;
    });

  test('options hold for what lies below its source, those of the longer source alone', async () => {
    await deployment.put('described/a.xml', sidecar('Described'));
    const entry = await brought('described/a.tif', 1);
    await deployment.assertThere(entry, smallRaster(1), 'Described');
    const deeper = await brought('described/deeper/b.tif', 2);
    assert.deepEqual(
      [entry, deeper].map(({ options }) => options?.rule),
      ['described', 'deeper'],
    );
    assert.deepEqual(await Promise.all([entry, deeper].map(defaultStyle)), ['generic', 'raster']);
  });

  test('a file that is gone takes layer, dataset and object with it, and comes in again', async () => {
    const entry = await brought('deleted/gone.tif', 3);
    await takeAway('deleted/gone.tif');
    const removed = await deployment.becomes(entry.uri, 'removed', { after: entry.generation });
    await deployment.assertGone(entry);
    await deployment.put('deleted/gone.tif', smallRaster(3));
    await deployment.notify('deleted/gone.tif', 'ObjectCreated:Put');
    const back = await deployment.becomes(entry.uri, 'visible', { after: removed.generation });
    await deployment.assertThere(back, smallRaster(3), 'gone');
  });

  test('a layer that is only unpublished leaves its object in the bucket', async () => {
    const entry = await brought('unpublished/gone.tif', 4);
    await takeAway('unpublished/gone.tif');
    await deployment.becomes(entry.uri, 'removed', { after: entry.generation });
    const keys = await deployment.world.target.keys(`${deployment.env.GEOSLUICE_S3_PREFIX}/${entry.dataset}/`);
    assert.deepEqual(keys, [entry.object?.key]);
  });

  test('within its grace a file may come back, and nothing was touched', async () => {
    const entry = await brought('patient/back.tif', 5);
    const writes = deployment.geoserverWrites();
    await takeAway('patient/back.tif');
    await noted(entry.uri, 'source-gone-in-grace');
    await deployment.assertThere(entry, smallRaster(5), 'back');
    await deployment.put('patient/back.tif', smallRaster(5));
    await deployment.notify('patient/back.tif', 'ObjectCreated:Put');
    await deployment.ingested(entry.uri);
    await deployment.assertThere(await deployment.becomes(entry.uri, 'visible'), smallRaster(5), 'back');
    assert.equal(deployment.geoserverWrites(), writes);
  });

  test('more than its share at once is held, and stays until a person says so', async () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    const entries: DatasetHistory[] = [];
    for (const [at, name] of names.entries()) entries.push(await brought(`capped/${name}.tif`, 10 + at));
    const [first, second, third, ...stay] = entries as [DatasetHistory, DatasetHistory, DatasetHistory];
    await takeAway('capped/a.tif');
    await deployment.becomes(first.uri, 'removed', { after: first.generation });
    // what went within a day counts on: a third of five is one
    for (const name of ['b', 'c']) await takeAway(`capped/${name}.tif`);
    for (const { uri } of [second, third]) await noted(uri, 'source-gone-over-cap');
    for (const [at, entry] of [second, third, ...stay].entries()) {
      const now = await deployment.becomes(entry.uri, 'visible');
      await deployment.assertThere(now, smallRaster(11 + at), names[at + 1] ?? '');
    }
    await deployment.cli(['rm', second.dataset]);
    await deployment.becomes(second.uri, 'removed', { after: second.generation });
  });

  test('other content under a published name: a layer of its own, none at all, or a dead letter', async () => {
    const [kept, left, held] = [
      await brought('versions/scene.tif', 20),
      await brought('skipped/scene.tif', 21),
      await brought('refused/scene.tif', 22),
    ];
    for (const [at, folder] of ['versions', 'skipped', 'refused'].entries()) {
      await deployment.put(`${folder}/scene.tif`, smallRaster(30 + at));
    }
    const { id } = await deployment.ingested(deployment.uri('versions/scene.tif'));
    const { datasets } = await deployment.world.gateway.datasets(
      { ingestion: id, limit: 10 },
      AbortSignal.timeout(5_000),
    );
    const other = datasets.find(({ dataset }) => dataset !== kept.dataset);
    assert.ok(other, JSON.stringify(datasets));
    assert.equal(other.name, `${kept.name}_v2`);
    await deployment.assertThere({ ...other, steps: [] }, smallRaster(30), 'scene');
    await deployment.assertThere(await deployment.becomes(kept.uri, 'visible'), smallRaster(20), 'scene');

    await deployment.ingested(left.uri);
    await noted(left.uri, 'other-content-skipped');
    await deployment.assertThere(await deployment.becomes(left.uri, 'visible'), smallRaster(21), 'scene');

    await deployment.ingested(held.uri);
    const dead = await deployment.becomes(held.uri, 'dead', { after: held.generation });
    assert.equal(dead.reason?.code, 'CONTENT_CHANGED');
    await deployment.cli(['retry', dead.dataset]);
    const replaced = await deployment.becomes(held.uri, 'visible', { after: dead.generation });
    await deployment.assertThere(replaced, smallRaster(32), 'scene');
    assert.equal(replaced.name, held.name);
  });
});
