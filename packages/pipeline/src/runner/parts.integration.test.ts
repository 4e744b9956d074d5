import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { suite } from 'node:test';
import { fileURLToPath } from 'node:url';
import { datasetIdOf, jobIdOf, type Outcome, Reject, Retry, Supersede, type UploadJob } from '@geosluice/jobs';
import { decideBacklog } from '../backlog.ts';
import { type Harness, harnessTests, latch } from '../testing/harness.ts';
import { PARTS, partJob, sharedUpload, storeOf } from '../testing/model-share.ts';
import { locationOf, OBJECT, uploadJob } from '../testing/samples.ts';

const CRASHING_WORKER = fileURLToPath(new URL('../testing/crashing-worker.ts', import.meta.url));
const LONG_MS = 60_000;

suite('one upload on many workers', () => {
  const { withHarness } = harnessTests();
  /** A dataset whose upload waits. */
  const uploading = async ({ pipeline }: Harness, name: string, changes: Partial<UploadJob> = {}) => {
    const location = locationOf(name);
    const claim = { dataset: datasetIdOf(location), location, ingestion: 'i1', options: {}, expected: 0 };
    await pipeline.ledger.takeGeneration({ ...claim, version: 'aaaaaaaaaa-0', takenBy: 'job' });
    const job = { ...uploadJob(name), ...changes };
    const moves = { stage: 'upload' as const, id: jobIdOf(job) };
    await pipeline.ledger.apply(claim.dataset, 1, { state: 'uploading', job: moves }, { stage: 'discover' });
    await pipeline.queues.add([job]);
    return job;
  };
  const until = async (what: string, holds: () => Promise<boolean>): Promise<void> => {
    const signal = AbortSignal.timeout(20_000);
    while (!(await holds())) {
      if (signal.aborted) assert.fail(`in vain: ${what}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  const sleeps = (harness: Harness, job: UploadJob): Promise<void> =>
    until('the upload sleeps', async () => (await standing(harness, job)) === 'delayed');
  const standing = ({ internals }: Harness, job: Parameters<typeof jobIdOf>[0]) =>
    internals.queues.standing('upload', jobIdOf(job));
  const isDead = async (harness: Harness, job: UploadJob): Promise<void> => {
    await until('the upload job is in the failed set', async () => (await standing(harness, job)) === 'failed');
    const { upload } = await harness.pipeline.queues.counts();
    assert.equal(upload.failed, 1, 'no part is');
    assert.equal((await harness.pipeline.ledger.get(job.dataset))?.state, 'dead');
    const view = await harness.internals.ledger.view(job.dataset);
    assert.deepEqual(view?.failed, { stage: 'upload', id: jobIdOf(job) });
  };
  const toPublish = (job: UploadJob): Outcome => ({
    ...{ kind: 'next', jobs: [{ ...job, stage: 'publish', object: OBJECT }], record: { object: OBJECT } },
  });
  const shareOut = (job: UploadJob): Outcome => ({
    ...{ kind: 'again', afterMs: LONG_MS, jobs: [1, 2, 3].map((number) => partJob(job, number)) },
  });

  withHarness(
    'its parts wait before it sleeps, call for workers as it does not, and the sweep lets it sleep',
    async (harness) => {
      const { pipeline } = harness;
      const job = await uploading(harness, 'asleep.tif');
      const [begun, go] = [latch(), latch()];
      await harness.worker('upload', async (one) => {
        if (one.kind === 'add') return shareOut(one);
        begun.open();
        await go.promise;
        return { kind: 'done' };
      });
      await begun.promise;
      const { upload } = await pipeline.queues.counts();
      assert.deepEqual([upload.waiting + upload.prioritized, upload.active, upload.delayed], [2, 1, 1]);
      assert.equal(decideBacklog(upload), 3);
      assert.deepEqual((await pipeline.ledger.get(job.dataset))?.job, { stage: 'upload', id: jobIdOf(job) });
      assert.equal(await pipeline.sweep({ olderThanMs: -1_000 }), 0);
      go.open();
    },
  );

  withHarness('is woken by its last part, whose ends leave neither history nor jobs behind', async (harness) => {
    const { pipeline, internals } = harness;
    const job = await uploading(harness, 'whole.tif');
    await harness.worker('upload', sharedUpload(internals, LONG_MS), { concurrency: 2 });
    await harness.event(({ state }) => state === 'publishing');
    const entry = await pipeline.ledger.get(job.dataset);
    assert.deepEqual(entry?.object, OBJECT);
    assert.deepEqual(entry?.job, { stage: 'publish', id: jobIdOf(job) });
    const steps = (await pipeline.ledger.steps(job.dataset)).map(({ state, note }) => `${state} ${note ?? ''}`.trim());
    assert.deepEqual(steps.reverse(), ['inspecting', 'uploading', 'uploading shared', 'publishing']);
    await until('nothing of it is left', async () => {
      const { waiting, prioritized, delayed, active, failed } = (await pipeline.queues.counts()).upload;
      return waiting + prioritized + delayed + active + failed === 0;
    });
    assert.equal((await pipeline.queues.counts()).publish.waiting, 1);
  });

  for (const priority of ['interactive', 'bulk'] as const) {
    withHarness(
      `asleep with priority ${priority}, it is given to an idle worker as soon as it is woken`,
      async (harness) => {
        const job = await uploading(harness, `idle-${priority}.tif`, { options: { priority } });
        const ran: number[] = [];
        const woken = latch<number>();
        await harness.worker('upload', async () => {
          ran.push(performance.now());
          if (ran.length > 1) woken.open(performance.now());
          return ran.length > 1 ? { kind: 'done' } : { kind: 'again', afterMs: LONG_MS };
        });
        await sleeps(harness, job);
        // the worker waits for its next job by now, and would ask by itself only after seconds
        await new Promise((resolve) => setTimeout(resolve, 300));
        const since = performance.now();
        await harness.internals.queues.wake('upload', jobIdOf(job));
        const ms = (await woken.promise) - since;
        assert.ok(ms < 2_000, `${Math.round(ms)} ms`);
      },
    );
  }

  withHarness('woken while it runs, it does not lie down', async (harness) => {
    const { internals } = harness;
    const job = await uploading(harness, 'early.tif');
    let runs = 0;
    const again = latch();
    await harness.worker('upload', async () => {
      runs += 1;
      if (runs === 1) await internals.queues.wake('upload', jobIdOf(job));
      else again.open();
      return { kind: 'again', afterMs: LONG_MS };
    });
    await again.promise;
    await sleeps(harness, job);
    assert.equal(runs, 2);
  });

  withHarness('to wake what waits, or is not there, changes nothing', async (harness) => {
    const { internals } = harness;
    const job = await uploading(harness, 'awake.tif');
    await internals.queues.wake('upload', jobIdOf(job));
    await internals.queues.wake('upload', 'no-such-job');
    const { waiting, delayed } = (await harness.pipeline.queues.counts()).upload;
    assert.deepEqual([waiting, delayed], [1, 0]);
  });

  withHarness('what failed before it last slept is not counted any more', async (harness) => {
    const job = await uploading(harness, 'patient.tif');
    const attempts: number[] = [];
    const enough = latch();
    await harness.worker('upload', async (_, { attempt }) => {
      attempts.push(attempt);
      if (attempts.length >= 9) {
        enough.open();
        return { kind: 'done' };
      }
      if (attempts.length % 3 !== 0) throw new Retry('S3_SLOW', 'slow down');
      return { kind: 'again', afterMs: 1 };
    });
    await enough.promise;
    assert.deepEqual(attempts, [1, 2, 3, 1, 2, 3, 1, 2, 3]);
    assert.notEqual((await harness.pipeline.ledger.get(job.dataset))?.state, 'dead');
  });

  suite('with a part that cannot be sent', () => {
    withHarness(
      'is dead with the reason of the part, and replayed as it was runs again with all that is missing',
      async (harness) => {
        const { pipeline, internals } = harness;
        const job = await uploading(harness, 'poor.tif');
        let poor = true;
        const sent: number[] = [];
        const shared = sharedUpload(internals, LONG_MS);
        await harness.worker('upload', async (one, context) => {
          if (one.kind === 'part' && one.first === 2 && poor) throw new Reject('SOURCE_GONE', 'the file is gone');
          if (one.kind === 'part') sent.push(one.first);
          return await shared(one, context);
        });
        await isDead(harness, job);
        const entry = await pipeline.ledger.get(job.dataset);
        assert.partialDeepStrictEqual(entry?.reason, {
          code: 'SOURCE_GONE',
          message: 'the file is gone',
          stage: 'upload',
        });
        await until('no part is left', async () => decideBacklog((await pipeline.queues.counts()).upload) === 0);
        assert.deepEqual(sent, [1], 'the third had no reason to run');
        poor = false;
        assert.equal(await pipeline.deadLetters.replay({ asItWas: true }), 1);
        await harness.event(({ state }) => state === 'publishing');
        assert.deepEqual(sent, [1, 2, 3]);
        assert.equal((await pipeline.ledger.get(job.dataset))?.reason, undefined);
      },
    );

    withHarness('is replayed from its inspection otherwise, and nothing of the old one is left', async (harness) => {
      const { pipeline } = harness;
      const job = await uploading(harness, 'anew.tif');
      await harness.worker('upload', async (one) => {
        if (one.kind === 'part') throw new Reject('SOURCE_GONE', 'the file is gone');
        assert.ok(one.kind === 'add');
        return shareOut(one);
      });
      await isDead(harness, job);
      assert.equal(await pipeline.deadLetters.replay({}), 1);
      const looked = latch<number | null>();
      await harness.worker('discover', async (one, context) => {
        if (one.kind === 'list') return { kind: 'done' };
        const claim = { dataset: one.dataset, location: one.location, ingestion: 'i1', options: {}, expected: 1 };
        looked.open(await pipeline.ledger.takeGeneration({ ...claim, version: job.version, takenBy: context.jobId }));
        return { kind: 'done' };
      });
      assert.equal(await looked.promise, 2);
      assert.equal((await pipeline.queues.counts()).upload.failed, 0);
    });

    withHarness('tries as often as any job, and does not fill the history with it', async (harness) => {
      const { pipeline } = harness;
      const job = await uploading(harness, 'tries.tif');
      let tries = 0;
      await harness.worker('upload', async (one) => {
        if (one.kind === 'add') return shareOut(one);
        if (one.kind === 'part' && one.first > 1) return { kind: 'done' };
        tries += 1;
        throw new Retry('S3_SLOW', `try ${tries} of part 1 was slow`);
      });
      await isDead(harness, job);
      assert.equal(tries, 3);
      assert.equal((await pipeline.ledger.get(job.dataset))?.reason?.code, 'RETRIES_EXHAUSTED');
      const errors = (await pipeline.ledger.steps(job.dataset)).flatMap(({ error }) => error ?? []);
      assert.equal(errors.filter((error) => error === 'S3_SLOW').length, 1);
    });

    withHarness('over which too many workers die is dead for it', async (harness) => {
      const job = await uploading(harness, 'deadly.tif');
      await crash(harness, 'called', 'part');
      const { internals } = harness;
      await harness.worker('upload', sharedUpload(internals, LONG_MS), { maxCrashes: 1, lockDurationMs: 1_000 });
      await isDead(harness, job);
      assert.equal((await harness.pipeline.ledger.get(job.dataset))?.reason?.code, 'WORKER_CRASHED');
    });

    withHarness('whose document is invalid is dead for it', async (harness) => {
      const { pipeline, internals } = harness;
      const job = await uploading(harness, 'invalid.tif');
      await harness.worker('upload', async (one) => {
        if (one.kind !== 'add') return { kind: 'done' };
        await pipeline.queues.add([{ ...partJob(one, 1), surprise: 1 } as never]);
        return { kind: 'again', afterMs: LONG_MS };
      });
      await isDead(harness, job);
      assert.match((await pipeline.ledger.get(job.dataset))?.reason?.message ?? '', /surprise/);
      assert.equal(await standing(harness, partJob(job, 1)), null);
      assert.equal(await internals.redis.exists(internals.keys.job('upload', jobIdOf(partJob(job, 1)))), 0);
    });

    withHarness('stays dead where its upload job finds the file whole after all', async (harness) => {
      const { pipeline, internals } = harness;
      const job = await uploading(harness, 'both.tif');
      const [looking, go] = [latch(), latch()];
      await harness.worker(
        'upload',
        async (one) => {
          if (one.kind === 'part') throw new Reject('SOURCE_GONE', 'the file is gone');
          assert.ok(one.kind === 'add');
          await internals.queues.add([partJob(one, 1)]);
          looking.open();
          await go.promise;
          return toPublish(one);
        },
        { concurrency: 2 },
      );
      await looking.promise;
      await harness.event(({ state }) => state === 'dead');
      go.open();
      await isDead(harness, job);
      assert.equal((await pipeline.queues.counts()).publish.waiting, 0);
    });

    withHarness('is none where the dataset went on without it', async (harness) => {
      const { pipeline } = harness;
      const job = await uploading(harness, 'late.tif');
      const ended = latch<string>();
      await harness.worker(
        'upload',
        async (one) => {
          if (one.kind === 'add') return { kind: 'again', afterMs: LONG_MS };
          await pipeline.ledger.apply(job.dataset, 1, { state: 'publishing' }, { stage: 'publish' });
          throw new Reject('SOURCE_GONE', 'the file was taken out of the inbox once it was registered');
        },
        { metrics: { ran: ({ kind, outcome }) => kind === 'part' && ended.open(outcome) } },
      );
      await sleeps(harness, job);
      await pipeline.queues.add([partJob(job, 1)]);
      await ended.promise;
      await until('the part is gone', async () => (await standing(harness, partJob(job, 1))) === null);
      const entry = await pipeline.ledger.get(job.dataset);
      assert.deepEqual([entry?.state, entry?.reason], ['publishing', undefined]);
    });
  });

  withHarness('parts that see another content have it looked at once, and end', async (harness) => {
    const { pipeline } = harness;
    const job = await uploading(harness, 'changed.tif');
    await harness.worker(
      'upload',
      async (one) => {
        if (one.kind === 'add') return shareOut(one);
        throw new Supersede('the object changed while it was read');
      },
      { concurrency: 3 },
    );
    await until('the parts are gone', async () => {
      const found = await Promise.all([1, 2, 3].map((number) => standing(harness, partJob(job, number))));
      return found.every((one) => one === null) && (await standing(harness, job)) === 'delayed';
    });
    const { waiting, delayed } = (await pipeline.queues.counts()).discover;
    assert.equal(waiting + delayed, 1);
  });

  withHarness('parts of what is over, unknown or removed end without a call', async (harness) => {
    const { pipeline } = harness;
    const over = await uploading(harness, 'over.tif');
    const location = locationOf('over.tif');
    const claim = { dataset: over.dataset, location, ingestion: 'i1', options: {}, expected: 1 };
    await pipeline.ledger.takeGeneration({ ...claim, version: 'bbbbbbbbbb-0', takenBy: 'job' });
    const removed = await uploading(harness, 'removed.tif');
    await pipeline.remove(removed.dataset, 'delete');
    const visible = await uploading(harness, 'visible.tif');
    await pipeline.ledger.apply(visible.dataset, 1, { state: 'visible' }, { stage: 'register' });
    const unknown = uploadJob('unknown.tif');
    const parts = [over, removed, visible, unknown].map((main) => partJob(main, 1));
    await pipeline.queues.add(parts);
    const called: string[] = [];
    await harness.worker('upload', async (one) => {
      called.push(one.kind);
      return { kind: 'done' };
    });
    await until('all are gone', async () => decideBacklog((await pipeline.queues.counts()).upload) === 0);
    assert.deepEqual(called, []);
    assert.equal(await pipeline.ledger.get(unknown.dataset), null);
    assert.equal((await pipeline.queues.counts()).upload.failed, 0);
  });

  withHarness(
    'a file of a thousand parts that one person asked for lets those of others pass, and goes before bulk',
    async (harness) => {
      const { pipeline } = harness;
      const main = uploadJob('huge.tif');
      const bulk = { ...uploadJob('bulk.tif'), options: { priority: 'bulk' as const } };
      await pipeline.queues.add([bulk, partJob(main, 1), partJob({ ...main, options: { priority: 'bulk' } }, 2)]);
      await uploading(harness, 'huge.tif');
      const order: string[] = [];
      const all = latch();
      await harness.worker('upload', async (one) => {
        order.push(one.kind === 'part' ? `part ${one.first}` : (one.options.priority ?? 'asked for'));
        if (order.length === 4) all.open();
        return { kind: 'done' };
      });
      await all.promise;
      assert.deepEqual(order, ['asked for', 'part 1', 'bulk', 'part 2']);
    },
  );

  withHarness('progress of many parts is told of the dataset at most twice a second', async (harness) => {
    const { internals, pipeline } = harness;
    const job = await uploading(harness, 'progress.tif');
    const { ledger } = internals;
    const since = performance.now();
    for (let done = 1; performance.now() - since < 1_200; done += 1) {
      await Promise.all([1, 2, 3].map(() => ledger.progress(job.dataset, 'upload', done, 1_000_000)));
    }
    await ledger.progress(job.dataset, 'upload', 1_000_000, 1_000_000);
    const told: number[] = [];
    for await (const event of pipeline.events.follow({ after: '0', signal: AbortSignal.timeout(20_000) })) {
      if (event.type === 'progress') told.push(event.done ?? 0);
      if (event.done === 1_000_000) break;
    }
    assert.ok(told.length >= 3 && told.length <= 4, `${told}`);
  });

  const crash = async ({ url, prefix }: Harness, point: string, kind: string): Promise<void> => {
    const child = spawn(process.execPath, [CRASHING_WORKER, url, prefix, point, kind], { stdio: 'inherit' });
    const [, signal] = await once(child, 'exit');
    assert.equal(signal, 'SIGKILL');
  };
  for (const [kind, point] of [
    ['add', 'ended'],
    ['add', 'added'],
    ['part', 'called'],
    ['part', 'ended'],
    ['part', 'recorded'],
    ['part', 'woken'],
  ] as const) {
    withHarness(
      `a worker killed over ${kind === 'add' ? 'the upload job' : 'a part'} when it has ${point} is healed by the next`,
      async (harness) => {
        const { pipeline, internals } = harness;
        const job = await uploading(harness, `kill-${kind}-${point}.tif`);
        await crash(harness, point, kind);
        await harness.worker('upload', sharedUpload(internals, LONG_MS), { lockDurationMs: 1_000 });
        await harness.event(({ state }) => state === 'publishing');
        assert.equal(await internals.redis.scard(storeOf(internals, jobIdOf(job))), PARTS);
        await until('nothing of it is left', async () => {
          const { waiting, prioritized, delayed, active, failed } = (await pipeline.queues.counts()).upload;
          return waiting + prioritized + delayed + active + failed === 0;
        });
        assert.equal((await pipeline.queues.counts()).publish.waiting, 1);
      },
    );
  }

  withHarness('a worker killed when it has recorded the death of a part leaves one dead letter', async (harness) => {
    const { pipeline, internals } = harness;
    const job = await uploading(harness, 'kill-dead.tif');
    await crash(harness, 'dead', 'part');
    assert.equal((await pipeline.ledger.get(job.dataset))?.reason?.code, 'SOURCE_GONE');
    let called = 0;
    await harness.worker(
      'upload',
      async () => {
        called += 1;
        return { kind: 'done' };
      },
      { lockDurationMs: 1_000 },
    );
    await until('the part is gone', async () => decideBacklog((await pipeline.queues.counts()).upload) === 0);
    // nobody woke the upload job: it wakes by itself, in this test long after its end
    await internals.queues.wake('upload', jobIdOf(job));
    await isDead(harness, job);
    assert.equal(called, 0);
    const steps = await pipeline.ledger.steps(job.dataset);
    assert.equal(steps.filter(({ state }) => state === 'dead').length, 1);
  });
});
