import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { exitCodeOf, holds } from '../goal.ts';
import { decideGoals, summarise, tablesOf } from './results.ts';
import { latencyOf, type Run, rankOf } from './run.ts';

const run = (by: Run['by'], variant: number, changes: Partial<Run> = {}): Run => ({
  ...{ by, variant, layers: 100, seconds: 6, p50: 400, p99: 2_500, requests: [300, 200, 500] },
  ...(by === 'ours' ? { cpu: 2, start: 0.5 } : { cpu: null, start: null }),
  ...changes,
});

suite('[bench] results of publish', () => {
  test('ranks are of values that were measured', () => {
    const values = Array.from({ length: 200 }, (_, index) => 200 - index);
    assert.deepEqual(latencyOf(values), { p50: 100, p99: 198 });
    assert.equal(rankOf([7], 0.99), 7);
    assert.throws(() => rankOf([], 0.5), RangeError);
  });
  test('a summary is of one variant: medians of its rounds, counts a layer', () => {
    const [bare, ours] = summarise([
      run('bare', 2),
      run('ours', 0, { seconds: 5 }),
      run('ours', 0, { seconds: 6, cpu: 3, requests: [400, 200, 500] }),
      run('ours', 0, { seconds: 10 }),
    ]);
    assert.equal(bare?.cpu, null);
    assert.deepEqual([ours?.rate.median, ours?.rate.most], [1_000, 1_200]);
    assert.deepEqual(ours?.nodes, [3, 2, 5]);
    assert.deepEqual([ours?.requests.median, ours?.requests.most], [10, 11]);
    assert.deepEqual([ours?.cpu?.median, ours?.cpu?.most], [20, 30]);
  });
  test('each size is held against the best of the bare ones, the largest against the smallest', () => {
    const goals = decideGoals(
      summarise([
        run('bare', 8, { seconds: 5.5 }),
        run('bare', 1),
        run('bare', 2, { seconds: 5 }),
        run('ours', 100_000, { seconds: 10, cpu: 2.4 }),
        run('ours', 0, { seconds: 5 }),
        run('ours', 10_000, { seconds: 5.5 }),
      ]),
    );
    assert.deepEqual(
      goals.map(({ where, what, figure }) => [where, what, Number(figure.toFixed(2))]),
      [
        ['0 datasets', 'layers a minute / bare requests at their best', 1],
        ['10,000 datasets', 'layers a minute / bare requests at their best', 0.91],
        ['100,000 datasets', 'layers a minute / bare requests at their best', 0.5],
        ['100,000 datasets / 0 datasets', 'our CPU a layer', 1.2],
        ['100,000 datasets / 0 datasets', 'requests a layer', 1],
      ],
    );
    assert.deepEqual(goals.map(holds), [true, true, false, false, true]);
    assert.equal(exitCodeOf(goals), 1);
  });
  test('one size has none to be held against, and no bare run makes no goal hold', () => {
    const [only, ...more] = decideGoals(summarise([run('ours', 0)]));
    assert.equal(more.length, 0);
    assert.equal(holds(only!), false);
  });
  test('the table has a row a variant and a column a node', () => {
    const [table] = tablesOf(summarise([run('ours', 10_000), run('bare', 4), run('bare', 1)]), [
      'primary',
      'second',
      'late',
    ]);
    assert.deepEqual(table?.rows, [
      ['bare requests, 1 in flight', '1000', '0.40', '2.50', '10.00', '3.00', '2.00', '5.00', '–', '–'],
      ['bare requests, 4 in flight', '1000', '0.40', '2.50', '10.00', '3.00', '2.00', '5.00', '–', '–'],
      ['ours, 10,000 datasets before', '1000', '0.40', '2.50', '10.00', '3.00', '2.00', '5.00', '20.0', '0.50'],
    ]);
    assert.equal(table?.head.length, table?.rows[0]?.length);
  });
});
