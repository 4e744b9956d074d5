import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { tablesOf } from './report.ts';
import { type Result, summarise } from './results.ts';

const GIB = 1024 ** 3;
const run = (client: Result['client'], round: number, user: number): Result => ({
  ...{ server: 'sink', load: '1x4GiB', bytes: 4 * GIB, client, round },
  ...{ user, system: 1, wall: user * 2, rss: 50e6 + round * 1e6 },
});
const RESULTS = [
  run('s5cmd', 1, 7),
  run('ours', 1, 1),
  run('ours', 2, 3),
  run('s5cmd', 2, 9),
  run('ours', 3, 1),
  run('s5cmd', 3, 7),
];

suite('[bench] report', () => {
  test('CPU is user and system, a GiB; the cheapest comes first, each with its spread', () => {
    const tables = tablesOf(summarise(RESULTS));
    assert.equal(tables.length, 1);
    assert.deepEqual(tables[0]?.rows, [
      ['ours', '0.50 (0.50–1.00)', '2.00 (2.00–6.00)', '52 (51–53)'],
      ['s5cmd', '2.00 (2.00–2.50)', '14.00 (14.00–18.00)', '52 (51–53)'],
    ]);
    assert.equal(tables[0]?.title, '1 × 4 GiB to sink: 4.00 GiB, 3 rounds');
  });
});
