import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Redis } from 'ioredis';
import { ownRedis } from './testing/own-redis.ts';
import { runTogether, scriptOfMany } from './together.ts';

const own = ownRedis();

const ECHO = scriptOfMany(
  '',
  `
if A[1] == 'wrong' then return redis.call('INCR', KEYS[1] .. ':text') end
if A[1] == 'none' then return nil end
redis.call('RPUSH', KEYS[1] .. ':list', A[1])
return {A[1], #A}
`,
);

test('each call has its own answer, in the order of asking, however many arguments it has', async () => {
  const answers = await Promise.all(
    Array.from({ length: 40 }, (_, at) => runTogether(own.redis, ECHO, '{one}', [`${at}`, ...Array(at % 3).fill('x')])),
  );
  assert.deepEqual(
    answers,
    Array.from({ length: 40 }, (_, at) => [`${at}`, 1 + (at % 3)]),
  );
  assert.deepEqual(await own.redis.lrange('{one}:list', 0, 2), ['0', '1', '2']);
  assert.equal(await runTogether(own.redis, ECHO, '{one}', ['none']), null);
});

test('calls of one turn are one command for eight', async () => {
  await runTogether(own.redis, ECHO, '{two}', ['warm']);
  await own.redis.config('RESETSTAT');
  await Promise.all(Array.from({ length: 40 }, (_, at) => runTogether(own.redis, ECHO, '{two}', [`${at}`])));
  assert.match(await own.redis.info('commandstats'), /^cmdstat_evalsha:calls=5,/m);
});

test('one that fails leaves the others be', async () => {
  await own.redis.set('{three}:text', 'no number');
  const [one, wrong, other] = await Promise.allSettled(
    ['1', 'wrong', '2'].map((text) => runTogether(own.redis, ECHO, '{three}', [text])),
  );
  assert.deepEqual([one?.status, other?.status], ['fulfilled', 'fulfilled']);
  assert.ok(wrong?.status === 'rejected');
  assert.equal(wrong.reason.code, 'REDIS_REFUSED');
  assert.match(wrong.reason.message, /not an integer/);
});

test('a replica that is asked says so as it does to any command, so that the client looks for its primary', async () => {
  await own.redis.replicaof('127.0.0.1', 1);
  try {
    const both = await Promise.allSettled(['1', '2'].map((text) => runTogether(own.redis, ECHO, '{five}', [text])));
    for (const one of both) {
      assert.ok(one.status === 'rejected');
      assert.match(one.reason.message, /^READONLY /);
    }
  } finally {
    await own.redis.replicaof('NO', 'ONE');
  }
});

test('a Redis that is away fails all that was asked', async () => {
  const gone = new Redis(own.url, { maxRetriesPerRequest: 0, retryStrategy: () => null });
  await gone.ping();
  gone.disconnect();
  const both = await Promise.allSettled(['1', '2'].map((text) => runTogether(gone, ECHO, '{four}', [text])));
  assert.deepEqual(
    both.map(({ status }) => status),
    ['rejected', 'rejected'],
  );
});
