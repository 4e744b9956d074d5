import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { suite } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  datasetIdOf,
  jobIdOf,
  type Outcome,
  type PartJob,
  Reject,
  type RemoveJob,
  Retry,
  type Stage,
  type UploadJob,
} from '@geosluice/jobs';
import { type Harness, harnessTests, latch } from '../testing/harness.ts';
import { locationOf, OBJECT, uploadJob } from '../testing/samples.ts';

const CRASHING_WORKER = fileURLToPath(new URL('../testing/crashing-worker.ts', import.meta.url));

suite('what goes wrong around a job', () => {
  const { withHarness } = harnessTests();
  const upload = async ({ pipeline }: Harness, name: string): Promise<UploadJob> => {
    const location = locationOf(name);
    const claim = { dataset: datasetIdOf(location), location, ingestion: 'i1', options: {}, expected: 0 };
    await pipeline.ledger.takeGeneration({ ...claim, version: 'aaaaaaaaaa-0', takenBy: 'job' });
    const job = uploadJob(name);
    const moves = { stage: 'upload' as const, id: jobIdOf(job) };
    await pipeline.ledger.apply(claim.dataset, 1, { state: 'uploading', job: moves }, { stage: 'discover' });
    await pipeline.queues.add([job]);
    return job;
  };
  const crash = async ({ url, prefix }: Harness, point: string): Promise<void> => {
    const child = spawn(process.execPath, [CRASHING_WORKER, url, prefix, point], { stdio: 'inherit' });
    const [, signal] = await once(child, 'exit');
    assert.equal(signal, 'SIGKILL');
  };
  const toPublish = (job: UploadJob | PartJob | RemoveJob): Outcome =>
    job.kind !== 'add'
      ? { kind: 'done' }
      : { kind: 'next', jobs: [{ ...job, stage: 'publish', object: OBJECT }], record: { object: OBJECT } };

  for (const point of ['ended', 'recorded', 'added']) {
    withHarness(`a worker killed when it has ${point} is healed by the next, with one publish job`, async (harness) => {
      const job = await upload(harness, `kill-${point}.tif`);
      await crash(harness, point);
      const published: string[] = [];
      const ended = latch();
      await harness.worker('upload', async (one) => toPublish(one), {
        lockDurationMs: 1_000,
        metrics: { ran: () => ended.open() },
      });
      await harness.worker('publish', async (one) => {
        published.push(one.dataset);
        return { kind: 'done', record: { title: 'published' } };
      });
      await ended.promise;
      await harness.event(({ stage }) => stage === 'publish');
      // what is there to run has run once another job of the same queue came through
      await harness.pipeline.queues.add([{ ...uploadJob('last.tif', 1), stage: 'publish', object: OBJECT } as never]);
      await harness.event(
        ({ dataset, stage }) => stage === 'publish' && dataset === datasetIdOf(locationOf('last.tif')),
      );
      assert.equal(published.filter((dataset) => dataset === job.dataset).length, 1);
      const entry = await harness.pipeline.ledger.get(job.dataset);
      assert.equal(entry?.state, 'publishing');
      assert.deepEqual(entry?.object, OBJECT);
    });
  }

  withHarness('a worker killed after the next stage ran through does not make it run again', async (harness) => {
    const job = await upload(harness, 'kill-late.tif');
    await crash(harness, 'added');
    let published = 0;
    await harness.worker('publish', async () => {
      published += 1;
      return { kind: 'done', record: { title: 'published' } };
    });
    await harness.event(({ stage }) => stage === 'publish');
    const healed = latch<string>();
    let called = 0;
    await harness.worker(
      'upload',
      async (one) => {
        called += 1;
        return toPublish(one);
      },
      { lockDurationMs: 1_000, metrics: { ran: ({ outcome }) => healed.open(outcome) } },
    );
    assert.equal(await healed.promise, 'done');
    assert.equal(called, 0);
    assert.equal(published, 1);
    assert.equal(await harness.internals.queues.standing('publish', jobIdOf(job)), null);
  });

  withHarness(
    'a worker killed when it has buried a job leaves one dead letter, to be replayed as it was',
    async (harness) => {
      const job = await upload(harness, 'kill-dead.tif');
      await crash(harness, 'dead');
      assert.equal((await harness.pipeline.ledger.get(job.dataset))?.reason?.code, 'SOURCE_GONE');
      let called = 0;
      const failed = latch();
      const ran = latch<number>();
      await harness.worker(
        'upload',
        async (_, { attempt }) => {
          called += 1;
          ran.open(attempt);
          return { kind: 'done' };
        },
        { lockDurationMs: 1_000, metrics: { ran: () => failed.open() } },
      );
      await failed.promise;
      assert.equal(called, 0);
      while ((await harness.pipeline.queues.counts()).upload.failed === 0) await new Promise((go) => setImmediate(go));
      const steps = await harness.pipeline.ledger.steps(job.dataset);
      assert.equal(steps.filter(({ state }) => state === 'dead').length, 1);
      assert.equal(await harness.pipeline.deadLetters.replay({ asItWas: true }), 1);
      assert.equal(await ran.promise, 1);
    },
  );

  withHarness(
    'a job over which worker after worker dies is dead, though BullMQ would have given up earlier',
    async (harness) => {
      const job = await upload(harness, 'poison.tif');
      for (let deaths = 0; deaths < 3; deaths += 1) await crash(harness, 'called');
      let called = 0;
      const run = async () => {
        called += 1;
        return { kind: 'done' as const };
      };
      await harness.worker('upload', run, { maxCrashes: 3, lockDurationMs: 1_000 });
      await harness.event(({ state }) => state === 'dead');
      const entry = await harness.pipeline.ledger.get(job.dataset);
      assert.equal(entry?.reason?.code, 'WORKER_CRASHED');
      assert.match(entry?.reason?.message ?? '', /3 workers died/);
      assert.equal(called, 0);
    },
  );

  withHarness('a shutdown hands unfinished work back at once, and burns no attempt', async (harness) => {
    await upload(harness, 'shutdown.tif');
    const started = latch();
    const first = await harness.worker(
      'upload',
      async (_, { signal }) => {
        started.open();
        await once(signal, 'abort');
        throw signal.reason;
      },
      { lockDurationMs: 30_000 },
    );
    await started.promise;
    const before = performance.now();
    await first.close({ graceMs: 10_000 });
    assert.ok(performance.now() - before < 5_000);
    const attempts = latch<number>();
    await harness.worker('upload', async (_, { attempt }) => {
      attempts.open(attempt);
      return { kind: 'done' };
    });
    assert.equal(await attempts.promise, 1);
  });

  withHarness('a run is the first of its job only until one began: a retried one is not', async (harness) => {
    await upload(harness, 'retried.tif');
    const seen: boolean[] = [];
    await harness.worker('upload', async (_, { first }) => {
      seen.push(first);
      if (seen.length === 1) throw new Retry('GEOSERVER_TIMEOUT', 'no answer');
      return { kind: 'done', record: { title: 'done' } };
    });
    await harness.event(({ stage }) => stage === 'upload');
    while (seen.length < 2) await new Promise((go) => setImmediate(go));
    assert.deepEqual(seen, [true, false]);
  });

  withHarness('nor is one after a worker died over it', async (harness) => {
    await upload(harness, 'killed.tif');
    await crash(harness, 'called');
    const ran = latch<boolean>();
    const run: Stage<'upload'> = async (_, { first }) => {
      ran.open(first);
      return { kind: 'done' };
    };
    await harness.worker('upload', run, { lockDurationMs: 1_000 });
    assert.equal(await ran.promise, false);
  });

  withHarness('nor is one that was handed back, or is replayed as it was', async (harness) => {
    await upload(harness, 'handed.tif');
    const started = latch<boolean>();
    const stopped = await harness.worker('upload', async (_, { first, signal }) => {
      started.open(first);
      await once(signal, 'abort');
      throw signal.reason;
    });
    assert.equal(await started.promise, true);
    await stopped.close({ graceMs: 10_000 });
    const seen: boolean[] = [];
    const replayed = latch();
    await harness.worker('upload', async (_, { first }) => {
      seen.push(first);
      if (seen.length === 1) throw new Reject('GEOSERVER_REFUSED', 'no');
      replayed.open();
      return { kind: 'done' };
    });
    await harness.event(({ state }) => state === 'dead');
    while ((await harness.pipeline.queues.counts()).upload.failed === 0) await new Promise((go) => setImmediate(go));
    assert.equal(await harness.pipeline.deadLetters.replay({ asItWas: true }), 1);
    await replayed.promise;
    assert.deepEqual(seen, [false, false]);
  });

  withHarness('a stage that does not heed the shutdown loses its job after the grace', async (harness) => {
    const job = await upload(harness, 'deaf.tif');
    const started = latch();
    const late = latch();
    const first = await harness.worker(
      'upload',
      async (one) => {
        started.open();
        await late.promise;
        return toPublish(one);
      },
      { lockDurationMs: 30_000 },
    );
    await started.promise;
    await first.close({ graceMs: 50 });
    assert.equal(await harness.internals.queues.standing('upload', jobIdOf(job)), 'waiting');
    late.open();
    const entry = await harness.pipeline.ledger.get(job.dataset);
    assert.equal(entry?.state, 'uploading');
    assert.equal(entry?.object, undefined);
  });

  withHarness('a run that loses its lock is aborted, and what it still gives is void', async (harness) => {
    const job = await upload(harness, 'lock.tif');
    const reason = latch<unknown>();
    const outcome = latch<string>();
    await harness.worker(
      'upload',
      async (one, { signal }) => {
        await harness.internals.redis.set(harness.internals.keys.lock('upload', jobIdOf(one)), 'another worker');
        await once(signal, 'abort');
        reason.open(signal.reason);
        return toPublish(one);
      },
      { lockDurationMs: 1_000, metrics: { ran: (run) => outcome.open(run.outcome) } },
    );
    assert.match(String(await reason.promise), /lock of this job is lost/);
    await outcome.promise;
    const entry = await harness.pipeline.ledger.get(job.dataset);
    assert.equal(entry?.state, 'uploading');
    assert.equal(entry?.object, undefined);
    assert.equal((await harness.pipeline.queues.counts()).publish.waiting, 0);
  });

  withHarness(
    'while its counterpart is down the queue is held for all, then probed by one, and no attempt is burnt',
    async (harness) => {
      const names = ['down1.tif', 'down2.tif', 'down3.tif', 'down4.tif'];
      for (const name of names) await upload(harness, name);
      let down = true;
      let fell = 0;
      const attempts: number[] = [];
      const held = latch<number>();
      const all = latch();
      let running = 0;
      let probes = 0;
      const run = async (_: unknown, { attempt }: { attempt: number }) => {
        if (down) {
          fell += 1;
          throw new Retry('GEOSERVER_AWAY', 'connection refused', { counterpart: 'geoserver', down: true });
        }
        running += 1;
        if (attempts.length === 0) probes = Math.max(probes, running);
        await new Promise((resolve) => setImmediate(resolve));
        running -= 1;
        attempts.push(attempt);
        if (attempts.length === names.length) all.open();
        return { kind: 'done' as const };
      };
      const hold = { baseMs: 300, maxMs: 600, probeMs: 5_000 };
      const metrics = { held: ({ ms }: { ms: number }) => held.open(ms) };
      await harness.worker('upload', run, { hold, metrics });
      await harness.worker('upload', run, { hold, metrics });
      const ms = await held.promise;
      assert.ok(ms >= 150 && ms <= 600, `${ms}`);
      const counts = (await harness.pipeline.queues.counts()).upload;
      assert.ok(counts.heldForMs > 0 && counts.heldForMs <= 600, `${counts.heldForMs}`);
      assert.ok(fell <= 2, `${fell} jobs met the outage before the queue was held`);
      down = false;
      await all.promise;
      assert.deepEqual(attempts, [1, 1, 1, 1]);
      assert.equal(probes, 1);
      assert.equal((await harness.pipeline.queues.counts()).upload.heldForMs, 0);
      const entry = await harness.pipeline.ledger.get(datasetIdOf(locationOf('down1.tif')));
      assert.ok(entry?.lastError === 'connection refused' || entry?.lastError === undefined);
    },
  );

  withHarness('a hold grows while the outage lasts, up to its cap', async (harness) => {
    await upload(harness, 'outage.tif');
    const holds: number[] = [];
    const enough = latch();
    await harness.worker(
      'upload',
      async () => {
        throw new Retry('GEOSERVER_AWAY', 'connection refused', { counterpart: 'geoserver', down: true });
      },
      {
        hold: { baseMs: 40, maxMs: 160 },
        metrics: {
          held: ({ ms }) => {
            holds.push(ms);
            if (holds.length === 4) enough.open();
          },
        },
      },
    );
    await enough.promise;
    for (const [at, ms] of holds.slice(0, 4).entries()) {
      const full = Math.min(160, 40 * 2 ** at);
      assert.ok(ms >= full / 2 && ms <= full, `hold ${at}: ${ms}`);
    }
    assert.equal((await harness.pipeline.ledger.get(datasetIdOf(locationOf('outage.tif'))))?.state, 'uploading');
  });

  withHarness('a worker that polls says so, idle or busy', async (harness) => {
    const started = latch();
    const go = latch();
    const runner = await harness.worker('upload', async () => {
      started.open();
      await go.promise;
      return { kind: 'done' };
    });
    await upload(harness, 'busy.tif');
    await started.promise;
    assert.equal(runner.active(), 1);
    assert.ok(runner.lastPolledMs() < 5_000);
    go.open();
  });
});
