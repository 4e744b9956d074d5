import assert from 'node:assert/strict';
import { suite } from 'node:test';
import { datasetIdOf, Reject, Retry, Supersede } from '@geosluice/jobs';
import { type Harness, harnessTests, latch } from '../testing/harness.ts';
import { datasetJob, inspectJob, LAYER, locationOf, OBJECT, REGISTERED, uploadJob } from '../testing/samples.ts';

suite('a job on its road', () => {
  const { withHarness } = harnessTests();
  const dataset = (name: string): string => datasetIdOf(locationOf(name));
  /** A dataset whose first generation is taken and whose upload waits. */
  const uploading = async ({ pipeline }: Harness, name: string, version = 'aaaaaaaaaa-0') => {
    const location = locationOf(name);
    const claim = { dataset: dataset(name), location, ingestion: 'i1', options: {}, version, takenBy: 'job' };
    const entry = await pipeline.ledger.get(claim.dataset);
    const generation = (await pipeline.ledger.takeGeneration({ ...claim, expected: entry?.generation ?? 0 })) ?? 0;
    await pipeline.ledger.apply(claim.dataset, generation, { state: 'uploading' }, { stage: 'discover' });
    const job = uploadJob(name, generation, version);
    await pipeline.queues.add([job]);
    return job;
  };

  withHarness('goes through all four stages and ends visible, with its history', async (harness) => {
    const { pipeline } = harness;
    await harness.worker('discover', async (job, context) => {
      if (job.kind === 'list') return { kind: 'done' };
      const claim = { dataset: job.dataset, location: job.location, ingestion: job.ingestion, options: job.options };
      const version = 'aaaaaaaaaa-0';
      const taken = await pipeline.ledger.takeGeneration({ ...claim, expected: 0, version, takenBy: context.jobId });
      context.adopt(taken ?? 0);
      await context.fence();
      const upload = { ...datasetJob(job.location, { generation: taken ?? 0, version }), stage: 'upload', kind: 'add' };
      return { kind: 'next', jobs: [upload as never], record: { name: 'a', workspace: 'w' } };
    });
    await harness.worker('upload', async (job, context) => {
      context.progress(5, 10);
      context.progress(10, 10);
      assert.equal(job.kind, 'add');
      return {
        kind: 'next',
        jobs: [{ ...job, stage: 'publish', object: OBJECT } as never],
        record: { object: OBJECT },
      };
    });
    await harness.worker('publish', async (job) => ({
      ...{ kind: 'next', jobs: [{ ...job, stage: 'register', layer: LAYER } as never] },
      record: { layer: LAYER, publishedVersion: 'aaaaaaaaaa-0' },
    }));
    await harness.worker('register', async () => ({ kind: 'done', record: { geonode: REGISTERED } }));
    await pipeline.queues.add([inspectJob('road.tif')]);
    await harness.event(({ state }) => state === 'visible');
    const entry = await pipeline.ledger.get(dataset('road.tif'));
    assert.equal(entry?.state, 'visible');
    assert.equal(entry?.generation, 1);
    assert.deepEqual(entry?.object, OBJECT);
    assert.deepEqual(entry?.layer, LAYER);
    assert.deepEqual(entry?.geonode, REGISTERED);
    assert.equal(entry?.job, undefined);
    const states = (await pipeline.ledger.steps(dataset('road.tif'))).map(({ state }) => state).reverse();
    assert.deepEqual(states, ['found', 'inspecting', 'uploading', 'publishing', 'registering', 'visible']);
    await harness.event(({ type, done }) => type === 'progress' && done === 10);
  });

  withHarness('a stage that says again runs again with its new document, and spends no attempt', async (harness) => {
    const attempts: number[] = [];
    const seen: Array<string | undefined> = [];
    const done = latch();
    await harness.worker('discover', async (job, context) => {
      attempts.push(context.attempt);
      if (job.kind !== 'inspect') return { kind: 'done' };
      seen.push(job.lastLook);
      if (job.lastLook === 'look2') {
        done.open();
        return { kind: 'done', note: 'unchanged' };
      }
      const next = { ...job, lastLook: job.lastLook === undefined ? 'look1' : 'look2' };
      return { kind: 'again', afterMs: 1, job: next, record: { state: 'waiting' }, note: 'settling' };
    });
    await harness.pipeline.queues.add([inspectJob('again.tif')]);
    await done.promise;
    assert.deepEqual(seen, [undefined, 'look1', 'look2']);
    assert.deepEqual(attempts, [1, 1, 1]);
    const steps = await harness.pipeline.ledger.steps(dataset('again.tif'));
    assert.equal(steps.filter(({ note }) => note === 'settling').length, 1);
    assert.equal((await harness.pipeline.ledger.get(dataset('again.tif')))?.state, 'waiting');
  });

  withHarness(
    'a stage that always fails is tried as often as allowed, then dead with its last error',
    async (harness) => {
      const attempts: number[] = [];
      const dead: string[] = [];
      const job = await uploading(harness, 'retry.tif');
      await harness.worker(
        'upload',
        async (_, context) => {
          attempts.push(context.attempt);
          throw new Retry('STORE_SLOW', `no answer, try ${context.attempt}`, { counterpart: 's3' });
        },
        { metrics: { dead: ({ code }) => dead.push(code) } },
      );
      await harness.event(({ state }) => state === 'dead');
      assert.deepEqual(attempts, [1, 2, 3]);
      const entry = await harness.pipeline.ledger.get(job.dataset);
      assert.equal(entry?.reason?.code, 'RETRIES_EXHAUSTED');
      assert.equal(entry?.reason?.stage, 'upload');
      assert.match(entry?.reason?.message ?? '', /all 3 attempts failed; the last: no answer, try 3/);
      const { deadLetters } = await harness.pipeline.deadLetters.list({ code: 'RETRIES_EXHAUSTED', stage: 'upload' });
      assert.deepEqual(
        deadLetters.map(({ entry }) => entry.dataset),
        [job.dataset],
      );
      assert.deepEqual((await harness.pipeline.deadLetters.list({ stage: 'publish' })).deadLetters, []);
      assert.deepEqual(dead, ['RETRIES_EXHAUSTED']);
    },
  );

  withHarness('a bug counts as a retry and keeps its stack', async (harness) => {
    const job = await uploading(harness, 'bug.tif');
    await harness.worker('upload', async () => {
      throw new TypeError('cannot read properties of undefined');
    });
    await harness.event(({ state }) => state === 'dead');
    const entry = await harness.pipeline.ledger.get(job.dataset);
    assert.equal(entry?.reason?.code, 'RETRIES_EXHAUSTED');
    assert.match(entry?.reason?.stack ?? '', /TypeError: cannot read[\s\S]*road\.integration\.test/);
  });

  withHarness('a job that a stage gives back wrong is a bug of that stage, and is not added', async (harness) => {
    const job = await uploading(harness, 'wrong.tif');
    await harness.worker('upload', async () => ({ kind: 'next', jobs: [{ ...job, stage: 'publish' } as never] }));
    await harness.event(({ state }) => state === 'dead');
    const entry = await harness.pipeline.ledger.get(job.dataset);
    assert.match(entry?.reason?.message ?? '', /the stage upload gave an invalid publish job: .*\n.*at object/);
    assert.equal((await harness.pipeline.queues.counts()).publish.waiting, 0);
  });

  withHarness('a rejected file is dead at once, in the ledger and in the failed set', async (harness) => {
    const job = await uploading(harness, 'reject.tif');
    let runs = 0;
    await harness.worker('upload', async () => {
      runs += 1;
      throw new Reject('SOURCE_GONE', 'the file is gone');
    });
    await harness.event(({ state }) => state === 'dead');
    const entry = await harness.pipeline.ledger.get(job.dataset);
    assert.deepEqual(entry?.reason, { code: 'SOURCE_GONE', message: 'the file is gone', stage: 'upload' });
    assert.equal(runs, 1);
    const id = `${job.dataset}.${job.version}.g1`;
    // BullMQ hears of it after the ledger
    const signal = AbortSignal.timeout(5_000);
    while ((await harness.internals.queues.standing('upload', id)) !== 'failed') signal.throwIfAborted();
  });

  withHarness('a superseded job ends quietly, before its stage is called and after', async (harness) => {
    const old = await uploading(harness, 'old.tif');
    await uploading(harness, 'old.tif', 'bbbbbbbbbb-0');
    const ran: number[] = [];
    const done = latch();
    await harness.worker('upload', async (job, context) => {
      ran.push(job.generation);
      await uploading(harness, 'other.tif');
      await context.fence();
      done.open();
      return { kind: 'done' };
    });
    await done.promise;
    assert.deepEqual(ran, [2]);
    assert.equal((await harness.pipeline.ledger.get(old.dataset))?.generation, 2);
  });

  withHarness('a generation taken while a stage runs makes its fence throw and its record void', async (harness) => {
    const first = await uploading(harness, 'race.tif');
    let thrown: unknown;
    const ran = latch();
    const outcomes: string[] = [];
    const both = latch();
    await harness.worker(
      'upload',
      async (job, context) => {
        if (job.generation > 1) return { kind: 'done' };
        await uploading(harness, 'race.tif', 'bbbbbbbbbb-0');
        thrown = await context.fence().catch((error: unknown) => error);
        ran.open();
        return {
          kind: 'next',
          jobs: [{ ...job, stage: 'publish', object: OBJECT } as never],
          record: { object: OBJECT },
        };
      },
      {
        metrics: {
          ran: ({ outcome }) => {
            outcomes.push(outcome);
            if (outcomes.length === 2) both.open();
          },
        },
      },
    );
    await ran.promise;
    await both.promise;
    assert.ok(thrown instanceof Supersede);
    const entry = await harness.pipeline.ledger.get(first.dataset);
    assert.equal(entry?.object, undefined);
    assert.equal((await harness.pipeline.queues.counts()).publish.waiting, 0);
  });

  withHarness(
    'a stage that finds the content changed, with nothing newer on its way, has it looked at again',
    async (harness) => {
      const job = await uploading(harness, 'changed-midway.tif');
      await harness.worker('upload', async () => {
        throw new Supersede('the object changed while it was read');
      });
      await harness.event(
        ({ dataset, state, note }) => dataset === job.dataset && state === 'uploading' && note === undefined,
      );
      const looked = latch<string>();
      await harness.worker('discover', async (inspect) => {
        if (inspect.kind === 'inspect') looked.open(`${inspect.reason} ${inspect.force}`);
        return { kind: 'done' };
      });
      assert.equal(await looked.promise, 'event true');
    },
  );

  withHarness('an invalid document is a dead letter of its dataset', async (harness) => {
    const job = await uploading(harness, 'invalid.tif');
    const id = `${job.dataset}.${job.version}.g1`;
    const queue = harness.internals.queues.of('upload');
    await (await queue.getJob(id))?.updateData({ ...job, facts: undefined, surprise: 1 });
    await harness.worker('upload', async () => ({ kind: 'done' }));
    await harness.event(({ state }) => state === 'dead');
    const entry = await harness.pipeline.ledger.get(job.dataset);
    assert.equal(entry?.reason?.code, 'JOB_INVALID');
    assert.match(entry?.reason?.message ?? '', /surprise/);
  });

  withHarness('a document of a newer build waits for a newer worker', async (harness) => {
    const job = await uploading(harness, 'newer.tif');
    const queue = harness.internals.queues.of('upload');
    const id = `${job.dataset}.${job.version}.g1`;
    await (await queue.getJob(id))?.updateData({ ...job, schema: 2 });
    const warned = latch<string>();
    const log = { debug() {}, info() {}, error() {}, warn: (_: object, event: string) => warned.open(event) };
    await harness.worker('upload', async () => ({ kind: 'done' }), { log });
    assert.equal(await warned.promise, 'Job:Read:Newer');
    await harness.internals.queues.of('upload').waitUntilReady();
    const bull = await queue.getJob(id);
    assert.equal(bull?.attemptsMade, 0);
    assert.equal((await harness.pipeline.ledger.get(job.dataset))?.state, 'uploading');
  });

  withHarness('a dataset that the ledger lost comes back with its job', async (harness) => {
    const job = uploadJob('lost.tif', 3);
    await harness.pipeline.queues.add([job]);
    await harness.worker('upload', async (one) => ({
      ...{ kind: 'next', record: { object: OBJECT } },
      jobs: [{ ...one, stage: 'publish', object: OBJECT } as never],
    }));
    await harness.event(({ state }) => state === 'publishing');
    const entry = await harness.pipeline.ledger.get(job.dataset);
    assert.equal(entry?.generation, 3);
    assert.deepEqual(entry?.object, OBJECT);
  });
});
