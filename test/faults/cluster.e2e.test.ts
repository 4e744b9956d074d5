import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { startWorld, type World } from '../world/world.ts';
import { type Gate, startGate } from './gate.ts';
import { openScene, type Scene } from './scene.ts';

const COUNT = 24;
const DOWN_MS = 1_500;

/** Three nodes that hear of each other badly, and go down one after the other while layers are published. */
suite('[failure] a cluster whose events are lost, late and doubled, and whose nodes restart', () => {
  let world: World;
  let scene: Scene;
  const gates: Gate[] = [];

  before(async () => {
    world = await startWorld();
    for (const node of world.geoserver.nodes) gates.push(await startGate(node));
    scene = await openScene(world, 'cluster', {
      GEOSLUICE_GEOSERVER_URL: gates[0]?.url ?? '',
      GEOSLUICE_GEOSERVER_NODES: gates.map(({ url }) => url).join(','),
      GEOSLUICE_GEOSERVER_DRAWN_DEADLINE_SECONDS: '2',
      GEOSLUICE_GEOSERVER_WRITE_TIMEOUT_SECONDS: '5',
    });
    await scene.startAll();
  });
  after(async () => {
    await scene?.close();
    for (const gate of gates) await gate.close();
    await world?.stop();
  });

  test('every layer is on every node in the end, once, and who had to be told is named in its history', async () => {
    const { cluster } = world.geoserver;
    cluster.lose(1, 5);
    cluster.setDelay(2, 700);
    cluster.double(2, true);
    const names = await scene.drop('badly', COUNT);
    const ingestion = await scene.ingest('badly');
    for (const [at, gate] of gates.entries()) {
      await scene.some(ingestion, 'visible', (at + 1) * 4);
      // its catalog is on its disk, and what was said meanwhile it hears when it is back
      cluster.pause(at);
      await gate.shut();
      await wait(DOWN_MS);
      await gate.open();
      cluster.resume(at);
    }
    const entries = await scene.visible(ingestion, names.length, 180_000);
    await scene.assertOnce(entries);
    const steps = (await Promise.all(entries.map(({ dataset }) => scene.pipeline.ledger.steps(dataset)))).flat();
    const repaired = steps.filter(({ note = '' }) => note.startsWith('repaired on '));
    assert.ok(repaired.length > 0, 'a change that never arrives is made up for');
    assert.ok(repaired.some(({ note }) => note?.includes(gates[1]?.url ?? '-')));
    assert.ok(steps.every(({ state }) => state !== 'dead'));
  });
});
