import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { datasetIdOf, Reject, Retry } from '@geosluice/jobs';
import { startRedis } from '../../../test/counterparts/redis.ts';
import { PipelineError } from './error.ts';
import { openPipeline } from './pipeline.ts';
import { type Harness, harnessTests, latch } from './testing/harness.ts';
import { inspectJob, locationOf } from './testing/samples.ts';

suite('ingestions, watches and what finds the lost', () => {
  const { withHarness, redis } = harnessTests();

  withHarness(
    'an ingestion of one file and one prefix runs until both are settled',
    async ({ pipeline, ...harness }) => {
      const sources = [locationOf('one.tif'), locationOf('many/')];
      const ingestion = await pipeline.ingestions.start({ sources, options: { title: 'T' } });
      assert.equal(ingestion.running, true);
      assert.equal(ingestion.counts.found, 1);
      assert.deepEqual(ingestion.sources, ['s3://inbox/one.tif', 's3://inbox/many/']);
      const priorities: Array<string | undefined> = [];
      await harness.worker('discover', async (job, context) => {
        priorities.push(job.options.priority);
        if (job.kind === 'list') {
          const { ingestion, options } = job;
          return {
            kind: 'next',
            jobs: [inspectJob('many/a.tif', { ingestion, options }), inspectJob('many/b.tif', { ingestion, options })],
          };
        }
        const { dataset, location, ingestion, options } = job;
        const claim = { dataset, location, ingestion, options, expected: 0, version: 'aaaaaaaaaa-0' };
        context.adopt((await pipeline.ledger.takeGeneration({ ...claim, takenBy: context.jobId })) ?? 0);
        if (dataset === datasetIdOf(locationOf('many/b.tif'))) throw new Reject('NO_CRS', 'none');
        return { kind: 'done', record: { state: 'visible' } };
      });
      let seen = 0;
      await harness.event(({ state }) => {
        seen += state === 'visible' || state === 'dead' ? 1 : 0;
        return seen === 3;
      });
      const done = await settled(pipeline, ingestion.id);
      assert.equal(done.counts.visible, 2);
      assert.equal(done.counts.dead, 1);
      assert.deepEqual(priorities.sort(), ['bulk', 'bulk', 'bulk', undefined].sort());
      const { entries } = await pipeline.ledger.list({ ingestion: ingestion.id, state: 'dead' });
      assert.deepEqual(
        entries.map(({ uri }) => uri),
        ['s3://inbox/many/b.tif'],
      );
      const listed = await pipeline.ingestions.list({});
      assert.deepEqual(
        listed.ingestions.map(({ id }) => id),
        [ingestion.id],
      );
    },
  );

  withHarness('the same idempotency key gives the same ingestion, also when two ask at once', async ({ pipeline }) => {
    const request = { sources: [locationOf('once.tif')], options: {}, idempotencyKey: 'k1' };
    const both = await Promise.all([pipeline.ingestions.start(request), pipeline.ingestions.start(request)]);
    assert.equal(both[0].id, both[1].id);
    assert.equal((await pipeline.ingestions.start(request)).id, both[0].id);
    assert.notEqual((await pipeline.ingestions.start({ ...request, idempotencyKey: 'k2' })).id, both[0].id);
    const { waiting } = (await pipeline.queues.counts()).discover;
    assert.equal(waiting, 2);
    assert.equal(await pipeline.ingestions.get('i-unknown'), null);
  });

  withHarness('a known dataset that is asked for again belongs to the one who asked', async ({ pipeline }) => {
    const sources = [locationOf('known.tif')];
    const first = await pipeline.ingestions.start({ sources, options: {} });
    const second = await pipeline.ingestions.start({ sources, options: {} });
    assert.equal((await pipeline.ingestions.get(first.id))?.counts.found, 0);
    assert.equal(second.counts.found, 1);
  });

  withHarness('a source that cannot be listed is a problem of its ingestion', async ({ pipeline, ...harness }) => {
    await harness.worker('discover', async () => {
      throw new Reject('SOURCE_FORBIDDEN', 'access denied');
    });
    const { id } = await pipeline.ingestions.start({ sources: [locationOf('secret/')], options: {} });
    const event = await harness.event(({ type }) => type === 'problem');
    assert.equal(event.ingestion, id);
    assert.equal(event.note, 'SOURCE_FORBIDDEN');
    const ingestion = await settled(pipeline, id);
    assert.deepEqual(
      ingestion.problems.map(({ source, code, message }) => ({ source, code, message })),
      [{ source: 's3://inbox/secret/', code: 'SOURCE_FORBIDDEN', message: 'access denied' }],
    );
    assert.equal((await pipeline.queues.counts()).discover.failed, 0);
  });

  withHarness(
    'a watch lists at once and again, one listing at a time, with the options it has now',
    async ({ pipeline, ...harness }) => {
      const listings: string[] = [];
      let enough = latch();
      let wanted = 2;
      for (let workers = 0; workers < 2; workers += 1) {
        await harness.worker('discover', async (job) => {
          if (job.kind === 'list') listings.push(`${job.watch} ${job.options.title}`);
          if (listings.length >= wanted) enough.open();
          return { kind: 'done' };
        });
      }
      const watch = { id: 'inbox', source: 's3://inbox/watched/', options: { title: 'one' }, intervalSeconds: 1 };
      await pipeline.watches.put(watch);
      await enough.promise;
      assert.deepEqual(listings, ['inbox one', 'inbox one']);
      enough = latch();
      wanted = listings.length + 1;
      await pipeline.watches.put({ ...watch, options: { title: 'two' } });
      await enough.promise;
      assert.equal(listings.at(-1), 'inbox two');
      assert.deepEqual(
        (await pipeline.watches.list()).map(({ id, intervalSeconds }) => [id, intervalSeconds]),
        [['inbox', 1]],
      );
      assert.equal((await pipeline.ingestions.get('inbox'))?.watch, 'inbox');
      assert.equal(await pipeline.watches.remove('inbox'), true);
      assert.equal(await pipeline.watches.remove('inbox'), false);
      assert.equal(await harness.internals.queues.of('discover').getJobScheduler('inbox'), undefined);
      for (const wrong of [{ id: 'No' }, { source: 's3://inbox/a.tif' }, { intervalSeconds: 0 }]) {
        await assert.rejects(pipeline.watches.put({ ...watch, ...wrong }), { code: 'WATCH_INVALID' });
      }
    },
  );

  withHarness('a listing that fails is tried again by the next scan', async ({ pipeline, ...harness }) => {
    let scans = 0;
    const again = latch();
    await harness.worker(
      'discover',
      async () => {
        scans += 1;
        if (scans === 1) throw new Retry('S3_SLOW', 'no answer');
        again.open();
        return { kind: 'done' };
      },
      { attempts: 1 },
    );
    await pipeline.watches.put({ id: 'w', source: 's3://inbox/w/', options: {}, intervalSeconds: 1 });
    await again.promise;
    assert.equal((await pipeline.ingestions.get('w'))?.problems[0]?.code, 'RETRIES_EXHAUSTED');
  });

  withHarness(
    'a replay of what a watch found takes the options that the watch has now',
    async ({ pipeline, ...harness }) => {
      const watch = { id: 'rules', source: 's3://inbox/rules/', options: {}, intervalSeconds: 3600 };
      await pipeline.watches.put(watch);
      const asked = latch<string | undefined>();
      await harness.worker('discover', async (job) => {
        if (job.kind === 'list') return { kind: 'done' };
        if (job.options.srs === undefined) throw new Reject('NO_CRS', 'none');
        asked.open(`${job.options.srs} ${job.reason} ${job.force}`);
        return { kind: 'done' };
      });
      await pipeline.queues.add([inspectJob('rules/a.tif', { ingestion: 'rules' })]);
      await harness.event(({ state }) => state === 'dead');
      await pipeline.watches.put({ ...watch, options: { srs: 'EPSG:4326' } });
      assert.equal(await pipeline.deadLetters.replay({ code: 'NO_CRS' }), 1);
      assert.equal(await asked.promise, 'EPSG:4326 replay true');
      assert.equal((await pipeline.deadLetters.list({})).deadLetters.length, 0);
    },
  );

  withHarness('a watch whose scheduler is lost gets it back', async ({ pipeline, internals }) => {
    await pipeline.watches.put({ id: 'w', source: 's3://inbox/w/', options: {}, intervalSeconds: 60 });
    const queue = internals.queues.of('discover');
    await queue.removeJobScheduler('w');
    await pipeline.sweep();
    assert.ok(await queue.getJobScheduler('w'));
  });

  withHarness(
    'a hint takes effect while a look at the same runs, and many hints are one more look',
    async ({ pipeline, ...harness }) => {
      await pipeline.watches.put({ id: 'all', source: 's3://inbox/', options: {}, intervalSeconds: 3600 });
      await pipeline.watches.put({
        id: 'deep',
        source: 's3://inbox/deep/',
        options: { title: 'D' },
        intervalSeconds: 3600,
      });
      const raster = locationOf('deep/a.tif');
      assert.equal((await pipeline.watches.covering(raster))?.id, 'deep');
      assert.equal((await pipeline.watches.covering(locationOf('b.tif')))?.id, 'all');
      const looks: string[] = [];
      const [first, second, go] = [latch(), latch(), latch()];
      await harness.worker(
        'discover',
        async (job) => {
          if (job.kind === 'list') return { kind: 'done' };
          looks.push(`${job.ingestion} ${job.reason} ${job.options.title}`);
          if (looks.length === 2) second.open();
          first.open();
          await go.promise;
          return { kind: 'done' };
        },
        { concurrency: 3 },
      );
      assert.equal(await pipeline.watches.hint(raster), true);
      await first.promise;
      for (let hints = 0; hints < 5; hints += 1) await pipeline.watches.hint(raster);
      await second.promise;
      go.open();
      assert.deepEqual(looks.slice(0, 2), ['deep event D', 'deep event D']);
      assert.equal(await pipeline.watches.hint({ kind: 's3', bucket: 'elsewhere', key: 'a.tif' }), false);
    },
  );

  withHarness(
    'a hint at a sidecar is one at the raster beside it, where that is known',
    async ({ pipeline, internals }) => {
      await pipeline.watches.put({ id: 'all', source: 's3://inbox/', options: {}, intervalSeconds: 3600 });
      assert.equal(await pipeline.watches.hint(locationOf('a.xml')), false);
      await pipeline.queues.add([inspectJob('a.TIF')]);
      assert.equal(await pipeline.watches.hint(locationOf('a.xml')), true);
      const id = `${datasetIdOf(locationOf('a.TIF'))}.event`;
      assert.equal(await internals.queues.standing('discover', id), 'waiting');
    },
  );

  withHarness(
    'the sweep finds what has no job, once, and leaves alone what has one',
    async ({ pipeline, internals, ...harness }) => {
      const lost = inspectJob('lost.tif');
      const fine = inspectJob('fine.tif');
      await pipeline.queues.add([lost, fine]);
      await internals.queues.of('discover').remove(`${lost.dataset}.v`);
      assert.equal(await pipeline.sweep({ olderThanMs: 60_000 }), 0);
      assert.equal(await pipeline.sweep({ olderThanMs: -1_000 }), 1);
      assert.equal(await pipeline.sweep({ olderThanMs: -1_000 }), 0);
      const reasons: string[] = [];
      const both = latch();
      await harness.worker('discover', async (job) => {
        if (job.kind === 'inspect') reasons.push(job.reason);
        if (reasons.length === 2) both.open();
        return { kind: 'done' };
      });
      await both.promise;
      assert.deepEqual(reasons.sort(), ['requested', 'sweep']);
    },
  );

  withHarness('the sweep leaves alone what came to its end after it was listed', async ({ pipeline, internals }) => {
    for (const state of ['removed', 'visible', 'dead'] as const) {
      const { dataset, location } = inspectJob(`${state}.tif`);
      await pipeline.ledger.takeGeneration({
        ...{ dataset, location, ingestion: 'i1', options: {}, version: 'aaaaaaaaaa-0', expected: 0, takenBy: 'j' },
      });
      await pipeline.ledger.apply(dataset, 1, { state }, {});
      // as the list had it that the sweep works down
      await internals.redis.zadd(internals.keys.state('removing'), 1, dataset);
    }
    assert.equal(await pipeline.sweep({ olderThanMs: -1_000 }), 0);
    assert.equal((await pipeline.queues.counts()).discover.waiting, 0);
  });

  withHarness('list jobs rest while the house is full', async ({ pipeline, ...harness }) => {
    await pipeline.queues.add(Array.from({ length: 20 }, (_, index) => inspectJob(`${index}.tif`)));
    await pipeline.ingestions.start({ sources: [locationOf('big/')], options: { priority: 'interactive' } });
    const kinds: string[] = [];
    const held = latch();
    const runner = await harness.worker(
      'discover',
      async (job) => {
        kinds.push(job.kind);
        await held.promise;
        return { kind: 'done' };
      },
      {
        concurrency: 25,
        maxBacklog: -1,
        metrics: {
          ran: ({ outcome }) => {
            if (outcome === 'held') held.open();
          },
        },
      },
    );
    await held.promise;
    await runner.close({ graceMs: 1_000 });
    assert.ok(!kinds.includes('list'));
    assert.equal((await pipeline.queues.counts()).discover.delayed, 1);
  });

  withHarness('the more list jobs rest, the longer the next one does', async ({ pipeline, internals, ...harness }) => {
    const folders = Array.from({ length: 300 }, (_, index) => locationOf(`big/${index}/`));
    await pipeline.ingestions.start({ sources: folders, options: {} });
    let held = 0;
    const all = latch();
    const runner = await harness.worker('discover', async () => ({ kind: 'done' }), {
      ...{ concurrency: 25, maxBacklog: -1 },
      metrics: {
        ran: ({ outcome }) => {
          if (outcome === 'held') held += 1;
          if (held === folders.length) all.open();
        },
      },
    });
    await all.promise;
    await runner.close({ graceMs: 1_000 });
    const rests = (await internals.queues.of('discover').getDelayed()).map(({ delay }) => delay);
    assert.equal(rests.length, folders.length);
    // BullMQ keeps what is left of the rest by its own clock, a moment later
    assert.ok(Math.min(...rests) > 4_000 && Math.min(...rests) <= 5_000, `${Math.min(...rests)}`);
    // those that were looked at together saw the same number
    assert.ok(Math.max(...rests) > 12_000, `${Math.max(...rests)}`);
  });

  withHarness('pages hold every dataset once, newest first, and go on where they ended', async ({ pipeline }) => {
    const jobs = Array.from({ length: 250 }, (_, index) => inspectJob(`page/${index}.tif`));
    await pipeline.queues.add(jobs);
    const seen = new Set<string>();
    let cursor: string | undefined;
    let pages = 0;
    do {
      const page = await pipeline.ledger.list({ limit: 100, ...(cursor === undefined ? {} : { cursor }) });
      for (const { dataset } of page.entries) seen.add(dataset);
      cursor = page.cursor ?? undefined;
      pages += 1;
    } while (cursor !== undefined);
    assert.equal(seen.size, 250);
    assert.equal(pages, 3);
    const found = await pipeline.ledger.list({ q: 'PAGE/77.', state: 'found' });
    assert.deepEqual(
      found.entries.map(({ uri }) => uri),
      ['s3://inbox/page/77.tif'],
    );
    assert.equal(found.cursor, null);
    await assert.rejects(pipeline.ledger.list({ cursor: 'nonsense' }), { code: 'CURSOR_INVALID' });
  });

  withHarness('a box finds what it touches', async ({ pipeline }) => {
    const { FACTS } = await import('./testing/samples.ts');
    const job = inspectJob('box.tif');
    await pipeline.queues.add([job, inspectJob('nobox.tif')]);
    await pipeline.ledger.apply(job.dataset, 0, { facts: FACTS }, { stage: 'discover' });
    const inside = await pipeline.ledger.list({ bbox: [7.5, 50.5, 9, 52] });
    assert.deepEqual(
      inside.entries.map(({ dataset }) => dataset),
      [job.dataset],
    );
    assert.deepEqual((await pipeline.ledger.list({ bbox: [9, 50, 10, 51] })).entries, []);
  });

  withHarness(
    'followers hear from now on, or from where they were, and only of their ingestion',
    async ({ pipeline, ...harness }) => {
      await pipeline.queues.add([inspectJob('before.tif')]);
      const first = await harness.event(() => true);
      const stop = new AbortController();
      const heard: string[] = [];
      const one = latch();
      const following = (async () => {
        for await (const event of pipeline.events.follow({ after: first.id, ingestion: 'i2', signal: stop.signal })) {
          heard.push(event.dataset ?? '');
          one.open();
        }
      })();
      await pipeline.queues.add([
        inspectJob('mine.tif', { ingestion: 'i2' }),
        inspectJob('theirs.tif', { ingestion: 'i3' }),
      ]);
      await one.promise;
      stop.abort();
      await following;
      assert.deepEqual(heard, [datasetIdOf(locationOf('mine.tif'))]);
    },
  );

  test('nothing starts on a Redis that may evict, and one without an append-only file is warned of', async () => {
    const server = await startRedis({ policy: 'allkeys-lru', appendOnly: false });
    try {
      const warnings: object[] = [];
      const log = { debug() {}, info() {}, error() {}, warn: (data: object) => warnings.push(data) };
      await assert.rejects(openPipeline({ redisUrl: server.url, log }), (error: unknown) => {
        assert.ok(error instanceof PipelineError);
        assert.equal(error.code, 'REDIS_MAY_EVICT');
        assert.match(error.message, /allkeys-lru\. Set maxmemory-policy noeviction/);
        return true;
      });
      assert.match(JSON.stringify(warnings), /append-only file/);
    } finally {
      await server.stop();
    }
  });

  test('every key of a deployment lies in one slot of a cluster', async () => {
    const harness = await redis().harness();
    await harness.pipeline.ingestions.start({ sources: [locationOf('slot.tif'), locationOf('slots/')], options: {} });
    const keys = await harness.internals.redis.keys('*');
    const own = keys.filter((key) => key.includes(`${harness.prefix}}`));
    assert.ok(own.length > 10);
    assert.ok(own.every((key) => key.startsWith(`{${harness.prefix}}:`)));
    assert.equal(await harness.pipeline.ping(), true);
    await harness.close();
  });
});

/** The ingestion as it is once nothing of it runs any more. */
async function settled(pipeline: Harness['pipeline'], id: string) {
  const signal = AbortSignal.timeout(10_000);
  for (;;) {
    signal.throwIfAborted();
    const ingestion = await pipeline.ingestions.get(id);
    if (ingestion !== null && !ingestion.running) return ingestion;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
