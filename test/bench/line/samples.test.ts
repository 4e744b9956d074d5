import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { STAGES, STATES } from '@geosluice/jobs';
import { cpuOf, doneBy, memoryIn, type Sample, spanOf } from './samples.ts';

const NONE = Object.fromEntries(STATES.map((state) => [state, 0])) as Sample['counts'];

function sample(at: number, visible: number, rss = 100): Sample {
  const usage = { cpu: at / 2, rss };
  return {
    ...{ at, counts: { ...NONE, found: 100 - visible, visible }, redisMemory: 0 },
    workers: Object.fromEntries(STAGES.map((stage) => [stage, usage])) as Sample['workers'],
    servers: { redis: 0, versitygw: 0, geoserver: 0, geonode: 0 },
  };
}

suite('[bench] samples of the line', () => {
  test('a stage is done with what waits for a later one', () => {
    const counts = { ...NONE, found: 1, inspecting: 2, uploading: 4, publishing: 8, registering: 16, visible: 32 };
    assert.deepEqual(
      STAGES.map((stage) => doneBy(stage, counts)),
      [60, 56, 48, 32],
    );
  });
  test('between two samples it goes on evenly', () => {
    const samples = [sample(0, 0), sample(10, 20), sample(20, 20), sample(30, 100)];
    assert.deepEqual(spanOf(samples, 'register', 100, 0, 0.1), { wall: 5, cpu: 2.5 });
    assert.deepEqual(spanOf(samples, 'register', 100, 0.1, 0.6), { wall: 20, cpu: 10 });
    assert.deepEqual(spanOf(samples, 'register', 100, 0.9, 1), { wall: 1.25, cpu: 0.625 });
  });
  test('what is not there yet has no figure', () => {
    assert.throws(() => spanOf([sample(0, 0), sample(10, 90)], 'register', 100, 0.9, 1), RangeError);
    assert.throws(() => memoryIn([sample(0, 0), sample(10, 90)], 'register', 100, 0.8, 1), RangeError);
  });
  test('memory is that of a part of the datasets, and not of the rest after the last', () => {
    const samples = [sample(0, 0, 1), sample(1, 20, 2), sample(2, 40, 4), sample(3, 100, 8), sample(4, 100, 900)];
    assert.equal(memoryIn(samples, 'register', 100, 0.2, 0.4), 3);
    assert.equal(memoryIn(samples, 'register', 100, 0.8, 1), 8);
  });
  test('all workers together', () => {
    assert.equal(cpuOf(sample(10, 0)), 20);
  });
});
