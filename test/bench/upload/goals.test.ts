import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { exitCodeOf, type Goal, holds } from '../goal.ts';
import type { ClientName } from './clients/client.ts';
import { decideGoals } from './goals.ts';
import type { Summary } from './results.ts';
import type { ServerName } from './servers/server.ts';

const MB = 1e6;
const at = (median: number) => ({ median, least: median, most: median, count: 3 });

function summary(client: ClientName, cpu: number, wall: number, rss: number, load = '1x4GiB'): Summary {
  const server: ServerName = 'sink';
  return { server, load, bytes: 4 * 1024 ** 3, client, cpu: at(cpu), wall: at(wall), rss: at(rss * MB) };
}

const RIVALS = [
  summary('s5cmd', 2, 4, 50),
  summary('lib-storage', 4, 8, 200),
  summary('crt', 1, 3, 900),
  summary('minio-go', 1, 2, 20),
];
const shortOf = (goals: readonly Goal[]): string[] => goals.filter((goal) => !holds(goal)).map(({ what }) => what);

suite('[bench] goals', () => {
  test('ratios are ours to the rival’s, walls are held against the fastest', () => {
    const goals = decideGoals([summary('ours', 0.5, 2, 100), ...RIVALS]);
    const figures = Object.fromEntries(goals.map(({ what, figure }) => [what, figure]));
    assert.deepEqual(figures, {
      'CPU / s5cmd': 0.25,
      'CPU / lib-storage': 0.125,
      'CPU / crt': 0.5,
      'CPU / minio-go': 0.5,
      'wall / the fastest rival': 1,
      'peak RSS, MB': 100,
    });
    assert.equal(exitCodeOf(goals), 0);
  });
  for (const [what, ours] of [
    ['CPU / s5cmd', summary('ours', 0.72, 2, 100)],
    ['wall / the fastest rival', summary('ours', 0.5, 2.2, 100)],
    ['peak RSS, MB', summary('ours', 0.5, 2, 161)],
  ] as const) {
    test(`where ${what} alone falls short, the bench ends with 1`, () => {
      const goals = decideGoals([ours, ...RIVALS]);
      assert.deepEqual(shortOf(goals), [what]);
      assert.equal(exitCodeOf(goals), 1);
    });
  }
  test('the very bound holds', () => {
    assert.deepEqual(shortOf(decideGoals([summary('ours', 0.7, 2.1, 160), ...RIVALS])), []);
  });
  test('no goal is about a variant: neither its CPU nor its wall', () => {
    const goals = decideGoals([summary('ours', 0.5, 2, 100), ...RIVALS, summary('minio-go-crc', 0.1, 0.1, 10)]);
    assert.equal(exitCodeOf(goals), 0);
    assert.ok(goals.every(({ what }) => !what.includes('crc')));
  });
  test('a rival that was not measured is no goal; without ours there is none', () => {
    assert.deepEqual(
      decideGoals([summary('ours', 0.5, 2, 100), ...RIVALS.slice(0, 1)]).map(({ what }) => what),
      ['CPU / s5cmd', 'wall / the fastest rival', 'peak RSS, MB'],
    );
    assert.deepEqual(decideGoals(RIVALS), []);
  });
  test('SeaweedFS is shown, not counted', () => {
    assert.deepEqual(decideGoals([{ ...summary('ours', 9, 9, 900), server: 'seaweedfs' }]), []);
  });
  test('a copy inside of a store has a bound in seconds, and one CopyObject as its rival', () => {
    const goals = decideGoals([
      summary('ours', 0.12, 1.05, 100, 'same-s3'),
      summary('copy-object', 0.1, 1, 100, 'same-s3'),
    ]);
    assert.deepEqual(shortOf(goals), ['CPU s a GiB']);
  });
});
