import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { tookOf } from './took.ts';

const entry = (at: number, event: string, jobId: string) =>
  [`${at}-0`, ['event', event, 'jobId', jobId, 'prev', 'waiting']] as const;

suite('[bench] how long jobs took', () => {
  test('from the first begin to the last end, and each from its own', () => {
    const took = tookOf([
      entry(900, 'waiting', 'a'),
      entry(1_000, 'active', 'a'),
      entry(1_500, 'active', 'b'),
      entry(3_000, 'completed', 'a'),
      entry(4_500, 'completed', 'b'),
    ]);
    assert.deepEqual(took, { seconds: 3.5, jobs: [2_000, 3_000] });
  });
  test('a job that was taken up again counts from its first begin', () => {
    const { jobs } = tookOf([
      entry(0, 'active', 'a'),
      entry(50, 'waiting', 'a'),
      entry(70, 'active', 'a'),
      entry(100, 'completed', 'a'),
    ]);
    assert.deepEqual(jobs, [100]);
  });
  test('a job whose begin is not known took no time that is known', () => {
    assert.deepEqual(
      tookOf([entry(0, 'active', 'a'), entry(50, 'completed', 'b'), entry(90, 'completed', 'a')]).jobs,
      [90],
    );
  });
});
