import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { writeSparseTiffFile } from '../rasters/write-tiff.ts';
import type { OurProcess } from '../world/processes.ts';
import { until } from '../world/until.ts';
import { geonodeKind } from '../world/which-geonode.ts';
import { startWorld, type World } from '../world/world.ts';
import { type Gate, type GateRequest, type Match, startGate } from './gate.ts';
import { type Scene, withScene } from './scene.ts';

const MIB = 1024 ** 2;
const PART = 5 * MIB;
/** Of each worker, at once. */
const JOBS = 2;
const ENV = {
  GEOSLUICE_UPLOAD_PART_MIB: '5',
  // no room for larger ones
  GEOSLUICE_UPLOAD_MEMORY_MIB: '40',
  GEOSLUICE_UPLOAD_SHARE_MIB: '64',
  GEOSLUICE_UPLOAD_CONCURRENCY: `${JOBS}`,
};
const isPart: Match = ({ method, path }) => method === 'PUT' && path.includes('partNumber=');
const completes: Match = ({ method, path }) => method === 'POST' && path.includes('uploadId=');

suite('[failure] one huge file on four workers', () => {
  let world: World;
  let gate: Gate;
  let path: string;
  let bytes: number;

  before(async () => {
    world = await startWorld({ geonode: geonodeKind });
    gate = await startGate(world.s3.endpoint);
    path = join(world.mount, 'huge.tif');
    // pixels in every part, and each block of its own: a part at a wrong place, or missing, shows
    bytes = await writeSparseTiffFile(path, {
      ...{ width: 14_336, height: 14_592, tileSize: 256, epsg: 32631, pixelSize: 1 },
      pixel: (x, y) => ((x >> 8) * 31 + (y >> 8) * 7 + (x & 255) + (y & 255)) % 251,
      written: (column, row) => (column + row * 3) % 8 === 0,
    });
  });
  after(async () => {
    await gate?.close();
    await world?.stop();
  });

  const onScene = (name: string, body: (scene: Scene, uploads: OurProcess[]) => Promise<void>): Promise<void> =>
    withScene(world, name, ENV, async (scene) => {
      await Promise.all((['discover', 'publish', 'register'] as const).map((worker) => scene.start(worker)));
      await body(scene, await Promise.all([1, 2, 3, 4].map(() => startUpload(scene))));
    });
  const startUpload = (scene: Scene): Promise<OurProcess> => scene.start('upload', { GEOSLUICE_S3_ENDPOINT: gate.url });
  const numberOf = ({ path: asked }: GateRequest): number => Number(/partNumber=(\d+)/.exec(asked)?.[1]);
  const sentBy = (worker: OurProcess): number => worker.logs().split('Object:Part:Done').length - 1;
  const assertWhole = async (scene: Scene, ingestion: string): Promise<void> => {
    const entries = await scene.visible(ingestion, 1);
    await scene.assertOnce(entries);
    const object = await world.target.get(entries[0]?.object?.key ?? '');
    assert.ok(Buffer.from(object).equals(await readFile(path)), 'the object holds the file, byte for byte');
  };

  test('two are killed half-way, and the others bring the rest: what the store has is not sent again', async (t) => {
    await onScene('shared', async (scene, uploads) => {
      const count = Math.ceil(bytes / PART);
      assert.ok(count >= 38, `${count} parts`);
      const hold = gate.hold(isPart, { pass: Math.floor(count / 2) });
      const ingestion = await scene.ingest(pathToFileURL(path).href);
      await hold.met(4 * JOBS);
      const answered = () => gate.requests.filter(isPart).filter((request) => request.answered);
      await until('the others are answered', () => answered().length === Math.floor(count / 2));
      const has = answered().map(numberOf);
      await Promise.all(uploads.slice(0, 2).map((worker) => worker.end('SIGKILL')));
      hold.release();
      await assertWhole(scene, ingestion);
      const all = gate.requests.filter(isPart);
      assert.equal(new Set(has).size, has.length);
      assert.deepEqual(
        all.map(numberOf).sort((a, b) => a - b),
        // those that were held when their workers died were never with the store
        [...Array.from({ length: count }, (_, at) => at + 1), ...lostOf(all)].sort((a, b) => a - b),
      );
      assert.ok(lostOf(all).length <= 2 * JOBS, `${lostOf(all).length} parts were in flight`);
      const shares = uploads.map(sentBy);
      t.diagnostic(`ranges sent by each: ${shares.join(', ')}`);
      for (const share of shares.slice(2)) assert.ok(share > 0, 'both that were left took their part');
      const steps = await scene.pipeline.ledger.steps((await scene.entries(ingestion))[0]?.dataset ?? '');
      assert.ok(steps.length < 12, JSON.stringify(steps));
      const { upload } = await scene.pipeline.queues.counts();
      assert.deepEqual([upload.waiting, upload.delayed, upload.active, upload.failed], [0, 0, 0, 0]);
    });
  });

  const lostOf = (requests: readonly GateRequest[]): number[] =>
    requests.filter(({ answered }) => !answered).map(numberOf);

  test('all are killed when the store has completed and nobody was told: one that comes then goes on', async () => {
    await onScene('completed', async (scene, uploads) => {
      const hold = gate.hold(completes, { done: true });
      const ingestion = await scene.ingest(pathToFileURL(path).href);
      await hold.met();
      await Promise.all(uploads.map((worker) => worker.end('SIGKILL')));
      await hold.gone();
      hold.release();
      const before = gate.requests.length;
      await startUpload(scene);
      await assertWhole(scene, ingestion);
      assert.equal(gate.requests.slice(before).filter(isPart).length, 0, 'nothing is sent again');
    });
  });
});
