import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { Dataset } from '@geosluice/gateway-api';
import { fileReader } from '../rasters/memory-reader.ts';
import { writeSparseTiffFile, writeTiff } from '../rasters/write-tiff.ts';
import { allDatasets } from '../world/datasets.ts';
import { assertDrawn, layerOn, registeredIn, titlesEqual } from '../world/look.ts';
import { until } from '../world/until.ts';
import { type Deployment, startDeployment } from './deployment.ts';
import { sidecar, smallRaster } from './samples.ts';

const COUNT = 200;
const FOLDERS = 20;
const MIB = 1024 ** 2;
const PART_MIB = 16;
const PARTS_IN_FLIGHT = 4;
/** What the process itself may grow by besides its parts: buffers of sockets, compiled code, garbage. */
const SLACK_MIB = 128;
const MANY_MS = 240_000;
const METADATA = join(import.meta.dirname, '..', 'fixtures', 'dublin-core');

let deployment: Deployment;

before(async () => {
  deployment = await startDeployment({
    apart: true,
    env: () => ({
      GEOSLUICE_UPLOAD_PART_MIB: `${PART_MIB}`,
      GEOSLUICE_UPLOAD_MEMORY_MIB: `${PARTS_IN_FLIGHT * PART_MIB}`,
      GEOSLUICE_UPLOAD_PARTS_IN_FLIGHT: `${PARTS_IN_FLIGHT}`,
    }),
  });
});
after(async () => {
  await deployment?.close();
});

/** Every dataset of an ingestion, once so many of them are visible. */
async function visibleOf(ingestion: string, count: number): Promise<Dataset[]> {
  const { gateway } = deployment.world;
  await until(
    `${count} datasets of ${ingestion} are visible`,
    async () => (await gateway.ingestion(ingestion, AbortSignal.timeout(10_000))).counts.visible >= count,
    {
      withinMs: MANY_MS,
      describe: async () => JSON.stringify(await gateway.ingestion(ingestion, AbortSignal.timeout(10_000))),
    },
  );
  const all = await allDatasets(gateway, { ingestion });
  assert.deepEqual(new Set(all.map(({ state }) => state)), new Set(['visible']));
  assert.equal(all.length, count);
  return all;
}

