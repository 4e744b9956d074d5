import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { SILENT } from '@geosluice/jobs';
import { type RedisServer, startRedis } from '../../../../test/counterparts/redis.ts';
import { type Client, connect } from '../redis.ts';
import { createGate, type Gate, type Judged } from './gate.ts';

let server: RedisServer;
let clients: Client[];
let opened: Gate[] = [];
let count = 0;

before(async () => {
  server = await startRedis();
  clients = [0, 1, 2].map(() => connect(server.url, 'commands', () => {}));
});
after(async () => {
  for (const client of clients) client.disconnect();
  await server.stop();
});

afterEach(() => {
  for (const gate of opened) gate.close();
});

/** The same gate, as so many processes have it. */
function gates(most: number, first?: number): Gate[] {
  count += 1;
  const keys = [`{t}:gate:${count}`, `{t}:gate:${count}:state`, `{t}:gate:${count}:free`] as const;
  opened = clients.map((redis) => {
    const waiter = connect(server.url, 'worker', () => {});
    return createGate({ redis, waiter, keys, log: SILENT }, { most, first });
  });
  return opened;
}

/** A counterpart that does one thing after the other, or all side by side; counts how many are under way. */
function counterpart(ms: number, oneByOne: boolean) {
  let [under, most] = [0, 0];
  let queue: Promise<unknown> = Promise.resolve();
  return {
    most: () => most,
    async work(): Promise<void> {
      under += 1;
      most = Math.max(most, under);
      try {
        if (oneByOne) queue = queue.then(() => wait(ms));
        await (oneByOne ? queue : wait(ms));
      } finally {
        under -= 1;
      }
    },
  };
}

const never = (): Judged => ({ overloaded: false });
const { signal } = new AbortController();

/** All works wait from the start, spread over the gates. */
async function send(all: readonly Gate[], works: number, work: () => Promise<void>): Promise<void> {
  await Promise.all(Array.from({ length: works }, (_, index) => all[index % all.length]!.through(signal, work, never)));
}

test('over all processes never more are let through than at most', async () => {
  const all = gates(3);
  const { work, most } = counterpart(5, false);
  await send(all, 300, work);
  assert.ok(most() <= 3, `${most()} at a time`);
});

test('a counterpart that does one thing after the other is not pressed for more', async () => {
  const all = gates(16);
  const { work } = counterpart(10, true);
  await send(all, 400, work);
  const limit = Math.max(...all.map((gate) => gate.stats().allowed));
  assert.ok(limit <= 5, `${limit} at a time`);
});

test('nor is it left idle between an answer and the next request: two go, also where one was all it could bear before', async () => {
  for (const first of [2, 1]) {
    const all = gates(4, first);
    const { work } = counterpart(10, true);
    // on its way to the counterpart, where it does nothing
    await send(all, 400, async () => {
      await wait(3);
      await work();
    });
    const limit = Math.max(...all.map((gate) => gate.stats().allowed));
    assert.ok(limit >= 2, `${limit} at a time, begun with ${first}`);
    for (const gate of all) gate.close();
  }
});

test('one that does many at a time is given many', async () => {
  const all = gates(12);
  const { work } = counterpart(60, false);
  await send(all, 900, work);
  const limit = Math.max(...all.map((gate) => gate.stats().allowed));
  assert.ok(limit >= 6, `${limit} at a time`);
});

test('where it was overloaded half as many go on, and an error comes out as it is', async () => {
  const [gate] = gates(16, 8) as [Gate, ...Gate[]];
  const busy = new Error('503');
  const works = Array.from({ length: 4 }, () =>
    gate.through(
      signal,
      async () => {
        throw busy;
      },
      (ended) => ({ overloaded: 'error' in ended }),
    ),
  );
  for (const one of await Promise.allSettled(works)) assert.deepEqual(one, { status: 'rejected', reason: busy });
  assert.equal(gate.stats().allowed, 4, 'told by four at once, it counts once');
});

test('who is aborted while he waits leaves the turn to the next', async () => {
  const [gate] = gates(1, 1) as [Gate, ...Gate[]];
  const held = Promise.withResolvers<void>();
  const first = gate.through(signal, () => held.promise, never);
  const ending = new AbortController();
  const second = gate.through(ending.signal, async () => assert.fail('it was aborted'), never);
  const third = gate.through(signal, async () => 'third', never);
  ending.abort(new Error('no longer'));
  await assert.rejects(second, { message: 'no longer' });
  held.resolve();
  await first;
  assert.equal(await third, 'third');
});

test('what a dead process held is free again once its lease has run out', async () => {
  const [gate, other] = gates(1, 1) as [Gate, Gate, ...Gate[]];
  void gate.through(signal, () => new Promise<never>(() => {}), never).catch(() => {});
  await wait(50);
  // as Redis would in half a minute
  const permits = `{t}:gate:${count}`;
  const [id = ''] = await clients[0]!.zrange(permits, '0', '-1');
  await clients[0]!.zadd(permits, '1', id);
  assert.equal(await other.through(signal, async () => 'goes', never), 'goes');
});

/** Works that get no answer, at a counterpart that goes on with them until each is over. */
function silences(gate: Gate, works: number, overloaded: boolean) {
  const over = Array.from({ length: works }, () => Promise.withResolvers<void>());
  const all = Promise.withResolvers<void>();
  let begun = 0;
  const done = over.map(({ promise }) =>
    gate
      .through(
        signal,
        async () => {
          begun += 1;
          if (begun === works) all.resolve();
          // all have their turn before the limit is halved
          await all.promise;
          throw new Error('no answer');
        },
        () => ({ overloaded, over: promise }),
      )
      .catch(() => {}),
  );
  return { over, done: Promise.all(done) };
}

test('a work without an answer keeps its turn until it is over, though the limit is halved at once', async () => {
  const [gate, other] = gates(16, 2) as [Gate, Gate, ...Gate[]];
  const { over, done } = silences(gate, 2, true);
  await done;
  assert.deepEqual(gate.stats(), { allowed: 1, active: 0 });
  let begun = 0;
  const waiting = Array.from({ length: 4 }, () =>
    other.through(
      signal,
      async () => {
        begun += 1;
      },
      never,
    ),
  );
  await wait(1_500);
  assert.equal(begun, 0, 'also once it was looked for lost permits');
  over[0]!.resolve();
  await wait(1_500);
  assert.equal(begun, 0, 'the other one is all that may be under way');
  over[1]!.resolve();
  await Promise.all(waiting);
  assert.equal(begun, 4);
});

test('of which nothing is ever heard again, the turn runs out by itself', async () => {
  for (const [overloaded, least, most] of [
    [true, 201_000, 240_000],
    [false, 1_000, 30_000],
  ] as const) {
    const [gate, other] = gates(1, 1) as [Gate, Gate, ...Gate[]];
    await silences(gate, 1, overloaded).done;
    const permits = `{t}:gate:${count}`;
    const [id = '', ends = '0'] = await clients[0]!.zrange(permits, '0', '-1', 'WITHSCORES');
    const left = Number(ends) - Date.now();
    assert.ok(left > least && left <= most + 1_000, `${left}`);
    // as Redis would then
    await clients[0]!.zadd(permits, '1', id);
    assert.equal(await other.through(signal, async () => 'goes', never), 'goes');
    for (const one of opened) one.close();
  }
});
