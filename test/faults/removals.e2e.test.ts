import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { RECORDED } from '../counterparts/geoserver/index.ts';
import { until } from '../world/until.ts';
import { startWorld, type World } from '../world/world.ts';
import { type Gate, startGate } from './gate.ts';
import { openScene, type Scene, smallRaster } from './scene.ts';

const REMOVED = 200;
/** Rasters that come together while others go: the next ones once half of them are there. */
const WAVE = 10;
const WAVES = 60;
/** Writes that GeoServer is sent at one time, at most. */
const WRITES = 3;

/** What was done on the primary, in its order. */
type Done = { kind: 'removal' | 'publish'; name: string };

/** GeoServer takes as long as recorded, under its one lock. */
suite('[failure] many removals at once, while others are published', () => {
  let world: World;
  let scene: Scene;
  let s3: Gate;

  before(async () => {
    world = await startWorld({ standIn: { latencies: RECORDED, keepMaps: true } });
    s3 = await startGate(world.s3.endpoint);
    scene = await openScene(world, 'bulk', {
      GEOSLUICE_S3_ENDPOINT: s3.url,
      GEOSLUICE_GEOSERVER_WRITE_CONCURRENCY: `${WRITES}`,
      GEOSLUICE_LOCK_SECONDS: '10',
    });
    await scene.startAll();
  });
  after(async () => {
    await scene?.close();
    await s3?.close();
    await world?.stop();
  });

  const doneSince = (start: number): Done[] =>
    world.geoserver.requests.slice(start).flatMap(({ node, method, path, status }): Done[] => {
      if (node !== 0 || (status !== 200 && status !== 201)) return [];
      const removal = /^DELETE .*\/coveragestores\/([^/?]+)\?/.exec(`${method} ${path}`)?.[1];
      const publish = /^POST .*\/coveragestores\/([^/?]+)\/coverages$/.exec(`${method} ${path}`)?.[1];
      if (removal !== undefined) return [{ kind: 'removal', name: removal }];
      return publish === undefined ? [] : [{ kind: 'publish', name: publish }];
    });

  test('both come to their end, in turns, none holds the lock for long, and each removal goes GeoNode, GeoServer, S3', async (t) => {
    const { geoserver, geonode } = world;
    await scene.drop('old', REMOVED);
    const old = await scene.visible(await scene.ingest('old'), REMOVED, 240_000);
    const byDataset = new Map(old.map(({ dataset, name = '' }) => [dataset, name]));
    const names = new Set(byDataset.values());

    // whoever asks for one of them is compared with what came before it
    const tooEarly: string[] = [];
    const [inGeoServer, inS3] = [new Set<string>(), new Set<string>()];
    const { catalogue } = geonode;
    assert.ok(catalogue !== undefined, 'the stand-in');
    geoserver.failures.fail({
      node: 0,
      match: ({ method, path }) => {
        const name = /^DELETE .*\/coveragestores\/([^/?]+)\?/.exec(`${method} ${path}`)?.[1] ?? '';
        if (!names.has(name)) return false;
        inGeoServer.add(name);
        if (catalogue.list().some(({ document }) => document.layer.name === name))
          tooEarly.push(`${name} is in GeoNode`);
        return false;
      },
      answer: 'drop',
    });
    s3.hold(({ path }) => {
      const name = byDataset.get(/(d[a-z2-7]{20})\//.exec(decodeURIComponent(path))?.[1] ?? '');
      if (name === undefined) return false;
      inS3.add(name);
      if (!doneSince(0).some((one) => one.kind === 'removal' && one.name === name)) tooEarly.push(`${name} is a layer`);
      return false;
    });

    const stillThere = async (): Promise<string> => {
      const left: string[] = [];
      for (const { dataset } of old) {
        const { state, job } = (await scene.pipeline.ledger.get(dataset)) ?? {};
        if (state === 'removed') continue;
        left.push(JSON.stringify({ dataset, state, job, steps: await scene.pipeline.ledger.steps(dataset) }));
      }
      return left.join('\n');
    };

    let over = false;
    const waves: string[] = [];
    const come = async (): Promise<void> => {
      while (!over && waves.length < WAVES) {
        await scene.drop(`new${waves.length}`, WAVE);
        const wave = await scene.ingest(`new${waves.length}`);
        waves.push(wave);
        await scene.some(wave, 'visible', WAVE / 2);
      }
    };
    const coming = come();
    await until('the first are there', () => waves.length > 1, { describe: scene.describe });
    const start = geoserver.requests.length;
    await Promise.all(old.map(({ dataset }) => scene.pipeline.remove(dataset, 'delete')));
    // what a person waits for
    const asked = await scene.ingest(await scene.put('asked/one.tif', smallRaster(REMOVED)));
    await until('all are removed', async () => (await scene.pipeline.ledger.counts()).removed === REMOVED, {
      ...{ withinMs: 180_000, describe: stillThere },
    });
    over = true;
    await coming;
    const entries = await scene.visible(asked, 1);
    for (const wave of waves) entries.push(...(await scene.visible(wave, WAVE)));
    await scene.assertOnce(entries);

    const done = doneSince(start);
    const kinds = done.map(({ kind }) => kind);
    const between = (kind: Done['kind'], other: Done['kind']): number =>
      kinds.slice(kinds.indexOf(other), kinds.lastIndexOf(other)).filter((one) => one === kind).length;
    t.diagnostic(done.map(({ kind, name }) => (name === 'one' ? '*' : kind === 'removal' ? '-' : '+')).join(''));
    assert.ok(between('publish', 'removal') >= WAVE, `${between('publish', 'removal')} publishes between removals`);
    assert.ok(between('removal', 'publish') >= REMOVED / 2, `${between('removal', 'publish')} between publishes`);
    const last = kinds.lastIndexOf('removal');
    assert.ok(done.findIndex(({ name }) => name === 'one') < last, 'what is asked for waits for some of them alone');

    assert.deepEqual(tooEarly, []);
    assert.deepEqual([inGeoServer, inS3], [names, names]);
    assert.ok(geoserver.mostWrites() <= WRITES, `${geoserver.mostWrites()} writes at one time`);
    const longest = Math.max(...geoserver.requests.map(({ lockMs }) => lockMs));
    assert.equal(longest, RECORDED.layer, 'no longer than a publish takes');
  });
});
