import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { LedgerEntry } from '@geosluice/jobs';
import { writeTiff } from '../rasters/write-tiff.ts';
import type { OurProcess } from '../world/processes.ts';
import { until } from '../world/until.ts';
import { geonodeKind } from '../world/which-geonode.ts';
import { startWorld, type World } from '../world/world.ts';
import { type Gate, type Match, startGate } from './gate.ts';
import { type Scene, WORKERS, type Worker, withScene } from './scene.ts';

/** What each worker is held at, so that its death surely meets work in flight. */
const AT_WORK: Record<Worker, Match> = {
  discover: ({ method, path }) => method === 'GET' && path.includes('.tif'),
  upload: ({ method, path, copies }) => method === 'PUT' && path.includes('.tif') && copies,
  publish: ({ method, path }) => method === 'POST' && /\/coverages\b/.test(path),
  register: ({ method, path }) => method === 'POST' && path.includes('/registrations'),
};
/** So many requests of that kind go through before. */
const BEFORE: Record<Worker, number> = { discover: 12, upload: 4, publish: 5, register: 2 };
const COUNT = 30;
const MIB = 1024 ** 2;

suite('[failure] workers that are killed', () => {
  let world: World;
  let gates: Record<Worker, Gate>;
  let through: Record<Worker, Record<string, string>>;

  before(async () => {
    world = await startWorld({ geonode: geonodeKind });
    const { s3, geoserver, geonode } = world;
    gates = {
      discover: await startGate(s3.endpoint),
      upload: await startGate(s3.endpoint),
      publish: await startGate(geoserver.url),
      register: await startGate(geonode.url),
    };
    const nodes = [gates.publish.url, ...geoserver.nodes.slice(1)].join(',');
    through = {
      discover: { GEOSLUICE_S3_ENDPOINT: gates.discover.url },
      upload: { GEOSLUICE_S3_ENDPOINT: gates.upload.url },
      publish: { GEOSLUICE_GEOSERVER_URL: gates.publish.url, GEOSLUICE_GEOSERVER_NODES: nodes },
      register: { GEOSLUICE_GEONODE_URL: gates.register.url },
    };
  });
  after(async () => {
    for (const gate of Object.values(gates ?? {})) await gate.close();
    await world?.stop();
  });

  const onScene = (name: string, env: Record<string, string>, body: (scene: Scene) => Promise<void>) =>
    withScene(world, name, env, body);

  test('each kind of worker is killed twice in the middle of a batch, and all is visible exactly once', async () => {
    await onScene('kills', { GEOSLUICE_GEONODE_BATCH_SIZE: '3' }, async (scene) => {
      await scene.drop('batch', COUNT);
      const killedTwice = async (worker: Worker): Promise<void> => {
        const gate = gates[worker];
        // first before the counterpart heard of it, then after it was done and nobody was told
        for (const done of [false, true]) {
          const hold = gate.hold(AT_WORK[worker], { pass: BEFORE[worker], done });
          const running = await scene.start(worker, through[worker]);
          await hold.met();
          await running.end('SIGKILL');
          await hold.gone();
          hold.release();
        }
        await scene.start(worker, through[worker]);
      };
      const ingestion = await scene.ingest('batch');
      await Promise.all(WORKERS.map(killedTwice));
      await scene.assertOnce(await scene.visible(ingestion, COUNT, 120_000));
    });
  });

  test('an upload that is killed twice goes on where it was: the store is sent no part twice', async () => {
    const env = { GEOSLUICE_UPLOAD_PART_MIB: '5', GEOSLUICE_UPLOAD_PARTS_IN_FLIGHT: '2' };
    await onScene('resumes', env, async (scene) => {
      const path = join(world.mount, 'large.tif');
      const raster = writeTiff({ width: 6_400, height: 5_600, compression: 'none', epsg: 32631, pixelSize: 1 });
      const parts = Math.ceil(raster.byteLength / (5 * MIB));
      assert.ok(parts >= 6, `${parts} parts`);
      await writeFile(path, raster);
      const { upload: gate } = gates;
      const from = gate.requests.length;
      const isPart: Match = ({ method, path: asked }) => method === 'PUT' && asked.includes('partNumber=');
      const sent = () => gate.requests.slice(from).filter(isPart);
      const numberOf = ({ path: asked }: { path: string }) => /partNumber=(\d+)/.exec(asked)?.[1];

      await Promise.all((['discover', 'publish', 'register'] as const).map((worker) => scene.start(worker)));
      const ingestion = await scene.ingest(pathToFileURL(path).href);
      const has: Array<string | undefined> = [];
      for (let deaths = 0; deaths < 2; deaths += 1) {
        const before = sent().length;
        const hold = gate.hold(isPart, { pass: 2 });
        const running: OurProcess = await scene.start('upload', through.upload);
        await hold.met();
        await until(
          'two parts are answered',
          () =>
            sent()
              .slice(before)
              .filter(({ answered }) => answered).length === 2,
        );
        await running.end('SIGKILL');
        await hold.gone();
        hold.release();
        has.push(
          ...sent()
            .filter(({ answered }) => answered)
            .slice(has.length)
            .map(numberOf),
        );
      }
      const before = sent().length;
      await scene.start('upload', through.upload);
      const entries = await scene.visible(ingestion, 1);
      const last = sent().slice(before).map(numberOf);
      assert.equal(new Set(has).size, 4, `the store had parts ${has} before the last run`);
      assert.deepEqual(
        last.filter((number) => has.includes(number)),
        [],
        'no part that the store had is sent again',
      );
      assert.equal(new Set([...has, ...last]).size, parts);
      await scene.assertOnce(entries);
    });
  });

  test('a worker that is asked to end hands its work to another at once', async (t) => {
    const long = { GEOSLUICE_LOCK_SECONDS: '60', GEOSLUICE_SWEEP_SECONDS: '3600' };
    await onScene('ends', long, async (scene) => {
      const first = new Map<Worker, OurProcess>();
      const start = async (worker: Worker) => first.set(worker, await scene.start(worker, through[worker]));
      await Promise.all(WORKERS.map(start));
      const done: LedgerEntry[] = [];
      for (const worker of WORKERS) {
        await t.test(worker, async () => {
          await scene.drop(worker, 2);
          const hold = gates[worker].hold(AT_WORK[worker]);
          const ingestion = await scene.ingest(worker);
          await hold.met();
          await scene.start(worker, through[worker]);
          const asked = () => gates[worker].requests.filter(AT_WORK[worker]).length;
          const before = asked();
          const since = performance.now();
          const another = until('another worker asks for the same', () => asked() > before && performance.now(), {
            describe: scene.describe,
          });
          const [took] = await Promise.all([another, first.get(worker)?.end('SIGTERM')]);
          hold.release();
          await scene.assertOnce((await scene.visible(ingestion, 2)).concat(done));
          done.push(...(await scene.entries(ingestion)));
          // an idle worker's next poll would be up to five seconds away, the end of the lock a minute
          assert.ok(took - since < 4_000, `handed on after ${Math.round(took - since)} ms`);
          t.diagnostic(`${worker}: handed on after ${Math.round(took - since)} ms`);
        });
      }
    });
  });
});
