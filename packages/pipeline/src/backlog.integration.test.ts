import assert from 'node:assert/strict';
import { suite } from 'node:test';
import { decideBacklog } from './backlog.ts';
import { createHold } from './runner/hold.ts';
import { harnessTests, latch } from './testing/harness.ts';
import { inspectJob, uploadJob } from './testing/samples.ts';

suite('the backlog of a real queue', () => {
  const { withHarness } = harnessTests();

  withHarness('counts jobs of every priority, and a delayed one from its time on', async (harness) => {
    const { pipeline, internals } = harness;
    await pipeline.queues.add([inspectJob('a.tif'), inspectJob('b.tif', { options: { priority: 'bulk' } })]);
    await internals.queues.add([inspectJob('now.tif')], 1);
    await internals.queues.add([inspectJob('later.tif')], 3_600_000);
    let counts = (await pipeline.queues.counts()).discover;
    // no worker is there that would wake the one whose time has come
    while (counts.due === 0) counts = (await pipeline.queues.counts()).discover;
    const { waiting, prioritized, delayed, due } = counts;
    assert.deepEqual({ waiting, prioritized, delayed, due }, { waiting: 1, prioritized: 1, delayed: 2, due: 1 });
    assert.equal(decideBacklog(counts), 3);
  });

  withHarness('is only what is under way while somebody paused the queue', async (harness) => {
    const { pipeline, internals } = harness;
    const [begun, go] = [latch(), latch()];
    await pipeline.queues.add([uploadJob('a.tif'), uploadJob('b.tif'), uploadJob('c.tif')]);
    await harness.worker('upload', async () => {
      begun.open();
      await go.promise;
      return { kind: 'done', note: 'seen' };
    });
    await begun.promise;
    assert.equal(decideBacklog((await pipeline.queues.counts()).upload), 3);
    await internals.queues.of('upload').pause();
    const paused = (await pipeline.queues.counts()).upload;
    assert.deepEqual([paused.paused, paused.active, decideBacklog(paused)], [true, 1, 1]);
    await internals.queues.of('upload').resume();
    go.open();
  });

  withHarness('is nothing while the queue is held and nothing is under way', async (harness) => {
    const { pipeline, internals } = harness;
    await pipeline.queues.add([uploadJob('a.tif')]);
    const times = { baseMs: 60_000, maxMs: 60_000, probeMs: 1_000 };
    const hold = createHold(internals.redis, internals.keys, 'upload', times);
    const { ms } = await hold.down({ counterpart: 's3', code: 'STORE_UNREACHABLE', atLeastMs: 0 });
    const { upload } = await pipeline.queues.counts();
    assert.ok(upload.heldForMs > ms - 10_000 && upload.heldForMs <= ms, `${upload.heldForMs} of ${ms}`);
    assert.deepEqual([upload.waiting, decideBacklog(upload)], [1, 0]);
  });
});
