import assert from 'node:assert/strict';
import { test } from 'node:test';
import { selfTimes } from './self-times.ts';

test('a function has the time from each of its samples to the next; idling has none', () => {
  const nodes = ['(root)', 'crc32', '(idle)', 'crc32', ''].map((functionName, id) => ({
    id,
    callFrame: { functionName },
  }));
  const times = selfTimes({ nodes, samples: [0, 1, 2, 3, 4, 1], timeDeltas: [5, 10, 200_000, 40, 300_000, 7] });
  assert.deepEqual(
    [...times],
    [
      ['crc32', 0.5],
      ['(anonymous)', 0.000_007],
    ],
  );
});
