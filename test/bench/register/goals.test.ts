import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { holds } from '../goal.ts';
import { costsOf } from './costs.ts';
import type { Request } from './geoserver.ts';
import { decideGoals } from './goals.ts';
import type { Turn, Way } from './turn.ts';

const request: Request = { method: 'GET', path: '/geoserver/rest', status: 200, ms: 1 };

function turn(way: Way, size: number, cpu: number, calls = 0, round = 1): Turn {
  const count = 100;
  const requests = Array.from({ length: calls }, () => request);
  return { way, size, round, count, django: 0.75 * cpu * count, postgres: 0.25 * cpu * count, wall: cpu, requests };
}

const SAME = [0, 20_000].flatMap((size) => [
  turn('ours', size, 0.05, 2),
  turn('create + update', size, 1, 2800),
  turn('updatelayers', size, 2, 4000),
]);
const figuresOf = (turns: readonly Turn[]): Record<string, string> =>
  Object.fromEntries(
    decideGoals(costsOf(turns)).map((goal) => [
      `${goal.where}: ${goal.what}`,
      `${goal.figure.toFixed(2)} ${holds(goal) ? 'ok' : 'short'}`,
    ]),
  );

suite('[bench] goals of registering', () => {
  test('stock’s CPU is divided by ours at each size, and ours at the last size by that at the first', () => {
    assert.deepEqual(figuresOf(SAME), {
      '0 existing: CPU of create + update / ours': '20.00 ok',
      '0 existing: CPU of updatelayers / ours': '40.00 ok',
      '0 existing: GeoServer calls a dataset': '0.02 ok',
      '20,000 existing: CPU of create + update / ours': '20.00 ok',
      '20,000 existing: CPU of updatelayers / ours': '40.00 ok',
      '20,000 existing: GeoServer calls a dataset': '0.02 ok',
      '20,000 existing: CPU a dataset / that at 0': '1.00 ok',
    });
  });
  test('CPU is Django’s and PostgreSQL’s together', () => {
    const [cost] = costsOf([turn('ours', 0, 0.08)]);
    assert.deepEqual([cost?.cpu.median, cost?.django.median, cost?.postgres.median], [0.08, 0.06, 0.02]);
  });
  test('each goal can fall short', () => {
    const figures = figuresOf([
      ...[turn('ours', 0, 0.05, 2), turn('create + update', 0, 0.9, 2800), turn('updatelayers', 0, 0.8, 4000)],
      ...[turn('ours', 20_000, 0.07, 6), turn('create + update', 20_000, 1.5), turn('updatelayers', 20_000, 1.5)],
    ]);
    assert.deepEqual(
      Object.keys(figures).filter((name) => figures[name]?.endsWith('short')),
      [
        '0 existing: CPU of create + update / ours',
        '0 existing: CPU of updatelayers / ours',
        '20,000 existing: GeoServer calls a dataset',
        '20,000 existing: CPU a dataset / that at 0',
      ],
    );
  });
  test('calls are those of the round that had most, CPU is that of the one in the middle', () => {
    const rounds = [0.04, 0.05, 0.5].map((cpu, index) => turn('ours', 0, cpu, index * 5, index + 1));
    const goals = decideGoals(costsOf([...rounds, turn('updatelayers', 0, 1)]));
    assert.deepEqual(
      goals.map(({ figure }) => figure),
      [20, 0.1],
    );
  });
  test('one size alone has no growth', () => {
    assert.equal(decideGoals(costsOf(SAME.slice(0, 3))).length, 3);
    assert.deepEqual(decideGoals([]), []);
  });
});
