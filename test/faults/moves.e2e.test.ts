import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { datasetIdOf, type IngestOptions, type LedgerEntry, parseLocation } from '@geosluice/jobs';
import type { Report } from '@geosluice/reconcile';
import { assertDrawn, layerOn, registeredAs } from '../world/look.ts';
import { geosluice } from '../world/processes.ts';
import { until } from '../world/until.ts';
import { geonodeKind } from '../world/which-geonode.ts';
import { startWorld, type World } from '../world/world.ts';
import { type Gate, type Match, startGate } from './gate.ts';
import { type Scene, smallRaster, withScene } from './scene.ts';

/** A worker that was killed keeps others out for five locks, and its turns at GeoServer for half a minute. */
const RECOVERED_MS = 120_000;

suite('[failure] a dataset that moves to another workspace', () => {
  let world: World;
  let gate: Gate;

  before(async () => {
    world = await startWorld({ geonode: geonodeKind });
    gate = await startGate(world.geoserver.url);
  });
  after(async () => {
    await gate?.close();
    await world?.stop();
  });

  const onScene = (name: string, env: Record<string, string>, body: (scene: Scene) => Promise<void>) =>
    withScene(world, name, env, body);
  /** Brings a file in, or asks for it again with other options. */
  const ask = ({ pipeline }: Scene, uri: string, options: IngestOptions = {}) =>
    pipeline.ingestions.start({ sources: [parseLocation(uri)], options });
  const becomes = ({ pipeline, describe }: Scene, uri: string, fits: (entry: LedgerEntry) => boolean) => {
    const look = async (): Promise<LedgerEntry | null> => {
      const entry = await pipeline.ledger.get(datasetIdOf(parseLocation(uri)));
      return entry !== null && fits(entry) ? entry : null;
    };
    return until(`${uri} is as it should be`, look, { withinMs: 60_000, describe });
  };
  const shownAs = (scene: Scene, uri: string, layer: string) =>
    becomes(scene, uri, ({ state, layer: at }) => state === 'visible' && `${at?.workspace}:${at?.name}` === layer);
  const nodesWith = async (layer: string): Promise<number> => {
    const found = await Promise.all(world.geoserver.nodes.map((node) => layerOn(world, node, layer)));
    return found.filter((one) => one !== null).length;
  };
  const isGone = ({ describe }: Scene, layer: string) =>
    until(`${layer} is gone from every node`, async () => (await nodesWith(layer)) === 0, {
      ...{ withinMs: RECOVERED_MS, describe },
    });

  test('who takes its old layer away is killed twice; it goes from every node, and its name is another’s', async () => {
    await onScene('moves', { GEOSLUICE_REPLACED_GRACE_HOURS: '0' }, async (scene) => {
      const { pipeline } = scene;
      const nodes = [gate.url, ...world.geoserver.nodes.slice(1)].join(',');
      const through = { GEOSLUICE_GEOSERVER_URL: gate.url, GEOSLUICE_GEOSERVER_NODES: nodes };
      await Promise.all((['discover', 'upload', 'register'] as const).map((worker) => scene.start(worker)));
      let publishing = await scene.start('publish', through);
      const uri = await scene.put('a/dem.tif', smallRaster(1));
      await ask(scene, uri);
      const first = await shownAs(scene, uri, 'moves:dem');
      const { pk = 0, uuid } = first.geonode ?? {};

      const isRemoval: Match = ({ method, path }) =>
        method === 'DELETE' && path.includes('/workspaces/moves/coveragestores/dem');
      for (const done of [false, true]) {
        // first before GeoServer heard of it, then after it was done and nobody was told
        const hold = gate.hold(isRemoval, { done });
        if (!done) await ask(scene, uri, { workspace: 'moved' });
        await hold.met();
        const { state, layer } = (await pipeline.ledger.get(first.dataset)) ?? {};
        assert.deepEqual([state, layer?.workspace], ['visible', 'moved'], 'it is at its new place before');
        assert.equal((await registeredAs(world, pk))?.alternate, 'moved:dem', 'in GeoNode, too');
        await publishing.end('SIGKILL');
        await hold.gone();
        hold.release();
        if (!done) {
          assert.equal(await nodesWith('moves:dem'), world.geoserver.nodes.length);
          const other = await scene.put('b/other.tif', smallRaster(2));
          await ask(scene, other, { name: 'dem' });
          const refused = await becomes(scene, other, (entry) => entry.state === 'dead');
          assert.equal(refused.reason?.code, 'NAME_TAKEN', 'its name is not free before it is gone');
        }
        publishing = await scene.start('publish', through);
      }
      await isGone(scene, 'moves:dem');
      const isFree = async () => (await pipeline.recovery.owners('moves', ['dem']))[0] === null;
      await until('its name is free', isFree, { withinMs: RECOVERED_MS, describe: scene.describe });
      assert.deepEqual(await pipeline.ledger.left(new Date(Date.now() + 3_600_000), 10), []);

      const moved = await shownAs(scene, uri, 'moved:dem');
      await assertDrawn(world, moved, smallRaster(1));
      assert.deepEqual([moved.geonode?.pk, moved.geonode?.uuid], [pk, uuid], 'the same dataset in GeoNode');
      assert.deepEqual(moved.object, first.object);
      assert.deepEqual(moved.places, [{ workspace: 'moved', name: 'dem' }]);

      const other = `s3://${world.inbox.name}/moves/b/other.tif`;
      await pipeline.retry(datasetIdOf(parseLocation(other)));
      await assertDrawn(world, await shownAs(scene, other, 'moves:dem'), smallRaster(2));
      await assertDrawn(world, await shownAs(scene, uri, 'moved:dem'), smallRaster(1));
    });
  });

  test('there and back: what it shows stays, reconcile finds what is forgotten, and a removal takes all of it', async () => {
    await onScene('returns', {}, async (scene) => {
      const { pipeline } = scene;
      await scene.startAll();
      const uri = await scene.put('a/dem.tif', smallRaster(3));
      await ask(scene, uri);
      const { dataset, geonode, object } = await shownAs(scene, uri, 'returns:dem');
      const leftAt = async () =>
        (await pipeline.ledger.left(new Date(), 10)).map(({ workspace, name }) => `${workspace}:${name}`);
      await ask(scene, uri, { workspace: 'away' });
      await shownAs(scene, uri, 'away:dem');
      assert.deepEqual(await leftAt(), ['returns:dem']);
      await ask(scene, uri);
      const back = await shownAs(scene, uri, 'returns:dem');
      assert.deepEqual(await leftAt(), ['away:dem']);
      assert.deepEqual([back.geonode?.pk, back.object], [geonode?.pk, object]);
      await assertDrawn(world, back, smallRaster(3));

      const reconciled = async (...args: string[]): Promise<Report[]> => {
        const { stdout } = await geosluice(['reconcile', '--json', ...args], scene.env, world.mount);
        const lines = stdout.trimEnd().split('\n').slice(0, -1);
        return lines.map((line) => JSON.parse(line) as Report).filter((report) => report.dataset === dataset);
      };
      assert.deepEqual(await reconciled(), [], 'what awaits the end of its grace is no difference');
      // as where it was lost that it is left
      await pipeline.ledger.claimName({ workspace: 'away', name: 'dem', dataset });
      const found = await reconciled('--repair');
      assert.deepEqual(
        found.map(({ difference, subject, outcome }) => `${difference} ${subject} ${outcome}`),
        world.geoserver.nodes.map(() => 'doubled away:dem done'),
      );
      await isGone(scene, 'away:dem');
      await until('its name is free', async () => (await pipeline.recovery.owners('away', ['dem']))[0] === null);
      assert.deepEqual(await reconciled(), []);

      await ask(scene, uri, { name: 'heights' });
      const renamed = await shownAs(scene, uri, 'returns:heights');
      assert.equal(renamed.geonode?.pk, geonode?.pk);
      assert.equal(await nodesWith('returns:dem'), world.geoserver.nodes.length, 'its grace is not over');
      await pipeline.remove(dataset, 'delete');
      await becomes(scene, uri, ({ state }) => state === 'removed');
      for (const layer of ['returns:dem', 'returns:heights']) await isGone(scene, layer);
      assert.deepEqual(await leftAt(), []);
      assert.deepEqual(await pipeline.recovery.owners('returns', ['dem', 'heights']), [null, null]);
      assert.deepEqual(await world.target.keys(`${scene.name}/${dataset}/`), []);
    });
  });
});
