import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type { DatasetHistory } from '@geosluice/gateway-api';
import type { IngestOptions } from '@geosluice/jobs';
import { brokenTiffs } from '../rasters/broken-tiffs.ts';
import { assertDrawn, layerOn, registeredAs, registeredIn } from '../world/look.ts';
import { until } from '../world/until.ts';
import { type Deployment, startDeployment } from './deployment.ts';
import { redStyle, sidecar, smallRaster } from './samples.ts';

suite('[contract] what changes after the first time', () => {
  let deployment: Deployment;

  before(async () => {
    deployment = await startDeployment({ env: ({ inbox }) => ({ GEOSLUICE_IN_PLACE_BUCKETS: inbox.name }) });
  });
  after(async () => {
    await deployment?.close();
  });

  /** A watched folder of the inbox for one test. */
  const watched = async (
    name: string,
    options: IngestOptions,
    body: (folder: string) => Promise<void>,
  ): Promise<void> => {
    const end = await deployment.watch(`${name}/`, options);
    try {
      await body(`${name}/`);
    } finally {
      await end();
    }
  };
  /** Lists a folder once more, to the end. */
  const listAgain = (folder: string, options: IngestOptions = {}) =>
    deployment.ingested(deployment.uri(folder), options);

  /** The stages that worked for the newest generation. */
  const stagesOf = ({ steps, generation }: DatasetHistory): Set<string> =>
    new Set(steps.filter((step) => step.generation === generation).map(({ stage }) => stage ?? ''));

  const same = (before: DatasetHistory, now: DatasetHistory): void => {
    assert.equal(now.name, before.name, 'the layer keeps its name');
    assert.deepEqual(now.geonode, before.geonode, 'it is the same dataset in GeoNode');
  };

  test('a late sidecar, a changed one and a removed one touch the description alone', async () => {
    await watched('late', {}, async (folder) => {
      const raster = smallRaster(1);
      const uri = await deployment.put(`${folder}scene.tif`, raster);
      const bare = await deployment.becomes(uri, 'visible');
      assert.deepEqual([bare.title, bare.metadataState], ['scene', 'none']);
      const writes = deployment.geoserverWrites();

      await deployment.put(`${folder}scene.xml`, sidecar('Late'));
      const late = await deployment.becomes(uri, 'visible', { after: bare.generation });
      await deployment.put(`${folder}scene.xml`, sidecar('Later'));
      const later = await deployment.becomes(uri, 'visible', { after: late.generation });
      await deployment.assertThere(later, raster, 'Later');
      await deployment.world.inbox.drop(`${folder}scene.xml`);
      const gone = await deployment.becomes(uri, 'visible', { after: later.generation });
      await deployment.assertThere(gone, raster, 'scene');

      assert.equal(late.title, 'Late');
      for (const entry of [late, later, gone]) {
        same(bare, entry);
        assert.deepEqual(entry.object, bare.object);
        assert.deepEqual(stagesOf(entry), new Set(['discover', 'register']));
      }
      assert.equal(deployment.geoserverWrites(), writes, 'GeoServer is asked to change nothing');
    });
  });

  test('a changed raster moves its layer to the new pixels, under the same name and id', async () => {
    await watched('changed', {}, async (folder) => {
      const [first, second] = [smallRaster(2), smallRaster(3)];
      assert.equal(first.length, second.length, 'the size tells nothing');
      await deployment.put(`${folder}map.xml`, sidecar('A map'));
      const uri = await deployment.put(`${folder}map.tif`, first);
      const before = await deployment.becomes(uri, 'visible');
      await deployment.assertThere(before, first, 'A map');
      await deployment.put(`${folder}map.tif`, second);
      const now = await deployment.becomes(uri, 'visible', { after: before.generation });
      same(before, now);
      assert.notEqual(now.object?.key, before.object?.key, 'an object is never written over');
      await deployment.assertThere(now, second, 'A map');
      await assert.rejects(
        assertDrawn(deployment.world, now, first),
        /of the pixels are right/,
        'no map is the old one',
      );

      const moved = smallRaster(4, { origin: [250_000, 800_000], width: 128, epsg: 32632 });
      await deployment.put(`${folder}map.tif`, moved);
      const elsewhere = await deployment.becomes(uri, 'visible', { after: now.generation });
      same(before, elsewhere);
      assert.equal(elsewhere.layer?.srs, 'EPSG:32632');
      await deployment.assertThere(elsewhere, moved, 'A map');
    });
  });

  test('a raster that goes back to what it was is shown as it was', async () => {
    await watched('back', {}, async (folder) => {
      const versions = [smallRaster(5), smallRaster(6), smallRaster(5)];
      let generation = -1;
      for (const raster of versions) {
        const uri = await deployment.put(`${folder}again.tif`, raster);
        const entry = await deployment.becomes(uri, 'visible', { after: generation });
        await deployment.assertThere(entry, raster, 'again');
        generation = entry.generation;
      }
      assert.equal(generation, 3);
    });
  });

  test('a listing that finds nothing new does nothing', async () => {
    await deployment.put('still/one.xml', sidecar('One'));
    const uris = [
      await deployment.put('still/one.tif', smallRaster(7)),
      await deployment.put('still/bad.tif', brokenTiffs.noCrs()),
    ];
    await listAgain('still/');
    const before = await Promise.all(uris.map(deployment.entry));
    const writes = deployment.geoserverWrites();
    await listAgain('still/');
    await listAgain('still/');
    // an unchanged file that is asked for by name is looked at and left
    await deployment.ingested(uris);
    const now = await Promise.all(uris.map(deployment.entry));
    assert.deepEqual(
      now.map((entry) => [entry?.state, entry?.generation]),
      [
        ['visible', 1],
        ['dead', 1],
      ],
    );
    assert.deepEqual(now[0]?.object, before[0]?.object);
    assert.equal(deployment.geoserverWrites(), writes);
  });

  test('a changed rule takes effect on everything it covers', async () => {
    const names = ['a', 'b', 'c'];
    await watched('ruled', {}, async (folder) => {
      const uris: string[] = [];
      for (const [at, name] of names.entries()) {
        uris.push(await deployment.put(`${folder}${name}.tif`, smallRaster(10 + at)));
      }
      const before = await Promise.all(uris.map((uri) => deployment.becomes(uri, 'visible')));
      await deployment.watch(folder, { title: 'By the rule', keywords: ['ruled'] });
      const now = await Promise.all(
        before.map(({ uri, generation }) => deployment.becomes(uri, 'visible', { after: generation })),
      );
      for (const [at, entry] of now.entries()) {
        same(before[at] as DatasetHistory, entry);
        await deployment.assertThere(entry, smallRaster(10 + at), 'By the rule');
      }
    });
  });

  test('a mended file comes in by itself where it is watched, and by a replay where it is not', async () => {
    await watched('mended', {}, async (folder) => {
      const uri = await deployment.put(`${folder}cut.tif`, brokenTiffs.truncated());
      const dead = await deployment.becomes(uri, 'dead');
      assert.equal(dead.reason?.code, 'TRUNCATED');
      await deployment.put(`${folder}cut.tif`, smallRaster(15));
      const entry = await deployment.becomes(uri, 'visible', { after: dead.generation });
      assert.equal(entry.reason, undefined);
      await deployment.assertThere(entry, smallRaster(15), 'cut');
    });
    const uri = await deployment.put('unwatched/cut.tif', brokenTiffs.truncated());
    await deployment.ingested(uri);
    const dead = await deployment.becomes(uri, 'dead');
    await deployment.put('unwatched/cut.tif', smallRaster(16));
    const said = await deployment.cliJson(['dead-letters', 'replay', dead.dataset]);
    assert.deepEqual(said, { replayed: 1 });
    const entry = await deployment.becomes(uri, 'visible', { after: dead.generation });
    await deployment.assertThere(entry, smallRaster(16), 'cut');
    assert.notEqual(entry.name, 'cut', 'the other file of this name has the plain one');
    const { deadLetters } = await deployment.world.gateway.deadLetters(
      { code: 'TRUNCATED' },
      AbortSignal.timeout(5_000),
    );
    assert.deepEqual(deadLetters, []);
  });

  test('a retry looks at everything again and doubles nothing', async () => {
    const uri = await deployment.put('retried/again.tif', smallRaster(17));
    await deployment.ingested(uri);
    const before = await deployment.becomes(uri, 'visible');
    await deployment.cli(['retry', before.dataset]);
    const now = await deployment.becomes(uri, 'visible', { after: before.generation });
    same(before, now);
    assert.equal(now.object?.key, before.object?.key);
    await deployment.assertThere(now, smallRaster(17), 'again');
    await deployment.assertOnce();
  });

  test('what is removed is gone everywhere and stays so, until its file changes', async () => {
    await watched('removed', {}, async (folder) => {
      await deployment.put(`${folder}old.xml`, sidecar('Old'));
      const uri = await deployment.put(`${folder}old.tif`, smallRaster(18));
      const before = await deployment.becomes(uri, 'visible');
      await deployment.cli(['rm', before.dataset]);
      const removed = await deployment.becomes(uri, 'removed', { after: before.generation });
      await deployment.assertGone(before);
      assert.equal(await registeredAs(deployment.world, before.geonode?.pk ?? 0), null);
      assert.ok((await deployment.world.inbox.keys(folder)).includes(`${folder}old.tif`), 'the inbox is not ours');

      await listAgain(folder);
      const still = await deployment.becomes(uri, 'removed');
      assert.equal(still.generation, removed.generation);
      await deployment.assertGone(before);

      await deployment.put(`${folder}old.tif`, smallRaster(19));
      const back = await deployment.becomes(uri, 'visible', { after: removed.generation });
      await deployment.assertThere(back, smallRaster(19), 'Old');
      await deployment.assertOnce();
    });
  });

  test('a removal may leave the object in the bucket', async () => {
    const uri = await deployment.put('kept/object.tif', smallRaster(20));
    await deployment.ingested(uri);
    const before = await deployment.becomes(uri, 'visible');
    await deployment.cli(['rm', before.dataset, '--keep-object']);
    await deployment.becomes(uri, 'removed');
    const keys = await deployment.world.target.keys(`${deployment.env.GEOSLUICE_S3_PREFIX}/${before.dataset}/`);
    assert.deepEqual(keys, [before.object?.key]);
    for (const node of deployment.world.geoserver.nodes) {
      const layer = `${before.workspace}:${before.name}`;
      await until(`${layer} is gone from ${node}`, async () => (await layerOn(deployment.world, node, layer)) === null);
    }
  });

  test('two files of one name become two layers, and a name that is taken is refused', async () => {
    await watched('names', {}, async (folder) => {
      const uris = [
        await deployment.put(`${folder}2019/ndvi mean.tif`, smallRaster(21)),
        await deployment.put(`${folder}2020/ndvi mean.tif`, smallRaster(22)),
      ];
      const [one, other] = await Promise.all(uris.map((uri) => deployment.becomes(uri, 'visible')));
      assert.notEqual(one?.name, other?.name);
      assert.ok([one?.name, other?.name].includes('ndvi_mean'));
      await deployment.assertThere(one as DatasetHistory, smallRaster(21), 'ndvi mean');
      await deployment.assertThere(other as DatasetHistory, smallRaster(22), 'ndvi mean');
      const third = await deployment.put('named/third.tif', smallRaster(23));
      await deployment.ingested(third, { name: 'ndvi_mean' });
      assert.equal((await deployment.becomes(third, 'dead')).reason?.code, 'NAME_TAKEN');
      await deployment.ingested(third, { name: 'ndvi_third' });
      const entry = await deployment.becomes(third, 'visible');
      assert.equal(entry.name, 'ndvi_third');
      await deployment.assertThere(entry, smallRaster(23), 'third');
    });
  });

  test('a rule that requires metadata waits for the sidecar, and gives up in the end', async () => {
    await watched('required', { metadata: 'required', metadataGraceSeconds: 600 }, async (folder) => {
      const uri = await deployment.put(`${folder}waits.tif`, smallRaster(24));
      await deployment.becomes(uri, 'waiting');
      assert.equal((await deployment.entry(uri))?.object, undefined);
      await deployment.put(`${folder}waits.xml`, sidecar('Worth waiting for'));
      const entry = await deployment.becomes(uri, 'visible');
      await deployment.assertThere(entry, smallRaster(24), 'Worth waiting for');
    });
    const uri = await deployment.put('required-once/never.tif', smallRaster(25));
    await deployment.ingested(uri, { metadata: 'required', metadataGraceSeconds: 1 });
    assert.equal((await deployment.becomes(uri, 'dead')).reason?.code, 'METADATA_MISSING');
  });

  test('the file in the inbox is deleted or tagged once it is registered, where the rule says so', async () => {
    const { inbox } = deployment.world;
    await watched('consumed', { after: 'delete' }, async (folder) => {
      const uri = await deployment.put(`${folder}spent.tif`, smallRaster(26));
      const entry = await deployment.becomes(uri, 'visible');
      assert.deepEqual(await inbox.keys(folder), []);
      await listAgain(folder);
      await deployment.assertThere(await deployment.becomes(uri, 'visible'), smallRaster(26), 'spent');
      assert.equal((await deployment.entry(uri))?.generation, entry.generation);
    });
    await watched('tagged', { after: 'tag' }, async (folder) => {
      const uri = await deployment.put(`${folder}marked.tif`, smallRaster(27));
      const entry = await deployment.becomes(uri, 'visible');
      assert.deepEqual(await inbox.tags(`${folder}marked.tif`), { 'geosluice-dataset': entry.dataset });
      await listAgain(folder);
      assert.equal((await deployment.entry(uri))?.generation, entry.generation, 'a tag is no change');
    });
  });

  test('a raster is served where it lies, and copied once its content changed under the same key', async () => {
    const { inbox } = deployment.world;
    await watched('inplace', { storage: 'in-place' }, async (folder) => {
      const [lying, other] = [smallRaster(28), smallRaster(29)];
      const uri = await deployment.put(`${folder}archive.tif`, lying);
      const left = await deployment.put(`${folder}left.tif`, other);
      const before = await deployment.becomes(uri, 'visible');
      assert.deepEqual(
        [before.object?.bucket, before.object?.key, before.object?.owned],
        [...[inbox.name, `${folder}archive.tif`, false]],
      );
      assert.deepEqual(
        await deployment.world.target.keys(`${deployment.env.GEOSLUICE_S3_PREFIX}/${before.dataset}/`),
        [],
      );
      await deployment.assertThere(before, lying, 'archive');

      await deployment.put(`${folder}archive.tif`, smallRaster(30));
      const now = await deployment.becomes(uri, 'visible', { after: before.generation });
      same(before, now);
      assert.deepEqual([now.object?.bucket, now.object?.owned], [deployment.world.target.name, true]);
      await deployment.assertThere(now, smallRaster(30), 'archive');

      const stays = await deployment.becomes(left, 'visible');
      await deployment.cli(['rm', stays.dataset]);
      await deployment.becomes(left, 'removed');
      await deployment.assertGone(stays);
      assert.ok((await inbox.keys(folder)).includes(`${folder}left.tif`), 'what is served in place is never deleted');
    });
  });

  test('a rule may ask for a COG store, and change its mind', async () => {
    await watched('cog', { store: 'cog' }, async (folder) => {
      const raster = smallRaster(31, { width: 512, height: 512, tileSize: 128, overviews: 1, layout: 'cog' });
      const uri = await deployment.put(`${folder}optimized.tif`, raster);
      const entry = await deployment.becomes(uri, 'visible');
      assert.equal(entry.layer?.storeType, 'cog');
      await deployment.assertThere(entry, raster, 'optimized');
      await deployment.watch(folder, { store: 's3geotiff' });
      const now = await deployment.becomes(uri, 'visible', { after: entry.generation });
      assert.equal(now.layer?.storeType, 's3geotiff');
      same(entry, now);
      await deployment.assertThere(now, raster, 'optimized');
    });
  });

  test('a style beside the raster becomes the layer’s default on every node', async () => {
    await watched('styled', {}, async (folder) => {
      await deployment.put(`${folder}red.sld`, redStyle('red'));
      const uri = await deployment.put(`${folder}red.tif`, smallRaster(32));
      const entry = await deployment.becomes(uri, 'visible');
      assert.equal(entry.layer?.style, entry.name);
      for (const node of deployment.world.geoserver.nodes) {
        const layer = await layerOn(deployment.world, node, `${entry.workspace}:${entry.name}`);
        const { name } = (layer?.defaultStyle ?? {}) as { name?: string };
        assert.match(name ?? '', new RegExp(`(^|:)${entry.name}$`), node);
      }
    });
  });

  test('in the end nothing is doubled and nothing is left over', async () => {
    await deployment.assertOnce();
    const listed = await registeredIn(deployment.world, deployment.workspace);
    assert.equal(new Set(listed.map(({ pk }) => pk)).size, listed.length);
  });
});
