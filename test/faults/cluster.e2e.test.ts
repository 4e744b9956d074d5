import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { LedgerEntry } from '@geosluice/jobs';
import { assertDrawn } from '../world/look.ts';
import { until } from '../world/until.ts';
import { startWorld, type World } from '../world/world.ts';
import { type Gate, startGate } from './gate.ts';
import { openScene, type Scene, smallRaster } from './scene.ts';

const COUNT = 24;
const CHANGED = 6;
const DOWN_MS = 1_500;

/** Other bands, another box and another CRS than the first: nothing that is derived from a raster stays. */
const OTHER = { bands: 3, photometric: 2, width: 128, epsg: 32632, origin: [250_000, 800_000] } as const;

/** What of GeoServer's documents is looked at. */
interface CoverageDocument {
  coverage: {
    srs: string;
    nativeBoundingBox: { minx: number; maxx: number };
    dimensions: { coverageDimension: object | object[] };
  };
}
interface LayerDocument {
  layer: { defaultStyle: { name: string } };
}

/** Draws everything in one colour. */
function plainStyle(colour: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<StyledLayerDescriptor version="1.0.0" xmlns="http://www.opengis.net/sld"><NamedLayer><Name>plain</Name><UserStyle>
<FeatureTypeStyle><Rule><RasterSymbolizer><ColorMap type="intervals">
<ColorMapEntry color="${colour}" quantity="1000"/></ColorMap></RasterSymbolizer></Rule></FeatureTypeStyle>
</UserStyle></NamedLayer></StyledLayerDescriptor>`;
}

/** Three nodes that hear of each other badly, and go down one after the other while layers are published. */
suite('[failure] a cluster whose events are lost, late and doubled, and whose nodes restart', () => {
  let world: World;
  let scene: Scene;
  const gates: Gate[] = [];
  let there: LedgerEntry[] = [];

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

  /** Goes down for a while. Its catalog is on its disk, and what was said meanwhile it hears when it is back. */
  const restart = async (at: number): Promise<void> => {
    world.geoserver.cluster.pause(at);
    await gates[at]?.shut();
    await wait(DOWN_MS);
    await gates[at]?.open();
    world.geoserver.cluster.resume(at);
  };
  /** Which of them say in the history of their newest generation that a node was told by itself. */
  const toldByItself = async (entries: readonly LedgerEntry[], at: number): Promise<LedgerEntry[]> => {
    const node = gates[at]?.url ?? '-';
    const told = await Promise.all(
      entries.map(async ({ dataset }) => {
        const generation = (await scene.pipeline.ledger.get(dataset))?.generation;
        const steps = await scene.pipeline.ledger.steps(dataset);
        return steps.some(
          ({ note = '', generation: of }) => of === generation && note.includes('repaired on ') && note.includes(node),
        );
      }),
    );
    return entries.filter((_, index) => told[index]);
  };
  /** What a node answers about something in the workspace; null where it does not have it. */
  const askedOf = async (node: string, path: string): Promise<string | null> => {
    const { user, password } = world.geoserver;
    const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
    const response = await fetch(`${node}/rest/workspaces/${scene.name}/${path}`, { headers: { authorization } });
    const text = await response.text();
    if (response.status === 404) return null;
    assert.equal(response.status, 200, text);
    return text;
  };

  test('every layer is on every node in the end, once, and who had to be told is named in its history', async () => {
    const { cluster } = world.geoserver;
    cluster.lose(1, 5);
    cluster.setDelay(2, 700);
    cluster.double(2, true);
    const names = await scene.drop('badly', COUNT);
    const ingestion = await scene.ingest('badly');
    for (const at of gates.keys()) {
      await scene.some(ingestion, 'visible', (at + 1) * 4);
      await restart(at);
    }
    const entries = await scene.visible(ingestion, names.length, 180_000);
    await scene.assertOnce(entries);
    there = entries;
    const steps = (await Promise.all(entries.map(({ dataset }) => scene.pipeline.ledger.steps(dataset)))).flat();
    const repaired = steps.filter(({ note = '' }) => note.startsWith('repaired on '));
    assert.ok(repaired.length > 0, 'a change that never arrives is made up for');
    assert.ok(repaired.some(({ note }) => note?.includes(gates[1]?.url ?? '-')));
    assert.ok(steps.every(({ state }) => state !== 'dead'));
  });

  test('new content, another style and a removal, of which one node hears every second word, are on all nodes in the end', async () => {
    const { cluster } = world.geoserver;
    cluster.lose(1, 0);
    cluster.setDelay(2, 50);
    cluster.double(2, false);
    const names = Array.from({ length: CHANGED }, (_, at) => `changing_${at}`);
    const come = async (rasters: readonly Uint8Array[] | null, colour: string): Promise<string> => {
      for (const [at, name] of names.entries()) {
        await scene.put(`changing/${name}.sld`, plainStyle(colour));
        if (rasters !== null) await scene.put(`changing/${name}.tif`, rasters[at] ?? '');
      }
      return await scene.ingest('changing');
    };
    const assertShown = async (entries: readonly LedgerEntry[], rasters: readonly Uint8Array[], colour: string) => {
      for (const entry of entries) {
        const name = entry.name ?? '';
        await assertDrawn(world, entry, rasters[names.indexOf(name)] ?? new Uint8Array());
        for (const node of world.geoserver.nodes) {
          const { coverage } = JSON.parse((await askedOf(node, `coverages/${name}.json`)) ?? '') as CoverageDocument;
          const { nativeBoundingBox: box, srs, dimensions } = coverage;
          const [minx, , maxx] = entry.facts?.nativeBbox ?? [];
          assert.deepEqual([srs, box.minx, box.maxx], [entry.facts?.srs, minx, maxx], `${name} on ${node}`);
          assert.equal([dimensions.coverageDimension].flat().length, entry.facts?.bands, `bands of ${name} on ${node}`);
          const { layer } = JSON.parse((await askedOf(node, `layers/${name}.json`)) ?? '') as LayerDocument;
          assert.equal(layer.defaultStyle.name, `${scene.name}:${name}`, node);
          assert.ok((await askedOf(node, `styles/${name}.sld`))?.includes(colour), `${name} on ${node} is ${colour}`);
        }
      }
    };

    const first = names.map((_, at) => smallRaster(COUNT + at));
    await assertShown(await scene.visible(await come(first, '#ff0000'), CHANGED), first, '#ff0000');

    cluster.lose(1, 2);
    const second = names.map((_, at) => smallRaster(COUNT + at, OTHER));
    const replaced = await come(second, '#ff0000');
    await scene.some(replaced, 'visible', 1);
    await restart(2);
    const moved = await scene.visible(replaced, CHANGED, 120_000);
    await assertShown(moved, second, '#ff0000');
    assert.ok((await toldByItself(moved, 1)).length > 0, 'content that it did not hear of');

    const styled = await scene.visible(await come(null, '#0000ff'), CHANGED, 120_000);
    await assertShown(styled, second, '#0000ff');
    assert.ok((await toldByItself(styled, 1)).length > 0, 'a style that it did not hear of');

    for (const { dataset } of styled) await scene.pipeline.remove(dataset, 'delete');
    const isRemoved = async ({ dataset }: LedgerEntry) =>
      (await scene.pipeline.ledger.get(dataset))?.state === 'removed';
    await until('all are removed', async () => (await Promise.all(styled.map(isRemoved))).every(Boolean), {
      withinMs: 120_000,
      describe: scene.describe,
    });
    for (const node of world.geoserver.nodes) {
      for (const name of names) {
        for (const path of [`coveragestores/${name}.json`, `coverages/${name}.json`, `layers/${name}.json`])
          assert.equal(await askedOf(node, path), null, `${path} on ${node}`);
      }
    }
    // of the three changes that a removal is, it missed one at least
    assert.deepEqual(await toldByItself(styled, 1), styled);
    await scene.assertOnce(there);
  });
});
