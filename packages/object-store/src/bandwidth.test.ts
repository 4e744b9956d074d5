import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPace } from './bandwidth.ts';

/** A clock that waits by moving on. */
function clockAt(start: string): { now(): Date; wait(ms: number): Promise<void>; time: number } {
  const clock = {
    time: Date.parse(start),
    now: () => new Date(clock.time),
    wait: async (ms: number) => {
      clock.time += ms;
    },
  };
  return clock;
}

test('a bound is kept over any time, whatever the pieces', async () => {
  const clock = clockAt('2026-01-01T12:00:00Z');
  const pace = createPace({ bytesPerSecond: () => 1000 }, clock);
  const begun = clock.time;
  let sent = 0;
  for (const bytes of [100, 900, 5000, 1, 1, 3998]) {
    await pace(bytes);
    sent += bytes;
    const seconds = (clock.time - begun) / 1000;
    assert.ok(sent <= 1000 * seconds + 250 + 1, `${sent} bytes in ${seconds} s`);
  }
  assert.equal(Math.round((clock.time - begun) / 1000), 10);
});

test('a pause earns a short burst and no more', async () => {
  const clock = clockAt('2026-01-01T12:00:00Z');
  const pace = createPace({ bytesPerSecond: () => 1000 }, clock);
  await pace(1000);
  clock.time += 3_600_000;
  assert.equal(pace(250), null);
  assert.notEqual(pace(1), null);
});

test('the bound may differ by time, and may be none', async () => {
  const clock = clockAt('2026-01-01T21:59:59Z');
  const pace = createPace({ bytesPerSecond: (now) => (now.getUTCHours() < 22 ? 1000 : null) }, clock);
  await pace(1000);
  assert.equal(clock.now().toISOString(), '2026-01-01T22:00:00.000Z');
  assert.equal(pace(1e9), null);
});
