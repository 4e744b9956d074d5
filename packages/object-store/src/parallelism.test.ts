import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createParallelism, type Parallelism, type ParallelismOptions } from './parallelism.ts';

const MIB = 1024 * 1024;

/** A link on which each part in flight brings `each` bytes a second, up to `most` in all. */
function runOn(
  link: { each: number; most: number },
  options: Partial<ParallelismOptions> = {},
): { parallelism: Parallelism; run(seconds: number, busy?: boolean): number[] } {
  let time = 0;
  const parallelism = createParallelism({
    ...{ least: 2, most: 32, memoryUsed: () => 0, threadUsed: () => 0, onChange: () => {}, now: () => time },
    ...options,
  });
  return {
    parallelism,
    run(seconds, busy = true) {
      const seen: number[] = [];
      for (const end = time + seconds * 1000; time < end; ) {
        const rate = Math.min(link.most, parallelism.allowed * link.each);
        time += (8 * MIB * 1000) / rate;
        parallelism.finished({ bytes: 8 * MIB, busy });
        seen.push(parallelism.allowed);
      }
      return seen;
    },
  };
}

test('more are allowed while they bring more, up to the highest', () => {
  const { run } = runOn({ each: 10 * MIB, most: Number.POSITIVE_INFINITY });
  assert.equal(run(120).at(-1), 32);
});

test('where more bring nothing it steps back, and tries again only now and then', () => {
  const { run } = runOn({ each: 10 * MIB, most: 60 * MIB });
  const seen = run(600);
  const late = seen.slice(Math.floor(seen.length / 2));
  assert.ok(Math.max(...late) <= 8, `${Math.max(...late)} at most`);
  assert.ok(Math.min(...late) >= 5, `${Math.min(...late)} at least`);
  const settled = late.filter((value) => value === 6).length / late.length;
  assert.ok(settled > 0.9, `at 6 in ${settled} of the time`);
});

test('where nothing waits for a place, none are added', () => {
  const { run } = runOn({ each: 10 * MIB, most: Number.POSITIVE_INFINITY });
  assert.equal(run(60, false).at(-1), 4);
});

test('what noise brings is not taken for more', () => {
  let part = 0;
  const { run } = runOn({
    each: Number.POSITIVE_INFINITY,
    get most() {
      part += 1;
      // 5 per cent up and down, by the second
      return (part % 24 < 12 ? 95 : 105) * MIB;
    },
  });
  assert.ok(Math.max(...run(600)) <= 5);
});

test('while this thread itself is what others wait for, none are added', () => {
  let used = 0.95;
  const { run } = runOn({ each: 10 * MIB, most: Number.POSITIVE_INFINITY }, { threadUsed: () => used });
  assert.equal(run(60).at(-1), 4);
  used = 0.5;
  assert.equal(run(120).at(-1), 32);
});

test('a store that asks to slow down is heard, once for all that it told at that time, and never below the lowest', () => {
  const changes: number[] = [];
  const { parallelism, run } = runOn(
    { each: 10 * MIB, most: Number.POSITIVE_INFINITY },
    { onChange: (allowed) => changes.push(allowed) },
  );
  run(120);
  parallelism.slowDown();
  parallelism.slowDown();
  parallelism.slowDown();
  assert.equal(parallelism.allowed, 16);
  for (let times = 0; times < 10; times += 1) {
    run(2);
    parallelism.slowDown();
  }
  assert.equal(parallelism.allowed, 2);
  assert.equal(changes.at(-1), 2);
  // and it climbs again when that is over
  assert.equal(run(600).at(-1), 32);
});

test('where memory runs short, fewer are allowed', () => {
  let used = 0.5;
  const { parallelism, run } = runOn({ each: 10 * MIB, most: Number.POSITIVE_INFINITY }, { memoryUsed: () => used });
  run(120);
  used = 0.95;
  run(30);
  assert.equal(parallelism.allowed, 2);
});

test('the lowest and the highest bind from the start', () => {
  const link = { each: 10 * MIB, most: Number.POSITIVE_INFINITY };
  assert.equal(runOn(link, { least: 1, most: 1 }).parallelism.allowed, 1);
  assert.equal(runOn(link, { least: 9, most: 20 }).parallelism.allowed, 9);
});
