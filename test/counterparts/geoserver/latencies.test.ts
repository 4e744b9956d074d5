import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { type Clock, createPace, RECORDED } from './latencies.ts';
import { createLock } from './lock.ts';

const STORE = { method: 'POST', segments: ['rest', 'workspaces', 'ws', 'coveragestores'] };
const LAYER = { method: 'POST', segments: ['rest', 'workspaces', 'ws', 'coveragestores', 's', 'coverages'] };

/** Goes to the next wait's end whenever nothing else is to be done. */
function virtualClock(): Clock & { until(done: Promise<unknown>): Promise<void> } {
  let now = 0;
  let waits: Array<{ at: number; wake: () => void }> = [];
  return {
    now: () => now,
    wait: (ms) => (ms <= 0 ? Promise.resolve() : new Promise((wake) => waits.push({ at: now + ms, wake }))),
    async until(done) {
      let over = false;
      void done.finally(() => {
        over = true;
      });
      for (;;) {
        await turn();
        if (over) return;
        now = Math.min(...waits.map(({ at }) => at));
        const due = waits.filter(({ at }) => at <= now);
        waits = waits.filter(({ at }) => at > now);
        for (const { wake } of due) wake();
      }
    },
  };
}

/** So many clients that publish one layer after the other. @returns publishes a second, and the mean of one in ms */
async function publish(inFlight: number): Promise<{ rate: number; each: number }> {
  const clock = virtualClock();
  const pace = createPace(createLock(), RECORDED, clock);
  const each: number[] = [];
  let left = 200;
  const client = async () => {
    while (left > 0) {
      left -= 1;
      const begun = clock.now();
      await pace(STORE, 'write', async () => {});
      await pace(LAYER, 'write', async () => {});
      each.push(clock.now() - begun);
    }
  };
  await clock.until(Promise.all(Array.from({ length: inFlight }, client)));
  return { rate: (each.length / clock.now()) * 1000, each: each.reduce((sum, ms) => sum + ms, 0) / each.length };
}

const between = (value: number, least: number, most: number): void =>
  assert.ok(value >= least && value <= most, `${value} is not ${least}-${most}`);

suite('the recorded latencies of a publish', () => {
  test('alone it takes what was measured', async () => {
    between((await publish(1)).each, 47, 62);
  });
  test('four in flight, and eight, take as long each as was measured', async () => {
    between((await publish(4)).each, 200, 330);
    between((await publish(8)).each, 360, 500);
  });
  test('the knee is at two: more only wait', async () => {
    const [one, two, four, fifty] = await Promise.all([1, 2, 4, 50].map(publish));
    between(one!.rate, 10, two!.rate);
    for (const more of [two!, four!, fifty!]) between(more.rate, 17.5, 18.5);
  });
  test('a workspace takes its stores along one by one, as long as was measured', async () => {
    const clock = virtualClock();
    const pace = createPace(createLock(), RECORDED, clock);
    const workspace = { method: 'DELETE', segments: ['rest', 'workspaces', 'ws'], stores: 2_270 };
    await clock.until(pace(workspace, 'write', async () => {}));
    between(clock.now(), 45_000, 47_000);
  });
  test('reads wait for writes, maps do not', async () => {
    const clock = virtualClock();
    const pace = createPace(createLock(), RECORDED, clock);
    const ended: Record<string, number> = {};
    const ask = async (name: string, segments: string[], kind: 'none' | 'read' | 'write', method = 'GET') => {
      await pace({ method, segments }, kind, async () => {});
      ended[name] = clock.now();
    };
    await clock.until(
      Promise.all([
        ask('layer', LAYER.segments, 'write', 'POST'),
        ask('read', ['rest', 'workspaces'], 'read'),
        ask('map', ['ws', 'layer', 'wms'], 'none'),
        ask('about', ['rest', 'about', 'version'], 'none'),
      ]),
    );
    const { around, layer, read, map } = RECORDED;
    assert.deepEqual(ended, { layer: around + layer, read: around + layer + read, map: around + map, about: 0 });
  });
  test('the work of the stand-in itself is part of the time', async () => {
    const clock = virtualClock();
    const pace = createPace(createLock(), RECORDED, clock);
    await clock.until(pace(LAYER, 'write', () => clock.wait(30)));
    assert.equal(clock.now(), RECORDED.around + RECORDED.layer);
  });
  test('without latencies there is no wait, and the lock all the same', async () => {
    const lock = createLock();
    const pace = createPace(lock, undefined);
    const held = Promise.withResolvers<void>();
    const first = pace(LAYER, 'write', () => held.promise);
    const second = pace(STORE, 'write', async () => 'second');
    await turn();
    assert.equal(lock.waiting, 2);
    held.resolve();
    await first;
    assert.equal(await second, 'second');
  });
});
