import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { datasetIdOf, formatLocation, type IngestOptions, Reject, type StageName } from '@geosluice/jobs';
import { internalsOf } from './internals.ts';
import { type Harness, latch, type SharedRedis, shareRedis } from './testing/harness.ts';
import { createModelRoad, type ModelRoad } from './testing/model-road.ts';
import { inspectJob, locationOf } from './testing/samples.ts';

const A = 'aaaaaaaaaa-0';
const A_WITH_SIDECAR = 'aaaaaaaaaa-ssssssssss';
const B = 'bbbbbbbbbb-0';
const ALL: StageName[] = ['discover', 'upload', 'publish', 'register'];

suite('a change takes effect, whatever became of what was before', () => {
  let redis: SharedRedis;
  before(async () => {
    redis = await shareRedis();
  });
  after(() => redis.stop());

  interface Scene extends Harness {
    road: ModelRoad;
    dataset: string;
    /** Starts a worker of each stage, two jobs at once. */
    start(...stages: StageName[]): Promise<void>;
    /** The file has this content now; what a listing would do about it. */
    drop(version: string, options?: IngestOptions): Promise<void>;
    visible(version: string): Promise<void>;
    state(state: string): Promise<void>;
  }
  const scene = (name: string, body: (scene: Scene) => Promise<void>): void => {
    test(name, async () => {
      const harness = await redis.harness();
      const road = createModelRoad(harness.pipeline);
      const dataset = datasetIdOf(locationOf('a.tif'));
      try {
        await body({
          ...{ ...harness, road, dataset },
          async start(...stages) {
            for (const stage of stages) {
              await harness.worker(stage, road.stages[stage] as never, { concurrency: 2 });
            }
          },
          async drop(version, options = {}) {
            road.world.set(formatLocation(locationOf('a.tif')), version);
            await harness.pipeline.queues.add([inspectJob('a.tif', { reason: 'listed', seen: version, options })]);
          },
          async visible(version) {
            const signal = AbortSignal.timeout(15_000);
            for await (const event of harness.pipeline.events.follow({ after: '0', signal })) {
              if (event.state !== 'visible') continue;
              const entry = await harness.pipeline.ledger.get(dataset);
              if (entry?.state === 'visible' && entry.title === version) return;
            }
            assert.fail(`${version} never became visible; ran ${road.ran.join(', ')}`);
          },
          async state(state) {
            await harness.event((event) => event.state === state);
          },
        });
      } finally {
        await harness.close();
      }
    });
  };

  scene('a sidecar that comes while the upload waits', async ({ road, ...scene }) => {
    await scene.start('discover');
    await scene.drop(A);
    await scene.state('uploading');
    await scene.drop(A_WITH_SIDECAR);
    await scene.event(({ state }) => state === 'inspecting');
    await scene.start('upload', 'publish', 'register');
    await scene.visible(A_WITH_SIDECAR);
    assert.equal(road.ran.filter((line) => line.startsWith('register')).at(-1), `register ${A_WITH_SIDECAR}`);
    assert.equal((await scene.pipeline.ledger.get(scene.dataset))?.generation, 2);
  });

  scene('a sidecar that comes while the upload runs', async ({ road, ...scene }) => {
    const [started, go] = [latch(), latch()];
    road.beforeUpload = async ({ version }) => {
      if (version !== A) return;
      started.open();
      await go.promise;
    };
    await scene.start(...ALL);
    await scene.drop(A);
    await started.promise;
    await scene.drop(A_WITH_SIDECAR);
    await scene.visible(A_WITH_SIDECAR);
    go.open();
    await scene.drop(B);
    await scene.visible(B);
    assert.ok(!road.ran.includes(`register ${A}`));
  });

  scene('a sidecar that comes when the upload has failed, and the failed job goes', async ({ road, ...scene }) => {
    road.beforeUpload = async ({ version }) => {
      if (version === A) throw new Reject('CHECKSUM_MISMATCH', 'not what the sidecar says');
    };
    await scene.start(...ALL);
    await scene.drop(A);
    await scene.state('dead');
    await scene.drop(A_WITH_SIDECAR);
    await scene.visible(A_WITH_SIDECAR);
    assert.deepEqual((await scene.pipeline.deadLetters.list({})).deadLetters, []);
    assert.equal((await scene.pipeline.queues.counts()).upload.failed, 0);
  });

  scene('a raster that changes when it is visible', async (scene) => {
    await scene.start(...ALL);
    await scene.drop(A);
    await scene.visible(A);
    await scene.drop(B);
    await scene.visible(B);
    assert.equal((await scene.pipeline.ledger.get(scene.dataset))?.publishedVersion, B);
  });

  scene('options that change the result, while nothing else does', async ({ road, ...scene }) => {
    await scene.start(...ALL);
    await scene.drop(A);
    await scene.visible(A);
    await scene.pipeline.queues.add([inspectJob('a.tif', { seen: 'rule2', options: { title: 'Better' } })]);
    await scene.event(({ state }) => state === 'visible');
    const ran = road.ran.filter((line) => line.startsWith('discover'));
    const version = (await waitFor(ran, road)).slice('discover '.length);
    await scene.visible(version);
    assert.match(version, /^aaaaaaaaaa-0-[a-z2-7]{16}$/);
    assert.equal((await scene.pipeline.ledger.get(scene.dataset))?.options.title, 'Better');
  });

  scene('a replay of what was dead, once its cause is mended', async ({ road, ...scene }) => {
    let broken = true;
    road.beforeUpload = async () => {
      if (broken) throw new Reject('STORE_REFUSED', 'no such bucket');
    };
    await scene.start(...ALL);
    await scene.drop(A);
    await scene.state('dead');
    broken = false;
    assert.equal(await scene.pipeline.deadLetters.replay({ code: 'NO_CRS' }), 0);
    assert.equal(await scene.pipeline.deadLetters.replay({ code: 'STORE_REFUSED' }), 1);
    await scene.visible(A);
    assert.equal((await scene.pipeline.ledger.get(scene.dataset))?.generation, 2);
    assert.equal((await scene.pipeline.queues.counts()).upload.failed, 0);
  });

  scene('a replay as it was takes the stored job, and no new generation', async ({ road, ...scene }) => {
    let broken = true;
    road.beforeUpload = async () => {
      if (broken) throw new Reject('STORE_REFUSED', 'no such bucket');
    };
    await scene.start(...ALL);
    await scene.drop(A);
    await scene.state('dead');
    await failedJob(scene, 'upload');
    broken = false;
    assert.equal(await scene.pipeline.deadLetters.replay({ datasets: [scene.dataset], asItWas: true }), 1);
    await scene.visible(A);
    assert.equal((await scene.pipeline.ledger.get(scene.dataset))?.generation, 1);
    assert.equal(road.ran.filter((line) => line.startsWith('discover')).length, 1);
  });

  scene('A, then B, then A again, while the first A has failed', async ({ road, ...scene }) => {
    let refusals = 1;
    road.beforeUpload = async ({ version }) => {
      if (version === A && refusals-- > 0) throw new Reject('STORE_REFUSED', 'once');
    };
    await scene.start(...ALL);
    await scene.drop(A);
    await scene.state('dead');
    await scene.drop(B);
    await scene.visible(B);
    await scene.drop(A);
    await scene.visible(A);
    assert.equal((await scene.pipeline.ledger.get(scene.dataset))?.generation, 3);
  });

  scene('A, then B, then A again, all while the first upload waits', async ({ road, ...scene }) => {
    await scene.start('discover');
    for (const version of [A, B, A]) {
      const before = road.ran.length;
      await scene.drop(version);
      await scene.event(() => road.ran.length > before);
    }
    await scene.start('upload', 'publish', 'register');
    await scene.visible(A);
    assert.deepEqual(
      road.ran.filter((line) => line.startsWith('register')),
      [`register ${A}`],
    );
  });

  scene('a request for a retry while an inspection of the same runs', async ({ road, ...scene }) => {
    const [started, go] = [latch(), latch()];
    road.beforeInspect = async () => {
      started.open();
      await go.promise;
    };
    await scene.start('discover');
    await scene.drop(A);
    await started.promise;
    await scene.pipeline.retry(scene.dataset);
    await scene.event(({ dataset, state }) => dataset === scene.dataset && state === 'inspecting');
    go.open();
    await scene.start('upload', 'publish', 'register');
    await scene.visible(A);
    await assert.rejects(scene.pipeline.retry('daaaaaaaaaaaaaaaaaaaa'), { code: 'DATASET_UNKNOWN' });
  });

  scene('a removal walks the road backwards, and a file dropped again comes back', async ({ road, ...scene }) => {
    await scene.start(...ALL);
    await scene.drop(A);
    await scene.visible(A);
    await scene.pipeline.remove(scene.dataset, 'delete');
    await scene.state('removed');
    const entry = await scene.pipeline.ledger.get(scene.dataset);
    assert.equal(entry?.layer, undefined);
    assert.equal(entry?.geonode, undefined);
    assert.equal(entry?.object, undefined);
    assert.equal(entry?.publishedVersion, A);
    assert.deepEqual(road.ran.slice(-3), ['register remove', 'publish remove', 'upload remove']);
    await scene.drop(B);
    await scene.visible(B);
    await assert.rejects(scene.pipeline.remove('daaaaaaaaaaaaaaaaaaaa', 'delete'), { code: 'DATASET_UNKNOWN' });
  });

  scene('a dataset that never got a name is removed at once', async (scene) => {
    await scene.pipeline.queues.add([inspectJob('a.tif')]);
    await scene.pipeline.remove(scene.dataset, 'unpublish');
    assert.equal((await scene.pipeline.ledger.get(scene.dataset))?.state, 'removed');
  });

  scene(
    'a removal goes first; many of them, and what a rule takes away, go with the bulk and in slices',
    async ({ pipeline }) => {
      const remove = async (name: string, by?: 'rule'): Promise<void> => {
        const location = locationOf(name);
        const dataset = datasetIdOf(location);
        // that it came in with the bulk, or with what people wait for, is no matter of its end
        const options: IngestOptions = { priority: by === 'rule' ? 'interactive' : 'bulk' };
        await pipeline.ledger.takeGeneration({
          ...{ dataset, location, ingestion: 'i1', options, version: A, expected: 0, takenBy: 'j' },
        });
        await pipeline.ledger.apply(
          dataset,
          1,
          { state: 'visible', workspace: 'w', name: name.replace('.tif', '') },
          {},
        );
        await pipeline.remove(dataset, 'delete', by);
      };
      const queued = async () => {
        const { waiting, prioritized, delayed } = (await pipeline.queues.counts()).register;
        return { first: waiting, bulk: prioritized, later: delayed };
      };
      await remove('ruled.tif', 'rule');
      assert.deepEqual(await queued(), { first: 0, bulk: 1, later: 0 });
      await remove('one.tif');
      assert.deepEqual(await queued(), { first: 1, bulk: 1, later: 0 });
      await Promise.all(Array.from({ length: 58 }, (_, at) => remove(`many-${at}.tif`)));
      assert.deepEqual(await queued(), { first: 18, bulk: 31, later: 11 }, 'twenty, and fifty, are under way');
      assert.equal(await internalsOf(pipeline).queues.backlog(), 18 + 31, 'what has not begun holds no listing up');
    },
  );

  scene('an interactive job passes thousands of bulk ones', async (scene) => {
    const bulk = Array.from({ length: 5_000 }, (_, index) =>
      inspectJob(`bulk-${index}.tif`, { options: { priority: 'bulk' } }),
    );
    await scene.pipeline.queues.add(bulk);
    await scene.pipeline.queues.add([inspectJob('slow.tif', { options: { priority: 'reconcile' } })]);
    const counts = (await scene.pipeline.queues.counts()).discover;
    assert.equal(counts.prioritized, 5_001);
    await scene.pipeline.queues.add([inspectJob('a.tif', { options: { priority: 'interactive' } })]);
    const first = latch<string>();
    const runner = await scene.worker('discover', async (job) => {
      first.open(job.kind === 'inspect' ? job.dataset : '');
      return { kind: 'done' };
    });
    assert.equal(await first.promise, scene.dataset);
    await runner.close({ graceMs: 1_000 });
  });
});

/** The last line of what discover did, once there is a second one. */
async function waitFor(was: string[], road: ModelRoad): Promise<string> {
  const lines = (): string[] => road.ran.filter((line) => line.startsWith('discover'));
  while (lines().length < Math.max(2, was.length)) await new Promise((resolve) => setImmediate(resolve));
  return lines().at(-1) ?? '';
}

/** Resolves when BullMQ has put a job into its failed set, which follows the ledger. */
async function failedJob({ pipeline }: Harness, stage: StageName): Promise<void> {
  while ((await pipeline.queues.counts())[stage].failed === 0) await new Promise((resolve) => setImmediate(resolve));
}