suite('[contract] many files, and large and odd ones', () => {
  test(`${COUNT} rasters in nested folders become ${COUNT} layers and datasets, each once`, async () => {
    const keys = Array.from({ length: COUNT }, (_, at) => {
      const folder = at % FOLDERS;
      return `many/${2000 + (folder >> 2)}/q${folder % 4}/tile ${at}.tif`;
    });
    const drop = async (at: number): Promise<void> => {
      const key = keys[at] ?? '';
      if (at % 5 === 0) await deployment.put(key.replace('.tif', '.xml'), sidecar(`Tile number ${at}`));
      await deployment.put(key, smallRaster(at));
    };
    const end = await deployment.watch('many/', {}, 2);
    for (let at = 0; at < COUNT; at += 20) await Promise.all(Array.from({ length: 20 }, (_, more) => drop(at + more)));
    const all = await visibleOf('many', COUNT);
    await end();
    const registered = await registeredIn(deployment.world, deployment.workspace);
    const byUri = new Map(all.map((entry) => [entry.uri, entry]));
    for (const [at, key] of keys.entries()) {
      const entry = byUri.get(deployment.uri(key));
      assert.ok(entry, key);
      const title = at % 5 === 0 ? `Tile number ${at}` : `tile ${at}`;
      assert.equal(entry.title, title);
      const listed = registered.find(({ pk }) => pk === entry.geonode?.pk);
      assert.deepEqual([listed?.title, listed?.alternate], [title, `${entry.workspace}:${entry.name}`]);
      assert.ok(Buffer.from(smallRaster(at)).equals(await deployment.world.target.get(entry.object?.key ?? '')));
      await assertDrawn(deployment.world, entry, smallRaster(at));
    }
    await deployment.assertOnce();
  });

  test('a file of 2 GiB comes in by parts, in bounded memory', async (t) => {
    const path = join(deployment.world.mount, 'two gigabytes.tif');
    const size = await writeSparseTiffFile(path, {
      ...{ width: 65_536, height: 32_768, tileSize: 512, epsg: 32631, pixelSize: 10 },
    });
    assert.ok(size >= 2 * 1024 ** 3);
    const { pid } = deployment.processes.get('upload') ?? { pid: 0 };
    const before = await memoryOf(pid);
    const uri = pathToFileURL(path).href;
    await deployment.ingest(uri);
    const entry = await deployment.becomes(uri, 'visible', { withinMs: MANY_MS });
    const grown = (await memoryOf(pid)).peak - before.now;
    t.diagnostic(`the upload process grew by ${Math.round(grown / MIB)} MiB`);
    assert.ok(
      grown <= (PARTS_IN_FLIGHT * PART_MIB + SLACK_MIB) * MIB,
      `the upload process grew by ${Math.round(grown / MIB)} MiB over ${PARTS_IN_FLIGHT} × ${PART_MIB} MiB in flight`,
    );
    assert.equal(await deployment.world.target.size(entry.object?.key ?? ''), size);
    const reader = await fileReader(path);
    try {
      await assertDrawn(deployment.world, entry, reader);
    } finally {
      await reader.close();
    }
  });

  test('a BigTIFF, sparse tiles, strips and samples that are no bytes', async () => {
    const wide = { width: 300, height: 260, epsg: 32631, origin: [300_000, 700_000], pixelSize: 20 } as const;
    const rasters = {
      'big.tif': writeTiff({ ...wide, bigTiff: true, bands: 3, photometric: 2 }),
      'sparse.tif': writeTiff({
        ...wide,
        tileSize: 64,
        nodata: 255,
        sparse: (column, row) => (column + row) % 2 === 1,
      }),
      'strips.tif': writeTiff({ ...wide, rowsPerStrip: 7, compression: 'lzw', littleEndian: false }),
      'heights.tif': writeTiff({
        ...{ ...wide, sampleFormat: 'float', bits: 32, nodata: 'nan', overviews: 1 },
        pixel: (x, y) => (x < 3 ? Number.NaN : x / 7 + y),
      }),
      'depths.tif': writeTiff({ ...wide, sampleFormat: 'int', bits: 16, predictor: 2, pixel: (x, y) => 5 * x - 7 * y }),
    };
    for (const [name, raster] of Object.entries(rasters)) await deployment.put(`odd/${name}`, raster);
    await deployment.ingested(deployment.uri('odd/'));
    for (const [name, raster] of Object.entries(rasters)) {
      const entry = await deployment.becomes(deployment.uri(`odd/${name}`), 'visible');
      await deployment.assertThere(entry, raster, name.replace('.tif', ''));
      const stretched = name === 'heights.tif' || name === 'depths.tif';
      for (const node of deployment.world.geoserver.nodes) {
        const bound = await layerOn(deployment.world, node, `${entry.workspace}:${entry.name}`);
        const { name: style } = (bound?.defaultStyle ?? {}) as { name?: string };
        assert.equal(style, stretched ? `${entry.workspace}:geosluice_grey` : 'raster', `${name} on ${node}`);
      }
    }
  });

  test('every sample of metadata gives its dataset the title it must have, and a hostile one stops nothing', async () => {
    const expected = JSON.parse(readFileSync(join(METADATA, 'EXPECTED.json'), 'utf8')) as Record<
      string,
      { title?: string; rejected?: string }
    >;
    const samples = Object.entries(expected).filter(([name]) => /^\d\d-.*\.xml$/.test(name));
    assert.ok(samples.length >= 12);
    for (const [at, [name]] of samples.entries()) {
      await deployment.put(`metadata/${name}`, await readFile(join(METADATA, name)));
      await deployment.put(`metadata/${name.replace('.xml', '.tif')}`, smallRaster(at));
    }
    await deployment.ingested(deployment.uri('metadata/'));
    const registered = await registeredIn(deployment.world, deployment.workspace);
    for (const [name, { title = name.replace('.xml', ''), rejected }] of samples) {
      const entry = await deployment.becomes(deployment.uri(`metadata/${name.replace('.xml', '.tif')}`), 'visible');
      assert.deepEqual([entry.title, entry.metadataState], [title, rejected === undefined ? 'ok' : 'degraded'], name);
      const listed = registered.find(({ pk }) => pk === entry.geonode?.pk);
      assert.ok(titlesEqual(listed?.title ?? '', title), `${name} is called ${listed?.title} in GeoNode`);
    }
    await deployment.assertOnce();
  });
});

suite('[failure] what GeoServer is asked', () => {
  test('no registration makes GeoServer reset or reload its catalog', () => {
    const { geoserver } = deployment.world;
    assert.ok(geoserver.count(/^POST .*\/coveragestores/) >= COUNT, 'it was asked for stores');
    assert.equal(geoserver.count('/rest/reset'), 0);
    assert.equal(geoserver.count('/rest/reload'), 0);
  });
});

/** Bytes a process holds now, and held at most since it started. */
async function memoryOf(pid: number): Promise<{ now: number; peak: number }> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const kibibytes = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]);
  return { now: kibibytes('VmRSS') * 1024, peak: kibibytes('VmHWM') * 1024 };
}
